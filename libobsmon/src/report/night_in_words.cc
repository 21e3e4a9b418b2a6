#include "report/night_in_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "text/human.h"

namespace obsmon {
namespace {

// A verdict as what happened to one file, and to several.
struct Happening {
  Verdict verdict;
  std::string_view one;
  std::string_view many;
};

// What a file that someone should look at has gone through, gravest first.
constexpr std::array<Happening, 5> kTroubles = {{
    {Verdict::kFailed, "ingest failed", "ingests failed"},
    {Verdict::kNotIngested, "file arrived but is not ingested", "files arrived but are not ingested"},
    {Verdict::kArtifactGone, "ingested file is gone", "ingested files are gone"},
    {Verdict::kMissing, "expected file never arrived", "expected files never arrived"},
    {Verdict::kTooSmall, "FITS file is too small to hold an image",
     "FITS files are too small to hold an image"},
}};

void AppendClause(std::string_view clause, std::string_view separator, std::string& out) {
  if (!out.empty()) out += separator;
  out += clause;
}

std::string Troubles(const NightCounts& counts) {
  std::string out;
  for (const Happening& trouble : kTroubles) {
    const std::int64_t files = counts[trouble.verdict];
    if (files > 0) AppendClause(CountOf(files, trouble.one, trouble.many), ", ", out);
  }
  return out;
}

std::string WhatCouldNotBeRead(const NightFacts& night) {
  std::string out;
  if (!night.registry_readable) out = "the registry could not be read, so what is ingested is not known";
  if (night.num_issues > 0) {
    AppendClause(fmt::format("{} could not be read{}", CountOf(night.num_issues, "entry", "entries"),
                             night.num_hiding > 0 ? ", so this may not be all" : ""),
                 "; ", out);
  }
  return out;
}

// "3 not FITS, 1 ignored": the verdicts of this concern, but for the ingested.
std::string Breakdown(const NightCounts& counts, Concern concern) {
  std::string out;
  for (const Verdict verdict : kAllVerdicts) {
    if (counts[verdict] == 0 || ConcernOf(verdict) != concern || verdict == Verdict::kIngested) continue;
    AppendClause(fmt::format("{} {}", HumanCount(counts[verdict]), VerdictLabel(verdict)), ", ", out);
  }
  return out;
}

std::string CompleteDetail(const NightFacts& night) {
  const NightCounts& counts = night.counts;
  const std::int64_t ingested = counts[Verdict::kIngested];
  if (counts.files == 0 && night.num_elsewhere > 0) {
    return fmt::format("none has arrived; what the registry lists, {}, lies in other nights' folders",
                       CountOf(night.num_elsewhere, "file", "files"));
  }
  if (counts.files == 0) return "none has arrived, and the registry lists none";
  if (ingested == counts.files) {
    return counts.files == 1 ? "its one file is ingested"
                             : fmt::format("all {} files are ingested", HumanCount(counts.files));
  }
  return fmt::format("all that should be is ingested: {} of {} (the rest: {})", HumanCount(ingested),
                     CountOf(counts.files, "file", "files"), Breakdown(counts, Concern::kNone));
}

std::string InProgressDetail(const NightCounts& counts) {
  return fmt::format("{} ({}); {} of {} ingested so far",
                     CountOf(counts.Of(Concern::kWait), "file is on its way", "files are on their way"),
                     Breakdown(counts, Concern::kWait), HumanCount(counts[Verdict::kIngested]),
                     HumanCount(counts.files));
}

std::string UnknownDetail(const NightFacts& night) {
  std::string out = WhatCouldNotBeRead(night);
  // The history keeps what the look before has found.
  if (const std::string before = Troubles(night.counts); !night.registry_readable && !before.empty()) {
    out += fmt::format("; at the look before: {}", before);
  }
  if (out.empty()) {
    out = fmt::format("whether {} ingested can't be told",
                      CountOf(night.counts[Verdict::kUnknown], "file is", "files are"));
  }
  return out;
}

}  // namespace

NightFacts FactsOf(const NightReport& report) {
  return {.state = report.state,
          .counts = report.counts,
          .num_issues = std::ssize(report.evidence.issues),
          .num_hiding = std::ranges::count_if(report.evidence.issues, HidesFiles),
          .num_elsewhere = report.legacy.n_ingest,
          .registry_readable = report.evidence.registry_status.ok()};
}

std::string_view NightHeadline(const NightFacts& night) {
  switch (night.state) {
    case NightState::kNeedsAttention:
      return "Needs attention";
    case NightState::kInProgress:
      return "In progress";
    case NightState::kComplete:
      return night.counts.files == 0 ? "No files" : "Complete";
    case NightState::kUnknown:
      break;
  }
  return "Unknown";
}

std::string NightDetail(const NightFacts& night) {
  if (night.state == NightState::kUnknown) return UnknownDetail(night);
  std::string detail = night.state == NightState::kNeedsAttention ? Troubles(night.counts)
                       : night.state == NightState::kInProgress   ? InProgressDetail(night.counts)
                                                                  : CompleteDetail(night);
  // What hides no file may be a manifest, without which more might be called for.
  if (const std::string unread = WhatCouldNotBeRead(night); !unread.empty()) {
    AppendClause(unread, "; ", detail);
  }
  return detail;
}

std::string ManifestsInWords(const NightCounts& counts) {
  constexpr std::string_view kNotKnown = "whether all files arrived is not known";
  const std::int64_t without = counts.without_manifest;
  if (counts.exposures == 0) return {};
  if (without == 0)
    return fmt::format("{}, each with a manifest", CountOf(counts.exposures, "exposure", "exposures"));
  if (without == counts.exposures) {
    return fmt::format("{}, no manifest: {}", CountOf(counts.exposures, "exposure", "exposures"), kNotKnown);
  }
  return fmt::format("{}, {} without a manifest: of these {}",
                     CountOf(counts.exposures, "exposure", "exposures"), HumanCount(without), kNotKnown);
}

std::string WrongClockInWords(const LatencySummary& latency) {
  return fmt::format("of {} it ended up to {} before it began: a clock is wrong, or they were touched later",
                     CountOf(latency.negative, "file", "files"), HumanDuration(-latency.min));
}

std::string NightInWords(const NightFacts& night) {
  const std::string detail = NightDetail(night);
  return detail.empty() ? std::string(NightHeadline(night))
                        : fmt::format("{}: {}", NightHeadline(night), detail);
}

}  // namespace obsmon
