#include "match/decide.h"

#include <algorithm>
#include <array>

namespace obsmon {
namespace {

struct Rule {
  Verdict verdict;
  bool (*holds)(const FileEvidence&);
};

// What was ingested and is then overwritten by a transfer, or was cut off by one, is in the registry and not
// whole.
bool IsIngested(const FileEvidence& e) {
  return e.listed && e.status == IngestStatus::kIngested && !(e.in_flight && e.is_its_artifact);
}
bool HasArtifact(const FileEvidence& e) {
  return e.artifact == ArtifactState::kPresent || e.artifact == ArtifactState::kRemote;
}
bool HasLostArtifact(const FileEvidence& e) {
  return e.artifact == ArtifactState::kGone || e.artifact == ArtifactState::kNotStored;
}
// By the registry's word, or by the folder that a FITS file was put into.
bool Has(const FileEvidence& e, IngestStatus status, TransferPlace place) {
  return (e.listed && e.status == status) || (e.in_storage && e.is_fits && e.place == place);
}
// Expected, and nowhere.
bool IsAbsent(const FileEvidence& e) { return !e.in_storage && !e.listed; }
bool IsYoung(const FileEvidence& e) { return e.age < e.grace; }

// The verdicts in the order in which they are decided: the first rule that holds gives it, and the last
// always does.
//
// A rule that ignores also ignores what is missing, unless it says otherwise (then it is not asked of such a
// file): who has turned a detector off says so once. Without a registry nothing more can be told than that a
// file is in flight or ignored: even a small or odd one may be ingested, and one that is absent may have
// been, and been cleaned away.
// clang-format off
constexpr std::array kRules = {
    Rule{Verdict::kIngested,    [](const FileEvidence& e) { return IsIngested(e) && HasArtifact(e); }},
    Rule{Verdict::kArtifactGone,[](const FileEvidence& e) { return IsIngested(e) && HasLostArtifact(e); }},
    Rule{Verdict::kUnknown,     [](const FileEvidence& e) { return IsIngested(e); }},
    Rule{Verdict::kMissing,     [](const FileEvidence& e) { return IsAbsent(e) && !IsYoung(e) && !e.ignored && !e.hidden; }},
    Rule{Verdict::kMissing,     [](const FileEvidence& e) { return e.is_orphan && !e.superseded && !e.ignored && !e.hidden; }},
    Rule{Verdict::kInFlight,    [](const FileEvidence& e) { return e.in_flight && !e.is_orphan; }},
    Rule{Verdict::kIgnored,     [](const FileEvidence& e) { return e.ignored || (e.is_orphan && e.superseded); }},
    Rule{Verdict::kUnknown,     [](const FileEvidence& e) { return e.hidden; }},
    Rule{Verdict::kIgnored,     [](const FileEvidence& e) { return e.listed && e.status == IngestStatus::kIgnored; }},
    Rule{Verdict::kPending,     [](const FileEvidence& e) { return Has(e, IngestStatus::kPending, TransferPlace::kPending); }},
    Rule{Verdict::kFailed,      [](const FileEvidence& e) { return Has(e, IngestStatus::kFailed, TransferPlace::kBad); }},
    Rule{Verdict::kSettling,    [](const FileEvidence& e) { return IsYoung(e); }},
    Rule{Verdict::kNotFits,     [](const FileEvidence& e) { return !e.is_fits; }},
    Rule{Verdict::kTooSmall,    [](const FileEvidence& e) { return e.size_bytes < e.min_fits_bytes; }},
    Rule{Verdict::kNotIngested, [](const FileEvidence&) { return true; }},
};
// clang-format on

}  // namespace

Verdict Decide(const FileEvidence& evidence) {
  return std::ranges::find_if(kRules, [&](const Rule& rule) { return rule.holds(evidence); })->verdict;
}

}  // namespace obsmon
