#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "obsmon/match.h"

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 3> kFitsEndings = {".fits", ".fits.fz", ".fits.gz"};

bool EndsWithIgnoringCase(std::string_view text, std::string_view ending) {
  if (text.size() < ending.size()) return false;
  return std::ranges::equal(text.substr(text.size() - ending.size()), ending,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The name without its FITS ending, by which copies are compared.
std::string_view StemOf(std::string_view path) {
  const std::string_view name = BaseName(path);
  for (const std::string_view ending : kFitsEndings) {
    if (EndsWithIgnoringCase(name, ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

// The three ways in which a transfer and a dataset are recognised as one, the surest first. Each pass looks
// only at what the ones before it left over.
class Matcher {
 public:
  Matcher(const TransferTable& transfers, const IngestTable& ingests, const MatchOptions& options)
      : transfers_(transfers), ingests_(ingests), options_(options) {
    match_.basis.resize(transfers.size(), MatchBasis::kNone);
    match_.ingest_of.resize(transfers.size(), NightMatch::kNoRow);
    match_.transfer_of.resize(ingests.size(), NightMatch::kNoRow);
  }

  NightMatch Match() && {
    ByFileId();
    ByPath();
    ByName();
    return std::move(match_);
  }

 private:
  void Join(std::size_t transfer, std::size_t ingest, MatchBasis basis) {
    match_.basis[transfer] = basis;
    match_.ingest_of[transfer] = static_cast<std::int32_t>(ingest);
    if (match_.transfer_of[ingest] == NightMatch::kNoRow) {
      match_.transfer_of[ingest] = static_cast<std::int32_t>(transfer);
    }
  }

  bool TransferIsFree(std::size_t row) const { return match_.ingest_of[row] == NightMatch::kNoRow; }
  bool IngestIsFree(std::size_t row) const { return match_.transfer_of[row] == NightMatch::kNoRow; }

  void ByFileId() {
    absl::flat_hash_map<FileId, std::size_t> first_ingest;
    first_ingest.reserve(ingests_.size());
    std::vector<std::pair<std::size_t, std::size_t>>
        same_file;  // a further link, and the first one to the same file
    for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
      if (ingests_.artifact()[ingest] != ArtifactState::kPresent) continue;
      const auto [known, is_new] = first_ingest.try_emplace(ingests_.file_id()[ingest], ingest);
      if (!is_new) same_file.emplace_back(ingest, known->second);
    }
    for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
      const auto found = first_ingest.find(transfers_.file_id()[transfer]);
      if (found != first_ingest.end()) Join(transfer, found->second, MatchBasis::kFileId);
    }
    for (const auto& [ingest, first] : same_file) match_.transfer_of[ingest] = match_.transfer_of[first];
  }

  // A network file system may show one file under two device numbers; then its path is what remains.
  void ByPath() {
    absl::flat_hash_map<std::string_view, std::size_t> ingest_of_path;
    for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
      if (!IngestIsFree(ingest)) continue;
      const std::string_view path = PathBelow(ingests_.link_target()[ingest], options_.storage_names);
      if (!path.empty()) ingest_of_path.try_emplace(path, ingest);
    }
    if (ingest_of_path.empty()) return;
    for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
      if (!TransferIsFree(transfer)) continue;
      const auto found = ingest_of_path.find(transfers_.path()[transfer]);
      if (found != ingest_of_path.end()) Join(transfer, found->second, MatchBasis::kPath);
    }
  }

  // A copy has neither inode nor path in common with its source: its name and size have to do.
  void ByName() {
    absl::flat_hash_map<std::string_view, std::size_t> ingest_of_stem;
    for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
      if (!IngestIsFree(ingest)) continue;
      const std::string_view stem = ingests_.storage_stem()[ingest];
      if (!stem.empty()) ingest_of_stem.try_emplace(stem, ingest);
      ingest_of_stem.try_emplace(StemOf(ingests_.path()[ingest]), ingest);
    }
    if (ingest_of_stem.empty()) return;
    for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
      if (!TransferIsFree(transfer) || transfers_.state()[transfer] == TransferState::kInFlight) continue;
      const std::string_view path = transfers_.path()[transfer];
      if (!IsFitsName(path)) continue;
      const auto found = ingest_of_stem.find(StemOf(path));
      if (found != ingest_of_stem.end() && IngestIsFree(found->second) &&
          SizesAgree(transfer, found->second)) {
        Join(transfer, found->second, MatchBasis::kName);
      }
    }
  }

  bool SizesAgree(std::size_t transfer, std::size_t ingest) const {
    return ingests_.artifact()[ingest] != ArtifactState::kPresent ||
           ingests_.size_bytes()[ingest] == transfers_.size_bytes()[transfer];
  }

  const TransferTable& transfers_;
  const IngestTable& ingests_;
  const MatchOptions& options_;
  NightMatch match_;
};

