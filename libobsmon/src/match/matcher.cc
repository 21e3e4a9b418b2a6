#include "match/matcher.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "match/ingest_lines.h"
#include "obsmon/raw_file_name.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 3> kFitsEndings = {".fits", ".fits.fz", ".fits.gz"};

// Whatever the locale, in some of which an I is no upper-case i.
bool EndsWithIgnoringCase(std::string_view text, std::string_view ending) {
  if (text.size() < ending.size()) return false;
  return std::ranges::equal(text.substr(text.size() - ending.size()), ending, {}, absl::ascii_tolower);
}

bool HasArtifact(ArtifactState state) {
  return state == ArtifactState::kPresent || state == ArtifactState::kRemote;
}

constexpr std::string_view kOnlyDetector = "RXX_S00";  // of LATISS (obs_lsst)

// Of a file's datasets a damaged one comes last, for it serves nobody.
bool HasWholeArtifact(const IngestTable& ingests, std::size_t ingest) {
  return HasArtifact(ingests.artifact()[ingest]) && !HasAnotherSizeThanRecorded(ingests, ingest);
}

// The number that `text` is; nothing where it is none, or too large a one.
template <typename Number>
std::optional<Number> NumberOf(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, absl::ascii_isdigit);
}

// Takes the last part off a stem whose parts are joined by '-'.
std::string_view TakeLastPart(std::string_view& stem) {
  const std::size_t dash = stem.rfind('-');
  const std::string_view last = dash == std::string_view::npos ? stem : stem.substr(dash + 1);
  stem = stem.substr(0, dash == std::string_view::npos ? 0 : dash);
  return last;
}

// Calls `take` with the names of a file with the registry's word for its detector, made in `name`.
template <typename Take>
void ForEachAlias(std::string_view path, std::span<const DetectorAlias> detector_names, std::string& name,
                  Take take) {
  if (detector_names.empty()) return;
  const std::optional<RawFileName> raw = ParseRawFileName(path);
  if (!raw || !raw->rest.empty()) return;
  for (const DetectorAlias& alias : detector_names) {
    if (alias.in_storage != raw->detector) continue;
    name.assign(raw->obs_id).append("_").append(alias.in_registry).append(raw->guider ? "_guider" : "");
    take(name);
    // A Gen2 registry of a camera with one detector names none.
    if (alias.in_registry == kOnlyDetector) take(name.assign(raw->obs_id));
  }
}

// What a file has to have besides its name: a size and a checksum, or an ending.
using Trait = std::pair<std::int64_t, Checksum>;

constexpr std::int64_t kUnknownSize = -1;
constexpr std::string_view kAnyFolder("\0", 1);  // no path is so

// Datasets of one name: where files look for theirs, and for what else was made of the same exposure.
struct NamesakeLines {
  IngestLines<std::tuple<std::string_view, std::string_view, Trait>> of_folder;
  IngestLines<std::tuple<std::string_view, std::string_view, std::int64_t, std::int32_t, Trait>> of_exposure;
};

// Those that are alike in size, for files whose checksum is known in checksum too, and for others.
struct AlikeLines {
  NamesakeLines of_size;
  NamesakeLines of_checksum;
};

// What a file's namesakes may have to be alike, and the lines that tell.
struct AlikeTraits {
  std::array<Trait, 4> traits;
  std::size_t size;
  NamesakeLines& lines;

  std::span<const Trait> all() const { return std::span(traits).first(size); }
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
  bool MayMatchByKey(std::size_t transfer) const {
    return TransferIsFree(transfer) && transfers_.place()[transfer] == TransferPlace::kStorage;
  }
  bool MayMatchByName(std::size_t transfer) const {
    return MayMatchByKey(transfer) && transfers_.state()[transfer] != TransferState::kInFlight &&
           IsFitsName(transfers_.path()[transfer]);
  }

  void ByFileId();
  void ByPath();
  void ByKey();
  IngestLines<std::string_view> EndsOfKeys(const std::vector<bool>& depths) const;

