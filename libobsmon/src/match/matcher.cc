#include "match/matcher.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "obsmon/raw_file_name.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 3> kFitsEndings = {".fits", ".fits.fz", ".fits.gz"};

bool EndsWithIgnoringCase(std::string_view text, std::string_view ending) {
  if (text.size() < ending.size()) return false;
  return std::ranges::equal(text.substr(text.size() - ending.size()), ending,
                            [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

// What of a path comes after its first folder: "MC_O_1/a.fits" of "20250501/MC_O_1/a.fits".
std::string_view BelowFirstFolder(std::string_view path) {
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool HasArtifact(ArtifactState state) {
  return state == ArtifactState::kPresent || state == ArtifactState::kRemote;
}

// The member of a zip file that a dataset's path ends with; else its last component.
std::string_view FileNameOf(std::string_view dataset_path) {
  const std::size_t member = dataset_path.rfind(kZipMember);
  return NameOf(member == std::string_view::npos ? dataset_path
                                                 : dataset_path.substr(member + kZipMember.size()));
}

// Ingests by a text that stands for them; several may have the same.
class IngestsByText {
 public:
  void Add(std::string_view text, std::size_t ingest) {
    const auto [first, is_new] = first_of_.try_emplace(text, static_cast<std::int32_t>(nodes_.size()));
    nodes_.push_back({static_cast<std::int32_t>(ingest), is_new ? kNone : first->second});
    first->second = static_cast<std::int32_t>(nodes_.size() - 1);
  }
  bool empty() const { return nodes_.empty(); }

  /// Calls `take` with each ingest of `text`.
  template <typename Take>
  void ForEach(std::string_view text, Take take) const {
    const auto first = first_of_.find(text);
    if (first == first_of_.end()) return;
    for (std::int32_t node = first->second; node != kNone;
         node = nodes_[static_cast<std::size_t>(node)].next) {
      take(static_cast<std::size_t>(nodes_[static_cast<std::size_t>(node)].ingest));
    }
  }

 private:
  static constexpr std::int32_t kNone = -1;
  struct Node {
    std::int32_t ingest;
    std::int32_t next;
  };
  absl::flat_hash_map<std::string_view, std::int32_t> first_of_;
  std::vector<Node> nodes_;
};

// The ways in which a transfer and a dataset are recognised as one, the surest first. Each pass looks only at
// what the ones before it left over.
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
    ByKey();
    ByName();
    return std::move(match_);
  }

 private:
  void Join(std::size_t transfer, std::size_t ingest, MatchBasis basis) {
    const bool is_copy = basis == MatchBasis::kName || basis == MatchBasis::kKey;
    match_.basis[transfer] = is_copy && ChecksumsAreKnown(transfer, ingest) && AreAlike(transfer, ingest)
                                 ? MatchBasis::kChecksum
                                 : basis;
    match_.ingest_of[transfer] = static_cast<std::int32_t>(ingest);
    JoinAlso(transfer, ingest);
  }
  // One more dataset of a file that has one already.
  void JoinAlso(std::size_t transfer, std::size_t ingest) {
    if (IngestIsFree(ingest)) match_.transfer_of[ingest] = static_cast<std::int32_t>(transfer);
  }

  bool TransferIsFree(std::size_t row) const { return match_.ingest_of[row] == NightMatch::kNoRow; }
  bool IngestIsFree(std::size_t row) const { return match_.transfer_of[row] == NightMatch::kNoRow; }
  bool MayMatchByName(std::size_t transfer) const {
    return TransferIsFree(transfer) && transfers_.place()[transfer] == TransferPlace::kStorage &&
           transfers_.state()[transfer] != TransferState::kInFlight &&
           IsFitsName(transfers_.path()[transfer]);
  }

  void ByFileId();
  void ByPath();
  void ByKey();
  void ByName();
  void AddNames();
  bool LiesInAnotherFolder(std::size_t transfer, std::size_t ingest) const;
  template <typename Fits>
  void JoinByName(std::size_t transfer, Fits fits);
  template <typename Take>
  void ForEachNamed(std::size_t transfer, Take take);

  std::int64_t SizeToCompare(std::size_t ingest) const {
    const std::int64_t recorded = ingests_.ingested_size_bytes()[ingest];
    return recorded >= 0 ? recorded : ingests_.size_bytes()[ingest];
  }
  bool ChecksumsAreKnown(std::size_t transfer, std::size_t ingest) const {
    return transfers_.checksum()[transfer] != kNoChecksum &&
           ingests_.ingested_checksum()[ingest] != kNoChecksum;
  }
  // In size and checksum. What is not known contradicts nothing.
  bool AreAlike(std::size_t transfer, std::size_t ingest) const {
    const std::int64_t size = SizeToCompare(ingest);
    if (size >= 0 && size != transfers_.size_bytes()[transfer]) return false;
    return !ChecksumsAreKnown(transfer, ingest) ||
           transfers_.checksum()[transfer] == ingests_.ingested_checksum()[ingest];
  }

  const TransferTable& transfers_;
  const IngestTable& ingests_;
  const MatchOptions& options_;
  NightMatch match_;
  IngestsByText by_name_;
  std::string name_;  // of a file with the registry's word for its detector
};

void Matcher::ByFileId() {
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
void Matcher::ByPath() {
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

// The night's folder may be called otherwise in the store: what lies below it has to agree.
void Matcher::ByKey() {
  IngestsByText by_base_name;
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    if (!IngestIsFree(ingest) || ingests_.artifact()[ingest] != ArtifactState::kRemote) continue;
    by_base_name.Add(NameOf(ingests_.path()[ingest]), ingest);
  }
  if (by_base_name.empty()) return;
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!TransferIsFree(transfer) || transfers_.place()[transfer] != TransferPlace::kStorage) continue;
    const std::string_view path = transfers_.path()[transfer];
    const std::string_view below = BelowFirstFolder(path);
    by_base_name.ForEach(NameOf(path), [&](std::size_t ingest) {
      const std::string_view key = ingests_.path()[ingest];
      const bool ends_alike =
          key.size() > below.size() && key.ends_with(below) && key[key.size() - below.size() - 1] == '/';
      if (!ends_alike || !IngestIsFree(ingest) || !AreAlike(transfer, ingest)) return;
      if (TransferIsFree(transfer)) {
        Join(transfer, ingest, MatchBasis::kKey);
      } else {
        JoinAlso(transfer, ingest);
      }
    });
  }
}

void Matcher::AddNames() {
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    if (!IngestIsFree(ingest)) continue;
    const std::string_view stem = ingests_.storage_stem()[ingest];
    const std::string_view own = StemOf(FileNameOf(ingests_.path()[ingest]));
    if (!stem.empty()) by_name_.Add(stem, ingest);
    if (own != stem) by_name_.Add(own, ingest);
  }
}

