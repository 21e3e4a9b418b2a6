#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "match/decide.h"
#include "match/matcher.h"
#include "obsmon/match.h"
#include "obsmon/raw_file_name.h"
#include "text/glob.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// The name that a file has once it has arrived: rsync's temporary names begin and end with more.
std::string_view FinalName(std::string_view path) {
  const std::string_view name = NameOf(path);
  return IsRsyncTemporaryName(name) ? name.substr(1, name.rfind('.') - 1) : name;
}

// By which an expected file is recognised: the same for each FITS ending, and another for ".json".
std::string_view ExpectedKey(std::string_view path) { return StemOf(FinalName(path)); }

// The same, with the folder below its night's that the file lies in once it has arrived: partial transfers
// may lie in one below that, whose name begins with a dot.
std::string ExpectedPlace(std::string_view path) {
  std::string_view folder = FolderOf(BelowNight(path));
  while (NameOf(folder).starts_with('.')) folder = FolderOf(folder);
  return fmt::format("{}/{}", folder, ExpectedKey(path));
}

// rsync --delay-updates keeps files here, whole and untouched, until all of the transfer is done.
bool IsDelayed(std::string_view path) { return path.find("/.~tmp~/") != std::string_view::npos; }

// What of a night's folders could not be read. The night has two names, and what counts lies below them.
class HiddenFolders {
 public:
  explicit HiddenFolders(std::span<const std::string> folders) {
    for (const std::string_view folder : folders) {
      const bool is_night = folder.find('/') == std::string_view::npos;
      below_night_.insert(is_night ? std::string_view() : BelowNight(folder));
    }
  }

  // A mere name says nothing of a folder.
  bool MayHold(std::string_view path) const {
    if (below_night_.empty()) return false;
    std::string_view folder = FolderOf(BelowNight(path));
    if (folder.empty()) return true;
    for (; !folder.empty(); folder = FolderOf(folder)) {
      if (below_night_.contains(folder)) return true;
    }
    return below_night_.contains("");
  }

 private:
  absl::flat_hash_set<std::string_view> below_night_;
};

/// Gathers what is known of each file, and lets Decide decide.
class Judge {
 public:
  Judge(const TransferTable& transfers, const IngestTable& ingests, const ExpectedTable& expected,
        UtcTime as_of, const MatchOptions& options, NightMatch& match)
      : transfers_(transfers),
        ingests_(ingests),
        expected_(expected),
        as_of_(as_of),
        options_(options),
        match_(match) {}

  void DecideAll() {
    FindLastWrite();
    if (!expected_.empty() || HasOrphan()) KnowNames();
    FindUnseenDatasets();
    DecideTransfers();
    DecideDatasets();
    DecideAbsent();
  }

 private:
  // Datasets of which no more is known than their rows tell, which name no file: each may be one that no
  // other way tells.
  void FindUnseenDatasets() {
    for (std::size_t row = 0; row < ingests_.size(); ++row) {
      if (ingests_.artifact()[row] != ArtifactState::kUnreadable) continue;
      if (match_.transfer_of[row] != NightMatch::kNoRow) continue;
      if (!PathBelow(ingests_.link_target()[row], options_.storage_names).empty())
        continue;  // it names its file
      (ingests_.storage_stem()[row].empty() ? has_unseen_dataset_of_any_name_ : has_unseen_dataset_) = true;
    }
  }

  bool MayBeUnseenDataset(std::size_t row, std::string_view path) const {
    const bool is_in_storage = transfers_.place()[row] == TransferPlace::kStorage;
    if (match_.ingest_of[row] != NightMatch::kNoRow || !is_in_storage || !IsFitsName(path)) return false;
    return has_unseen_dataset_of_any_name_ || (has_unseen_dataset_ && !ParseRawFileName(path));
  }

  bool IsInFlight(std::size_t row) const { return transfers_.state()[row] == TransferState::kInFlight; }

  void FindLastWrite() {
    for (std::size_t row = 0; row < transfers_.size(); ++row) {
      if (IsInFlight(row)) last_write_ = std::max(last_write_, transfers_.arrival_time()[row]);
    }
  }

  // By whoever is to finish the file: what is delayed waits for all the others.
  UtcTime LastWrite(std::size_t row) const {
    return IsDelayed(transfers_.path()[row]) ? last_write_ : transfers_.arrival_time()[row];
  }

