#include <array>

#include "obsmon/match.h"

namespace obsmon {
namespace {

struct VerdictWords {
  Verdict verdict;
  Concern concern;
  std::string_view name;
  std::string_view label;
  std::string_view meaning;
};

// All that is said of a verdict anywhere, in the order of their numbers.
constexpr std::array<VerdictWords, kNumVerdicts> kWords = {{
    {Verdict::kIngested, Concern::kNone, "ingested", "ingested",
     "the registry knows it, and its file is there"},
    {Verdict::kArtifactGone, Concern::kAttention, "artifact_gone", "artifact gone",
     "the registry knows it, but its file is gone"},
    {Verdict::kMissing, Concern::kAttention, "missing", "missing", "expected, but it never arrived"},
    {Verdict::kInFlight, Concern::kWait, "in_flight", "in flight", "rsync is still writing it"},
    {Verdict::kIgnored, Concern::kNone, "ignored", "ignored", "left out by a rule"},
    {Verdict::kPending, Concern::kWait, "pending", "pending", "its ingest is waiting or running"},
    {Verdict::kFailed, Concern::kAttention, "failed", "failed", "its ingest was tried, and failed"},
    {Verdict::kSettling, Concern::kWait, "settling", "settling",
     "too young to be judged: it has only just arrived, or is only just expected"},
    {Verdict::kNotFits, Concern::kNone, "not_fits", "not FITS", "no FITS file, so nobody meant to ingest it"},
    {Verdict::kTooSmall, Concern::kAttention, "too_small", "too small",
     "a FITS file too small to hold an image"},
    {Verdict::kNotIngested, Concern::kAttention, "not_ingested", "not ingested",
     "it arrived whole, but the registry does not list it"},
    {Verdict::kUnknown, Concern::kUnknown, "unknown", "unknown",
     "can't be told: the registry, or a folder that may hold it, could not be read"},
}};

constexpr bool WordsAreInOrder() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (static_cast<std::size_t>(kWords[i].verdict) != i || kWords[i].verdict != kAllVerdicts[i])
      return false;
  }
  return true;
}
static_assert(WordsAreInOrder(), "a verdict's number is its place in the table");

const VerdictWords& WordsOf(Verdict verdict) { return kWords[static_cast<std::size_t>(verdict)]; }

}  // namespace

std::string_view VerdictName(Verdict verdict) { return WordsOf(verdict).name; }
std::string_view VerdictLabel(Verdict verdict) { return WordsOf(verdict).label; }
std::string_view VerdictMeaning(Verdict verdict) { return WordsOf(verdict).meaning; }
Concern ConcernOf(Verdict verdict) { return WordsOf(verdict).concern; }

std::string_view MatchBasisName(MatchBasis basis) {
  switch (basis) {
    case MatchBasis::kNone:
      return "";
    case MatchBasis::kFileId:
      return "file id";
    case MatchBasis::kPath:
      return "path";
    case MatchBasis::kName:
      return "name";
    case MatchBasis::kKey:
      return "key";
    case MatchBasis::kChecksum:
      return "checksum";
  }
  return "";
}

}  // namespace obsmon
