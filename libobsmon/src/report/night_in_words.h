// What is the matter with a night, as one sentence: the same on its page, on the index and on a terminal.
#ifndef OBSMON_SRC_REPORT_NIGHT_IN_WORDS_H_
#define OBSMON_SRC_REPORT_NIGHT_IN_WORDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "obsmon/report.h"

namespace obsmon {

/// All verdicts in the order in which a reader wants to hear of them.
inline constexpr std::array<Verdict, kNumVerdicts> kGravestFirst = {
    Verdict::kFailed,   Verdict::kNotIngested, Verdict::kArtifactGone, Verdict::kMissing,
    Verdict::kTooSmall, Verdict::kUnknown,     Verdict::kInFlight,     Verdict::kSettling,
    Verdict::kPending,  Verdict::kNotFits,     Verdict::kIgnored,      Verdict::kIngested};

/// What the sentence is made from; a NightReport and a NightSummary both have it.
struct NightFacts {
  NightState state = NightState::kUnknown;
  NightCounts counts{};
  std::int64_t num_issues = 0;  ///< entries that could not be read
  std::int64_t num_hiding = 0;  ///< those of them that may hide files
  std::int64_t num_elsewhere =
      0;                          ///< of a night without files: what the registry lists under it all the same
  bool registry_readable = true;  ///< false: what is ingested could not be asked
};

NightFacts FactsOf(const NightReport& report);

/// What the sentence begins with: "Needs attention", "In progress", "Complete", "Unknown", "No files".
std::string_view NightHeadline(const NightFacts& night);

/// What follows it: "3 files arrived but are not ingested, 1 ingested file is gone".
std::string NightDetail(const NightFacts& night);

/// What is known of the completeness of the exposures: "12 exposures, 3 without a manifest: of these whether
/// all files arrived is not known". Empty without exposures.
std::string ManifestsInWords(const NightCounts& counts);

/// "of 3 files it ended up to 2 min before it began: a clock is wrong, or they were touched later". REQUIRES:
/// latency.negative > 0.
std::string WrongClockInWords(const LatencySummary& latency);

/// The whole sentence, without a full stop.
std::string NightInWords(const NightFacts& night);

}  // namespace obsmon

#endif  // OBSMON_SRC_REPORT_NIGHT_IN_WORDS_H_