  bool IsOrphan(std::size_t row) const {
    return IsInFlight(row) && as_of_ - LastWrite(row) >= options_.partial_age;
  }

  bool HasOrphan() const {
    for (std::size_t row = 0; row < transfers_.size(); ++row) {
      if (IsOrphan(row)) return true;
    }
    return false;
  }

  void KnowNames() {
    for (std::size_t row = 0; row < transfers_.size(); ++row) {
      (IsOrphan(row) ? orphaned_ : known_).insert(ExpectedKey(transfers_.path()[row]));
    }
    if (std::ranges::any_of(expected_, &ExpectedRow::folder_counts)) KnowPlaces();
    for (std::size_t row = 0; row < ingests_.size(); ++row) {
      known_.insert(StemOf(ingests_.path()[row]));
      if (!ingests_.storage_stem()[row].empty()) known_.insert(ingests_.storage_stem()[row]);
    }
  }

  void KnowPlaces() {
    for (const TransferRow& file : transfers_) places_.insert(ExpectedPlace(FromItsPlace(file.path)));
    for (std::size_t row = 0; row < ingests_.size(); ++row) {
      if (match_.transfer_of[row] != NightMatch::kNoRow) continue;
      const std::string_view target = PathBelow(ingests_.link_target()[row], options_.storage_names);
      if (!target.empty()) {
        places_.insert(ExpectedPlace(target));
      } else {
        unplaced_.insert({StemOf(ingests_.path()[row]), ingests_.storage_stem()[row]});
      }
    }
  }

  bool IsSomewhere(const ExpectedRow& file) const {
    const std::string_view key = ExpectedKey(file.path);
    if (file.folder_counts) return places_.contains(ExpectedPlace(file.path)) || unplaced_.contains(key);
    return known_.contains(key) || orphaned_.contains(key);
  }

  // A file's path from storage on, or from the other place on that it lies in.
  std::string_view FromItsPlace(std::string_view path) const {
    const std::string_view in_other_place = PathBelow(path, options_.other_names);
    return in_other_place.empty() ? path : in_other_place;
  }

  std::int32_t RuleOf(std::string_view path, bool has_arrived) const {
    const auto rule = std::ranges::find_if(options_.ignore, [&](const IgnoreRule& r) {
      return (has_arrived || r.missing) && Holds(r, path, options_.observation_types);
    });
    return rule == options_.ignore.end() ? NightMatch::kNoRow
                                         : static_cast<std::int32_t>(rule - options_.ignore.begin());
  }

  std::chrono::seconds GraceOf(std::string_view path) const {
    if (!options_.guider_grace) return options_.grace;
    const std::optional<RawFileName> name = ParseRawFileName(path);
    return name && name->guider ? *options_.guider_grace : options_.grace;
  }

  std::chrono::seconds MissingGrace() const { return options_.missing_grace.value_or(options_.grace); }

  void HoldsUntil(UtcTime time) { match_.holds_until = std::min(match_.holds_until.value_or(time), time); }

  void AddDataset(std::size_t row, FileEvidence& evidence) const {
    evidence.listed = true;
    evidence.status = ingests_.status()[row];
    evidence.artifact = ingests_.artifact()[row];
  }

  void DecideTransfers() {
    match_.verdict.reserve(transfers_.size());
    match_.rule_of.reserve(transfers_.size());
    for (std::size_t row = 0; row < transfers_.size(); ++row) {
      const TransferRow file = transfers_[row];
      const std::int32_t rule = RuleOf(FromItsPlace(file.path), !IsOrphan(row));
      FileEvidence evidence{.in_storage = true,
                            .place = file.place,
                            .in_flight = file.state == TransferState::kInFlight,
                            .is_orphan = IsOrphan(row),
                            .is_fits = IsFitsName(file.path),
                            .size_bytes = file.size_bytes,
                            .ignored = rule != NightMatch::kNoRow,
                            .hidden = !options_.registry_readable || MayBeUnseenDataset(row, file.path),
                            .age = as_of_ - file.arrival_time,
                            .grace = GraceOf(file.path),
                            .min_fits_bytes = options_.min_fits_bytes};
      if (const std::int32_t ingest = match_.ingest_of[row]; ingest != NightMatch::kNoRow) {
        AddDataset(static_cast<std::size_t>(ingest), evidence);
        evidence.is_its_artifact =
            match_.basis[row] == MatchBasis::kFileId || match_.basis[row] == MatchBasis::kPath;
      }
      evidence.superseded =
          evidence.is_orphan && !evidence.is_its_artifact && known_.contains(ExpectedKey(file.path));
      match_.verdict.push_back(Decide(evidence));
      if (match_.verdict.back() == Verdict::kSettling) HoldsUntil(file.arrival_time + evidence.grace);
      if (match_.verdict.back() == Verdict::kInFlight) HoldsUntil(LastWrite(row) + options_.partial_age);
      match_.rule_of.push_back(match_.verdict.back() == Verdict::kIgnored ? rule : NightMatch::kNoRow);
    }
  }