  void ByName();
  void AddNames();
  void JoinAlikeByName(AlikeLines& alike);
  void JoinChangedByName();
  void JoinFurtherByName(AlikeLines& alike);
  AlikeLines LineUpAlike() const;
  AlikeTraits TraitsOf(std::size_t transfer, AlikeLines& alike) const;
  template <typename TraitOf>
  NamesakeLines LineUp(TraitOf trait_of) const;
  template <typename Fits>
  void JoinByName(std::size_t transfer, NamesakeLines& lines, std::span<const Trait> traits, Fits fits);
  template <typename Fits>
  void JoinAlsoByName(std::size_t transfer, NamesakeLines& lines, std::span<const Trait> traits, Fits fits);
  template <typename Take>
  void ForEachNameOf(std::size_t ingest, Take take) const;
  template <typename Take>
  void ForEachName(std::size_t transfer, Take take);
  const absl::flat_hash_map<ExposureAndDetector, std::string_view>& StemsByNumbers();
  std::string_view FolderBelowNight(std::size_t transfer) const {
    return FolderOf(BelowNight(transfers_.path()[transfer]));
  }
  std::optional<std::string_view> FolderListedFor(std::size_t ingest) const;
  bool MayLieWhereListed(std::size_t transfer, std::size_t ingest) const;
  bool IsSurer(std::size_t ingest, std::size_t than) const;

  std::int64_t SizeToCompare(std::size_t ingest) const {
    const std::int64_t recorded = ingests_.ingested_size_bytes()[ingest];
    return std::max(recorded >= 0 ? recorded : ingests_.size_bytes()[ingest], kUnknownSize);
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
  static constexpr std::int32_t kSeveral = -1;
  absl::flat_hash_map<std::string_view, std::int32_t> ingest_of_name_;  // or kSeveral
  bool has_namesakes_ = false;
  std::optional<absl::flat_hash_map<ExposureAndDetector, std::string_view>> stem_of_numbers_;
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
  std::vector<std::pair<std::size_t, std::size_t>> same_path;  // a further dataset, and the first one
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    if (!IngestIsFree(ingest)) continue;
    const std::string_view path = PathBelow(ingests_.link_target()[ingest], options_.storage_names);
    if (path.empty()) continue;
    const auto [known, is_new] = ingest_of_path.try_emplace(path, ingest);
    if (!is_new) same_path.emplace_back(ingest, known->second);
  }
  if (ingest_of_path.empty()) return;
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!TransferIsFree(transfer)) continue;
    const auto found = ingest_of_path.find(transfers_.path()[transfer]);
    if (found != ingest_of_path.end()) Join(transfer, found->second, MatchBasis::kPath);
  }
  for (const auto& [ingest, first] : same_path) match_.transfer_of[ingest] = match_.transfer_of[first];
}

// The night's folder may be called otherwise in the store: what lies below it has to agree.
void Matcher::ByKey() {
  if (std::ranges::find(ingests_.artifact(), ArtifactState::kRemote) == ingests_.artifact().end()) return;
  std::vector<bool> depths;  // of what lies below the night, in slashes
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByKey(transfer)) continue;
    const auto depth =
        static_cast<std::size_t>(std::ranges::count(BelowNight(transfers_.path()[transfer]), '/'));
    if (depth >= depths.size()) depths.resize(depth + 1);
    depths[depth] = true;
  }
  const IngestLines<std::string_view> ends = EndsOfKeys(depths);
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByKey(transfer)) continue;
    // No more than two files, of the night's two names, look at each line.
    ends.ForEach(BelowNight(transfers_.path()[transfer]), [&](std::size_t ingest) {
      if (!IngestIsFree(ingest) || !AreAlike(transfer, ingest)) return;
      if (TransferIsFree(transfer)) {
        Join(transfer, ingest, MatchBasis::kKey);
      } else {
        JoinAlso(transfer, ingest);
      }
    });
  }
}

// Objects by the ends of their keys that have so many slashes as one of `depths`.
IngestLines<std::string_view> Matcher::EndsOfKeys(const std::vector<bool>& depths) const {
  IngestLines<std::string_view> ends;
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    if (!IngestIsFree(ingest) || ingests_.artifact()[ingest] != ArtifactState::kRemote) continue;
    const std::string_view key = ingests_.path()[ingest];
    std::size_t begin = key.size();
    for (const bool is_depth : depths) {
      const std::size_t slash = begin == 0 ? std::string_view::npos : key.rfind('/', begin - 1);
      if (slash == std::string_view::npos) break;
      if (is_depth) ends.Prepend(key.substr(slash + 1), ingest);
      begin = slash;
    }
  }
  return ends;
}

template <typename Take>
void Matcher::ForEachNameOf(std::size_t ingest, Take take) const {
  const std::string_view stem = ingests_.storage_stem()[ingest];
  const std::string_view own = StemOfDataset(ingests_.path()[ingest]);
  if (!stem.empty()) take(stem);
  if (own != stem) take(own);
}

void Matcher::AddNames() {
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    if (!IngestIsFree(ingest)) continue;
    ForEachNameOf(ingest, [&](std::string_view name) {
      const auto [known, is_new] = ingest_of_name_.try_emplace(name, static_cast<std::int32_t>(ingest));
      if (is_new) return;
      known->second = kSeveral;
      has_namesakes_ = true;
    });
  }
}