// Calls `take` with each dataset that has the name of a file, be it with the registry's word for its
// detector.
template <typename Take>
void Matcher::ForEachNamed(std::size_t transfer, Take take) {
  const std::string_view path = transfers_.path()[transfer];
  bool found = false;
  const auto note = [&](std::size_t ingest) {
    found = true;
    take(ingest);
  };
  by_name_.ForEach(StemOf(path), note);
  if (found || options_.detector_names.empty()) return;
  const std::optional<RawFileName> raw = ParseRawFileName(path);
  if (!raw || !raw->rest.empty()) return;
  for (const DetectorAlias& alias : options_.detector_names) {
    if (alias.in_storage != raw->detector) continue;
    name_.assign(raw->obs_id).append("_").append(alias.in_registry).append(raw->guider ? "_guider" : "");
    by_name_.ForEach(name_, note);
  }
}

// Whether the registry lists the dataset by its path in storage, and in another folder than the file's, but
// for that of the night, which has two names. (A path of one component is a name, and says nothing of a
// folder.)
bool Matcher::LiesInAnotherFolder(std::size_t transfer, std::size_t ingest) const {
  const std::string_view listed = ingests_.path()[ingest];
  const std::string_view place = PathBelow(ingests_.link_target()[ingest], options_.storage_names);
  const bool is_listed = ingests_.storage_stem()[ingest].empty() && !place.empty() &&
                         listed.find('/') != std::string_view::npos &&
                         ingests_.link_target()[ingest].ends_with(listed);
  return is_listed &&
         FolderOf(BelowFirstFolder(place)) != FolderOf(BelowFirstFolder(transfers_.path()[transfer]));
}

// Joins a file with the datasets of its name that `fits` lets pass, one that has its artifact first.
template <typename Fits>
void Matcher::JoinByName(std::size_t transfer, Fits fits) {
  std::optional<std::size_t> best;
  ForEachNamed(transfer, [&](std::size_t ingest) {
    if (!IngestIsFree(ingest) || LiesInAnotherFolder(transfer, ingest) || !fits(ingest)) return;
    // Of several the first in the table.
    const bool is_there = HasArtifact(ingests_.artifact()[ingest]);
    const bool best_is_there = best && HasArtifact(ingests_.artifact()[*best]);
    if (!best || is_there > best_is_there || (is_there == best_is_there && ingest < *best)) best = ingest;
  });
  if (!best) return;
  Join(transfer, *best, MatchBasis::kName);
  ForEachNamed(transfer, [&](std::size_t ingest) {
    const bool is_same = ingests_.exposure()[ingest] == ingests_.exposure()[*best] &&
                         ingests_.detector()[ingest] == ingests_.detector()[*best];
    if (is_same && HasArtifact(ingests_.artifact()[ingest]) && fits(ingest)) JoinAlso(transfer, ingest);
  });
}

// A copy has neither inode nor path in common with its source: its name and size have to do. First those
// that are alike; a file that has changed since its ingest gets what is left.
void Matcher::ByName() {
  AddNames();
  if (by_name_.empty()) return;
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByName(transfer)) continue;
    JoinByName(transfer, [&](std::size_t ingest) { return AreAlike(transfer, ingest); });
  }
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByName(transfer)) continue;
    const std::string_view ending = FitsEndingOf(transfers_.path()[transfer]);
    JoinByName(transfer, [&](std::size_t ingest) {
      return ingests_.ingested_size_bytes()[ingest] >= 0 && !ingests_.storage_stem()[ingest].empty() &&
             FitsEndingOf(ingests_.path()[ingest]) == ending;
    });
  }
}

}  // namespace

std::string_view FitsEndingOf(std::string_view path) {
  for (const std::string_view ending : kFitsEndings) {
    if (EndsWithIgnoringCase(path, ending)) return ending;
  }
  return {};
}

std::string_view StemOf(std::string_view path) {
  const std::string_view name = NameOf(path);
  return name.substr(0, name.size() - FitsEndingOf(name).size());
}

NightMatch MatchRows(const TransferTable& transfers, const IngestTable& ingests,
                     const MatchOptions& options) {
  return Matcher(transfers, ingests, options).Match();
}

}  // namespace obsmon