/// What a verdict is decided from.
struct Evidence {
  const TransferRow& file;
  bool listed = false;  ///< the registry has a dataset for it
  IngestStatus status = IngestStatus::kIngested;
  ArtifactState artifact = ArtifactState::kPresent;
  UtcTime as_of{};
  const MatchOptions& options;

  bool IsIngested() const { return listed && status == IngestStatus::kIngested; }
  bool HasArtifact() const {
    return artifact == ArtifactState::kPresent || artifact == ArtifactState::kRemote;
  }
};

struct Rule {
  Verdict verdict;
  bool (*holds)(const Evidence&);
};

// The verdicts in the order in which they are decided: the first rule that holds gives it, and the last
// always does. Without a registry nothing more can be told than that a file is in flight: even a small or odd
// one may be ingested.
constexpr std::array kRules = {
    Rule{Verdict::kIngested, [](const Evidence& e) { return e.IsIngested() && e.HasArtifact(); }},
    Rule{Verdict::kUnknown,
         [](const Evidence& e) { return e.IsIngested() && e.artifact == ArtifactState::kUnreadable; }},
    Rule{Verdict::kArtifactGone, [](const Evidence& e) { return e.IsIngested(); }},
    Rule{Verdict::kInFlight, [](const Evidence& e) { return e.file.state == TransferState::kInFlight; }},
    Rule{Verdict::kUnknown, [](const Evidence& e) { return !e.options.registry_readable; }},
    Rule{Verdict::kPending, [](const Evidence& e) { return e.listed && e.status == IngestStatus::kPending; }},
    Rule{Verdict::kFailed, [](const Evidence& e) { return e.listed && e.status == IngestStatus::kFailed; }},
    Rule{Verdict::kSettling,
         [](const Evidence& e) { return e.as_of - e.file.arrival_time < e.options.grace; }},
    Rule{Verdict::kNotFits, [](const Evidence& e) { return !IsFitsName(e.file.path); }},
    Rule{Verdict::kTooSmall, [](const Evidence& e) { return e.file.size_bytes < e.options.min_fits_bytes; }},
    Rule{Verdict::kNotIngested, [](const Evidence&) { return true; }},
};

Verdict Decide(const Evidence& evidence) {
  return std::ranges::find_if(kRules, [&](const Rule& rule) { return rule.holds(evidence); })->verdict;
}

}  // namespace

std::string_view PathBelow(std::string_view target, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (target.starts_with(folder) && target.substr(folder.size()).starts_with('/')) {
      return target.substr(folder.size() + 1);
    }
  }
  return {};
}

bool IsFitsName(std::string_view path) {
  return std::ranges::any_of(kFitsEndings,
                             [&](std::string_view ending) { return EndsWithIgnoringCase(path, ending); });
}

NightMatch MatchNight(const TransferTable& transfers, const IngestTable& ingests, UtcTime as_of,
                      const MatchOptions& options) {
  NightMatch match = Matcher(transfers, ingests, options).Match();
  match.verdict.reserve(transfers.size());
  for (std::size_t row = 0; row < transfers.size(); ++row) {
    const TransferRow file = transfers[row];
    Evidence evidence{.file = file, .as_of = as_of, .options = options};
    if (const std::int32_t ingest = match.ingest_of[row]; ingest != NightMatch::kNoRow) {
      evidence.listed = true;
      evidence.status = ingests.status()[static_cast<std::size_t>(ingest)];
      evidence.artifact = ingests.artifact()[static_cast<std::size_t>(ingest)];
    }
    match.verdict.push_back(Decide(evidence));
  }
  return match;
}

}  // namespace obsmon
