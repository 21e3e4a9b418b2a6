// MATCH: every file gets exactly one verdict.
//
// Pure: no I/O, no clock, no failure. O(transfers + ingests + expected).
// Threads: call from any number at once.
#ifndef OBSMON_MATCH_H_
#define OBSMON_MATCH_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "obsmon/expected.h"
#include "obsmon/night.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// What is the matter with a file: a partition, listed in the order in which it is decided; the first that
/// holds is the verdict. (But kUnknown comes before kPending: where the registry can't be asked nothing more
/// is told of a file than that a transfer is writing it, or that a rule leaves it out.) The numbers are kept
/// in the history and do not change.
enum class Verdict : std::uint8_t {
  kIngested = 0,      ///< the registry knows it, and its file is there
  kArtifactGone = 1,  ///< the registry knows it, but its file is gone
  kMissing = 2,       ///< expected, and never arrived; also what a transfer left unfinished long ago
  kInFlight = 3,      ///< rsync is still writing it
  kIgnored = 4,       ///< left out by a rule, with the rule's reason
  kPending = 5,       ///< the registry says that its ingest is waiting or running
  kFailed = 6,        ///< the registry says that its ingest failed, and why
  kSettling = 7,      ///< arrived, or expected, less than the grace ago: no one can blame anyone yet
  kNotFits = 8,       ///< no FITS file, and so nobody meant to ingest it
  kTooSmall = 9,      ///< a FITS file below the smallest size of an image
  kNotIngested = 10,  ///< the problem: arrived whole, and the registry does not know it
  kUnknown = 11,      ///< the registry, or a folder that may hold the file, could not be read
};

inline constexpr std::size_t kNumVerdicts = 12;

/// All verdicts, in the order of their numbers.
inline constexpr std::array<Verdict, kNumVerdicts> kAllVerdicts = {
    Verdict::kIngested, Verdict::kArtifactGone, Verdict::kMissing,     Verdict::kInFlight,
    Verdict::kIgnored,  Verdict::kPending,      Verdict::kFailed,      Verdict::kSettling,
    Verdict::kNotFits,  Verdict::kTooSmall,     Verdict::kNotIngested, Verdict::kUnknown};

/// What a verdict means for the observer.
enum class Concern : std::uint8_t {
  kNone,       ///< all is as it should be
  kWait,       ///< time will tell
  kAttention,  ///< someone should look
  kUnknown,    ///< can't be told
};

/// "not_ingested": the one word for a verdict, on pages, in JSON, in CSV, in Python.
std::string_view VerdictName(Verdict verdict);
/// "not ingested": the same word as prose.
std::string_view VerdictLabel(Verdict verdict);
/// One clause for a reader at three in the morning: "arrived whole, but the registry does not list it".
std::string_view VerdictMeaning(Verdict verdict);
Concern ConcernOf(Verdict verdict);

/// How it is known that a transferred file and a dataset are the same; the surest that holds.
enum class MatchBasis : std::uint8_t {
  kNone,
  kFileId,    ///< same device and inode
  kPath,      ///< the dataset's link, or the registry itself (ingested "direct"), names this path
  kName,      ///< obs_id and detector agree, and the size where both are known: a copy, as far as can be told
  kKey,       ///< the key of its object in a store ends as this path does, and the size agrees
  kChecksum,  ///< as kName or kKey, and the checksum that the registry recorded is this file's
};

inline constexpr std::size_t kNumMatchBases = 6;

/// "file id", "path", "name", "key", "checksum"; empty for kNone.
std::string_view MatchBasisName(MatchBasis basis);

/// A rule by which files that are not ingested are left out: nobody is called for them, and they are counted
/// as ignored. It holds for a file that fits all that it names; one that names nothing holds for none.
///
/// In all patterns '*' stands for any characters and '?' for one.
struct IgnoreRule {
  std::string pattern{};   ///< of the file's name, or, with a '/' in it, of its path in the night's folder
  std::string detector{};  ///< of its detector: "R22_S11", "R22_*"
  /// Of its exposure's observation type, in any case of letters: "dark", "cwfs*". Where that is not known the
  /// rule does not hold.
  std::string observation_type{};
  std::string reason{};  ///< for people: "R22 is turned off"
  /// Whether it holds for files that never arrived too. A rule about the ingest alone ("darks are not
  /// ingested") should not hide that one was lost on its way.
  bool missing = true;

  friend bool operator==(const IgnoreRule&, const IgnoreRule&) = default;
};

/// Whether `rule` holds for the file at `path`, from the storage folder or its other place on; `types` are of
/// its night.
bool Holds(const IgnoreRule& rule, std::string_view path, const ObservationTypes& types = {});