// Lines of the datasets that are not the only ones of a name and have a `trait_of`: those that have their
// artifact first, in the order of the table.
template <typename TraitOf>
NamesakeLines Matcher::LineUp(TraitOf trait_of) const {
  NamesakeLines lines;
  if (!has_namesakes_) return lines;
  for (const bool has_artifact : {false, true}) {
    for (std::size_t ingest = ingests_.size(); ingest-- > 0;) {
      if (!IngestIsFree(ingest) || HasWholeArtifact(ingests_, ingest) != has_artifact) continue;
      const std::optional<Trait> trait = trait_of(ingest);
      if (!trait) continue;
      const std::string_view folder = FolderListedFor(ingest).value_or(kAnyFolder);
      ForEachNameOf(ingest, [&](std::string_view name) {
        if (ingest_of_name_.find(name)->second != kSeveral) return;
        lines.of_folder.Prepend({name, folder, *trait}, ingest);
        if (!has_artifact) return;
        lines.of_exposure.Prepend(
            {name, folder, ingests_.exposure()[ingest], ingests_.detector()[ingest], *trait}, ingest);
      });
    }
  }
  return lines;
}

// Calls `take` with each name of a file that datasets have, be it with the registry's word for its detector,
// and with the dataset that has it, or kSeveral.
template <typename Take>
void Matcher::ForEachName(std::size_t transfer, Take take) {
  const std::string_view path = transfers_.path()[transfer];
  const auto note = [&](std::string_view name) {
    const auto known = ingest_of_name_.find(name);
    if (known == ingest_of_name_.end()) return false;
    take(name, known->second);
    return true;
  };
  if (note(StemOf(path))) return;
  bool has_name = false;
  ForEachAlias(path, options_.detector_names, name_,
               [&](std::string_view name) { has_name = note(name) || has_name; });
  if (has_name) return;
  for (const ExposureAndDetector& numbers : NumbersOfFile(path)) {
    const auto stem = StemsByNumbers().find(numbers);
    if (stem != StemsByNumbers().end() && note(stem->second)) return;
  }
}

// Made when the first file asks that has such a name: few nights have one.
const absl::flat_hash_map<ExposureAndDetector, std::string_view>& Matcher::StemsByNumbers() {
  if (stem_of_numbers_) return *stem_of_numbers_;
  stem_of_numbers_.emplace();
  for (std::size_t ingest = 0; ingest < ingests_.size(); ++ingest) {
    const ExposureAndDetector numbers(ingests_.exposure()[ingest], ingests_.detector()[ingest]);
    const std::string_view stem = ingests_.storage_stem()[ingest];
    if (numbers.first <= 0 || numbers.second < 0 || stem.empty() || IsOfGuiderImages(stem)) continue;
    stem_of_numbers_->emplace(numbers, stem);
  }
  return *stem_of_numbers_;
}

// Where the registry lists the dataset by its path in storage: the folder in which its file lies, below that
// of the night, which has two names. (A path of one component is a name, and says nothing of a folder.)
std::optional<std::string_view> Matcher::FolderListedFor(std::size_t ingest) const {
  const std::string_view listed = ingests_.path()[ingest];
  const std::string_view place = PathBelow(ingests_.link_target()[ingest], options_.storage_names);
  const bool is_listed = ingests_.storage_stem()[ingest].empty() && !place.empty() &&
                         listed.find('/') != std::string_view::npos &&
                         ingests_.link_target()[ingest].ends_with(listed);
  if (!is_listed) return std::nullopt;
  return FolderOf(BelowNight(place));
}

bool Matcher::MayLieWhereListed(std::size_t transfer, std::size_t ingest) const {
  const std::optional<std::string_view> listed = FolderListedFor(ingest);
  return !listed || *listed == FolderBelowNight(transfer);
}

// One that has its artifact before others; of several the first in the table.
bool Matcher::IsSurer(std::size_t ingest, std::size_t than) const {
  const bool is_there = HasWholeArtifact(ingests_, ingest);
  const bool other_is_there = HasWholeArtifact(ingests_, than);
  return is_there != other_is_there ? is_there : ingest < than;
}