  void DecideDatasets() {
    match_.dataset_verdict.reserve(ingests_.size());
    for (std::size_t row = 0; row < ingests_.size(); ++row) {
      FileEvidence evidence;
      AddDataset(row, evidence);
      match_.dataset_verdict.push_back(Decide(evidence));
    }
  }

  void DecideAbsent() {
    for (std::uint32_t row = 0; row < expected_.size(); ++row) {
      const ExpectedRow file = expected_[row];
      if (IsSomewhere(file)) continue;
      const std::int32_t rule = RuleOf(file.path, false);
      const Verdict verdict = Decide({.ignored = rule != NightMatch::kNoRow,
                                      .hidden = !options_.registry_readable || hidden_.MayHold(file.path),
                                      .age = as_of_ - file.since,
                                      .grace = MissingGrace()});
      if (verdict == Verdict::kSettling) HoldsUntil(file.since + MissingGrace());
      match_.absent.push_back({.expected_row = row, .verdict = verdict, .rule = rule});
    }
  }

  const TransferTable& transfers_;
  const IngestTable& ingests_;
  const ExpectedTable& expected_;
  const UtcTime as_of_;
  const MatchOptions& options_;
  NightMatch& match_;
  const HiddenFolders hidden_{options_.hidden_folders};
  bool has_unseen_dataset_ = false;
  bool has_unseen_dataset_of_any_name_ = false;
  UtcTime last_write_ = kEarliestTime;              ///< of all that is in flight
  absl::flat_hash_set<std::string_view> known_;     ///< arrived, on its way, or in the registry
  absl::flat_hash_set<std::string_view> orphaned_;  ///< left unfinished
  absl::flat_hash_set<std::string> places_;         ///< of all that have one; only where folders count
  absl::flat_hash_set<std::string_view> unplaced_;  ///< datasets that tell no folder of storage
};

}  // namespace

std::string_view PathBelow(std::string_view target, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (target.starts_with(folder) && target.substr(folder.size()).starts_with('/')) {
      return target.substr(folder.size() + 1);
    }
  }
  return {};
}

bool IsFitsName(std::string_view path) { return !FitsEndingOf(path).empty(); }

bool Holds(const IgnoreRule& rule, std::string_view path, const ObservationTypes& types) {
  if (rule.pattern.empty() && rule.detector.empty() && rule.observation_type.empty()) return false;
  if (!rule.pattern.empty()) {
    const bool by_path = rule.pattern.find('/') != std::string::npos;
    if (!FitsGlob(rule.pattern, by_path ? BelowNight(path) : FinalName(path))) return false;
  }
  if (rule.detector.empty() && rule.observation_type.empty()) return true;
  const std::optional<RawFileName> name = ParseRawFileName(path);
  if (!name || (!rule.detector.empty() && !FitsGlob(rule.detector, name->detector))) return false;
  if (rule.observation_type.empty()) return true;
  const auto type = types.find(name->obs_id);
  return type != types.end() &&
         FitsGlob(absl::AsciiStrToLower(rule.observation_type), absl::AsciiStrToLower(type->second));
}

NightMatch MatchNight(const TransferTable& transfers, const IngestTable& ingests,
                      const ExpectedTable& expected, UtcTime as_of, const MatchOptions& options) {
  NightMatch match = MatchRows(transfers, ingests, options);
  Judge(transfers, ingests, expected, as_of, options, match).DecideAll();
  return match;
}

NightMatch MatchNight(const TransferTable& transfers, const IngestTable& ingests, UtcTime as_of,
                      const MatchOptions& options) {
  return MatchNight(transfers, ingests, ExpectedTable(), as_of, options);
}

}  // namespace obsmon