struct MatchOptions {
  /// The least size of a FITS file that can hold an image; a file of exactly this size is not too small.
  std::int64_t min_fits_bytes = 10'000;
  /// How long after its arrival an uningested file is settling.
  std::chrono::seconds grace = std::chrono::seconds{60};
  /// The same for the files of guiders, which can be ingested only after an image of their exposure
  /// (ctrl_oods `guider_max_age_seconds`, embargo-butler); absent: `grace`.
  std::optional<std::chrono::seconds> guider_grace{};
  /// How long after its manifest arrived an expected file may take; absent: `grace`.
  std::optional<std::chrono::seconds> missing_grace{};
  /// A partial file that nobody has written to for so long is an orphan: no rsync will finish it.
  std::chrono::seconds partial_age = std::chrono::hours{1};
  std::vector<IgnoreRule> ignore{};  ///< the first that holds gives the reason
  ObservationTypes observation_types{};
  /// Absolute names of the folder that the transfers' paths begin at, as given and with its links resolved,
  /// so that a dataset's link target can be told to be one of them; empty where that is not known.
  std::vector<std::string> storage_names{};
  /// Detectors that storage and the registry name differently; see Stream::detector_names.
  std::vector<DetectorAlias> detector_names{};
  /// False where the registry could not be read: what is not in flight is then unknown.
  bool registry_readable = true;
  /// Likewise of the folders beside storage in which files of other places lie (TransferPlace), so that a
  /// file's path in its night's folder can be told.
  std::vector<std::string> other_names{};
  /// What of storage, or of another place, could not be read, as paths from there on: the night's folder,
  /// "20250501", by either of its names, or one below it. An expected file that would lie there is not
  /// missing, but unknown; and so is one of which no folder is known, wherever what can't be read lies.
  std::vector<std::string> hidden_folders{};
};

/// An expected file that is neither in storage nor known to the registry.
struct AbsentFile {
  std::uint32_t expected_row = 0;
  Verdict verdict = Verdict::kUnknown;  ///< missing, settling, ignored or unknown
  std::int32_t rule = -1;               ///< as NightMatch::rule_of

  friend bool operator==(const AbsentFile&, const AbsentFile&) = default;
};

/// The answer: for each row of both tables, what it was matched to.
struct NightMatch {
  static constexpr std::int32_t kNoRow = -1;

  // One entry per transfer:
  std::vector<Verdict> verdict{};
  std::vector<MatchBasis> basis{};
  std::vector<std::int32_t> ingest_of{};  ///< row in the ingest table, or kNoRow
  std::vector<std::int32_t> rule_of{};    ///< the rule in MatchOptions::ignore, of what is ignored; or kNoRow

  // One entry per ingest:
  std::vector<std::int32_t> transfer_of{};  ///< row in the transfer table, or kNoRow
  std::vector<Verdict> dataset_verdict{};   ///< of a dataset without a file in storage

  std::vector<AbsentFile> absent{};  ///< in the order of the expected files

  /// When the first verdict changes with the time alone: a grace ends, a partial file becomes an orphan.
  /// Absent: never.
  std::optional<UtcTime> holds_until{};
};

/// What of `target`, an absolute path, comes after one of `folders`: "2020-05-01/a.fits" of
/// "/data/storage/2020-05-01/a.fits" under "/data/storage". Empty where it lies under none. Lexical.
std::string_view PathBelow(std::string_view target, const std::vector<std::string>& folders);

/// Whether a file of this name is a FITS file: .fits, .fits.fz or .fits.gz, in any case.
bool IsFitsName(std::string_view path);

/// Decides all verdicts as of `as_of`.
///
/// A dataset is matched by the surest that holds. What each of a Butler's modes of transfer leaves to go by:
///
///     direct, split                    file id; else the path that the registry names
///     in place, hardlink               file id
///     symlink, relsymlink              file id; else the path that the link names
///     link, auto                       as hardlink or symlink
///     copy, move                       name: obs_id and detector, and the size at ingest
///     an object store (s3, …)          key: below the night's folder the same path, and the size at ingest
///     member of a zip file             name: obs_id and detector, or the member's name, and its size
///
/// Where the checksums of both are known, those of a copy have to agree as its sizes do, and it is then as
/// sure as can be. (They are where Stream::compare_checksums asks for it: to read a night's files takes
/// hours.) A file whose obs_id and detector are a dataset's, but whose size or checksum is not the one at
/// ingest, is matched where no other file fits better: it has changed since. (A registry that did not record
/// the size matches no such file.)
///
/// A file whose name has numbers for exposure and detector ("3018092000065-R22-S11-det094.fits") and that no
/// dataset knows by that name is the one whose numbers they are.
///
/// Several names of one file in storage are all ingested when one is, and one file may be several datasets
/// (of several runs or datastores). `ingests` may hold rows of neighbouring nights as well: a file may lie in
/// the folder of one night and be ingested under another. Files in another place than storage are matched by
/// file id alone: who delivers a file again means another one.
///
/// An expected file has arrived when a file of its name is in storage, whole or in flight, or when the
/// registry knows a dataset by its name.
NightMatch MatchNight(const TransferTable& transfers, const IngestTable& ingests,
                      const ExpectedTable& expected, UtcTime as_of, const MatchOptions& options = {});
/// Where nothing is expected.
NightMatch MatchNight(const TransferTable& transfers, const IngestTable& ingests, UtcTime as_of,
                      const MatchOptions& options = {});

}  // namespace obsmon

#endif  // OBSMON_MATCH_H_