// Joins a file with the datasets of its name that `fits` lets pass. Of names that several have, these are in
// the lines of `traits`.
template <typename Fits>
void Matcher::JoinByName(std::size_t transfer, NamesakeLines& lines, std::span<const Trait> traits,
                         Fits fits) {
  const auto is_free = [this](std::size_t ingest) { return IngestIsFree(ingest); };
  std::optional<std::size_t> best;
  const auto consider = [&](std::size_t ingest) {
    if (!best || IsSurer(ingest, *best)) best = ingest;
  };
  ForEachName(transfer, [&](std::string_view name, std::int32_t only) {
    if (only != kSeveral) {
      const auto ingest = static_cast<std::size_t>(only);
      if (IngestIsFree(ingest) && MayLieWhereListed(transfer, ingest) && fits(ingest)) consider(ingest);
      return;
    }
    for (const std::string_view its_folder : {FolderBelowNight(transfer), kAnyFolder}) {
      for (const Trait& trait : traits) {
        const auto first = lines.of_folder.First({name, its_folder, trait}, is_free);
        if (first) consider(*first);
      }
    }
  });
  if (!best) return;
  Join(transfer, *best, MatchBasis::kName);
  JoinAlsoByName(transfer, lines, traits, fits);
}

// Joins a file that has a dataset with all others of the same exposure and detector, and of its name, that
// have an artifact and that `fits` lets pass.
template <typename Fits>
void Matcher::JoinAlsoByName(std::size_t transfer, NamesakeLines& lines, std::span<const Trait> traits,
                             Fits fits) {
  const auto is_free = [this](std::size_t ingest) { return IngestIsFree(ingest); };
  const auto its_own = static_cast<std::size_t>(match_.ingest_of[transfer]);
  const std::int64_t exposure = ingests_.exposure()[its_own];
  const std::int32_t detector = ingests_.detector()[its_own];
  ForEachName(transfer, [&](std::string_view name, std::int32_t only) {
    if (only != kSeveral) {
      const auto ingest = static_cast<std::size_t>(only);
      const bool is_same = ingests_.exposure()[ingest] == exposure &&
                           ingests_.detector()[ingest] == detector && MayLieWhereListed(transfer, ingest);
      if (is_same && HasWholeArtifact(ingests_, ingest) && fits(ingest)) JoinAlso(transfer, ingest);
      return;
    }
    for (const std::string_view its_folder : {FolderBelowNight(transfer), kAnyFolder}) {
      for (const Trait& trait : traits) {
        const auto key = std::tuple(name, its_folder, exposure, detector, trait);
        while (const auto next = lines.of_exposure.First(key, is_free)) JoinAlso(transfer, *next);
      }
    }
  });
}

// A copy has neither inode nor path in common with its source: its name and size have to do. First those
// that are alike; a file that has changed since its ingest gets what is left.
void Matcher::ByName() {
  AddNames();
  if (ingest_of_name_.empty()) return;
  AlikeLines alike = LineUpAlike();
  JoinAlikeByName(alike);
  JoinChangedByName();
  JoinFurtherByName(alike);
}

AlikeLines Matcher::LineUpAlike() const {
  AlikeLines alike;
  if (std::ranges::any_of(transfers_.checksum(), [](Checksum sum) { return sum != kNoChecksum; })) {
    alike.of_checksum = LineUp([this](std::size_t ingest) -> std::optional<Trait> {
      return Trait(SizeToCompare(ingest), ingests_.ingested_checksum()[ingest]);
    });
  }
  alike.of_size = LineUp([this](std::size_t ingest) -> std::optional<Trait> {
    return Trait(SizeToCompare(ingest), kNoChecksum);
  });
  return alike;
}

AlikeTraits Matcher::TraitsOf(std::size_t transfer, AlikeLines& alike) const {
  const std::int64_t size = transfers_.size_bytes()[transfer];
  const Checksum checksum = transfers_.checksum()[transfer];
  const bool is_read = checksum != kNoChecksum;
  return {.traits = {Trait(size, kNoChecksum), Trait(kUnknownSize, kNoChecksum), Trait(size, checksum),
                     Trait(kUnknownSize, checksum)},
          .size = is_read ? std::size_t{4} : std::size_t{2},
          .lines = is_read ? alike.of_checksum : alike.of_size};
}

void Matcher::JoinAlikeByName(AlikeLines& alike) {
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByName(transfer)) continue;
    const AlikeTraits its = TraitsOf(transfer, alike);
    JoinByName(transfer, its.lines, its.all(),
               [&](std::size_t ingest) { return AreAlike(transfer, ingest); });
  }
}

void Matcher::JoinChangedByName() {
  const auto number_of = [](std::string_view ending) {
    return std::ranges::find(kFitsEndings, ending) - kFitsEndings.begin();
  };
  const auto may_have_changed = [this](std::size_t ingest) {
    return ingests_.ingested_size_bytes()[ingest] >= 0 && !ingests_.storage_stem()[ingest].empty();
  };
  NamesakeLines of_ending = LineUp([&](std::size_t ingest) -> std::optional<Trait> {
    if (!may_have_changed(ingest)) return std::nullopt;
    return Trait(number_of(FitsEndingOf(ingests_.path()[ingest])), kNoChecksum);
  });
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (!MayMatchByName(transfer)) continue;
    const std::string_view ending = FitsEndingOf(transfers_.path()[transfer]);
    const std::array traits = {Trait(number_of(ending), kNoChecksum)};
    JoinByName(transfer, of_ending, traits, [&](std::size_t ingest) {
      return may_have_changed(ingest) && FitsEndingOf(ingests_.path()[ingest]) == ending;
    });
  }
}

// What was recognised by its inode or path may lie in another datastore as well, or in another run, as a
// copy. Last, for a file that has no dataset yet needs it more.
void Matcher::JoinFurtherByName(AlikeLines& alike) {
  if (std::ranges::find(match_.transfer_of, NightMatch::kNoRow) == match_.transfer_of.end()) return;
  for (std::size_t transfer = 0; transfer < transfers_.size(); ++transfer) {
    if (TransferIsFree(transfer) || transfers_.place()[transfer] != TransferPlace::kStorage) continue;
    if (ingests_.exposure()[static_cast<std::size_t>(match_.ingest_of[transfer])] == 0) continue;  // unknown
    const AlikeTraits its = TraitsOf(transfer, alike);
    JoinAlsoByName(transfer, its.lines, its.all(),
                   [&](std::size_t ingest) { return AreAlike(transfer, ingest); });
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

std::string_view StemOfDataset(std::string_view dataset_path) {
  const std::size_t member = dataset_path.rfind(kZipMember);
  return StemOf(member == std::string_view::npos ? dataset_path
                                                 : dataset_path.substr(member + kZipMember.size()));
}

std::vector<std::string> NamesOfFile(std::string_view path, std::span<const DetectorAlias> detector_names) {
  std::vector<std::string> names = {std::string(StemOf(path))};
  std::string name;
  ForEachAlias(path, detector_names, name, [&](const std::string& alias) { names.push_back(alias); });
  return names;
}

bool HasAnotherSizeThanRecorded(const IngestTable& ingests, std::size_t ingest) {
  const std::int64_t recorded = ingests.ingested_size_bytes()[ingest];
  return ingests.artifact()[ingest] == ArtifactState::kPresent && recorded >= 0 &&
         ingests.size_bytes()[ingest] >= 0 && ingests.size_bytes()[ingest] != recorded;
}

std::vector<ExposureAndDetector> NumbersOfFile(std::string_view path) {
  constexpr std::string_view kDetector = "det";
  constexpr std::size_t kFewestDigits = 8;
  constexpr std::size_t kMostDigits = 15;
  std::string_view stem = StemOf(path);
  std::string_view last = TakeLastPart(stem);
  if (last.size() == 3 && IsDigits(last)) last = TakeLastPart(stem);  // of the snap
  if (!last.starts_with(kDetector) || !IsDigits(last.substr(kDetector.size()))) return {};
  const auto detector = NumberOf<std::int32_t>(last.substr(kDetector.size()));
  const std::string_view digits = stem.substr(0, stem.find('-'));
  if (!detector || !IsDigits(digits) || digits.size() < kFewestDigits || digits.size() > kMostDigits)
    return {};
  const bool is_plain =
      std::ranges::all_of(stem, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (!is_plain || stem.ends_with('-') || stem.find("--") != std::string_view::npos) return {};

  std::vector<ExposureAndDetector> numbers = {{NumberOf<std::int64_t>(digits).value_or(0), *detector}};
  constexpr std::size_t kDigitsOfLongSequence = 14;
  constexpr std::size_t kDigitsOfDay = 8;
  constexpr std::int64_t kSequencesOfADay = 100'000;
  if (digits.size() == kDigitsOfLongSequence) {
    const std::int64_t day = NumberOf<std::int64_t>(digits.substr(0, kDigitsOfDay)).value_or(0);
    const std::int64_t sequence = NumberOf<std::int64_t>(digits.substr(kDigitsOfDay)).value_or(0);
    numbers.emplace_back(day * kSequencesOfADay + sequence, *detector);
  }
  return numbers;
}

bool IsOfGuiderImages(std::string_view stem) { return stem.ends_with("_guider"); }

NightMatch MatchRows(const TransferTable& transfers, const IngestTable& ingests,
                     const MatchOptions& options) {
  return Matcher(transfers, ingests, options).Match();
}

}  // namespace obsmon
