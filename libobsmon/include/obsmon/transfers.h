// TRANSFERS: what has arrived, and what is arriving, in `storage/<night>/…`.
//
//     storage/2020-05-01/…      or     storage/20200501/…
//                 both names stand for one night, and may both exist
//                 └ AT_O_20200501_000012.fits                        arrived
//                 └ .AT_O_20200501_000013.fits.x7Kq2b                in flight: rsync's temporary name
//                 └ MC_C_20200501_000012/MC_C_…_R22_S00.fits         arrived, at any depth
//                 └ MC_C_20200501_000013/.~tmp~/MC_C_…_R22_S00.fits  in flight: rsync --delay-updates
//                 └ MC_C_20200501_000013/.rsync-partial/…            in flight: rsync --partial-dir
//                 └ b.fits, of 1970-01-01 00:00:00                   in flight: rsync --partial was cut off
//                 └ .snapshot/…                                      hidden: counted, not listed, not entered
//
// Threads: ScanTransfers starts threads of its own and joins them before it returns; its answer is the same
// for any number of them. Several scans may run at once.
#ifndef OBSMON_TRANSFERS_H_
#define OBSMON_TRANSFERS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/columns.h"
#include "obsmon/files.h"
#include "obsmon/night.h"

namespace obsmon {

/// How far the transfer of a file has come, as its name and its mtime tell.
enum class TransferState : std::uint8_t {
  kArrived,   ///< it bears its final name
  kInFlight,  ///< rsync is still writing it, or was cut off while it did
};

/// Which of a stream's folders a file lies in.
enum class TransferPlace : std::uint8_t {
  kStorage,
  kPending,  ///< the folder of files that wait to be ingested
  kBad,      ///< the folder into which files are moved that could not be ingested
};

/// One file in storage.
struct TransferRow {
  /// From the storage folder on: "2020-05-01/sub/name.fits"; in another place absolute. Any byte but NUL.
  std::string_view path{};
  std::int64_t size_bytes = 0;  ///< of the file itself, links followed
  UtcTime creation_time{};      ///< mtime: with rsync -a or -t, when the camera's side wrote the file
  /// ctime: the end of the transfer, until a chmod or a new hard link moves it. In a report with a history,
  /// the first that was seen of this very file.
  UtcTime arrival_time{};
  FileId file_id{};  ///< of the file itself, links followed
  TransferState state = TransferState::kArrived;
  TransferPlace place = TransferPlace::kStorage;
  Checksum checksum = kNoChecksum;  ///< of the file itself, where somebody has read it; a scan does not

  friend bool operator==(const TransferRow&, const TransferRow&) = default;
};

/// The files of one night, as columns.
class TransferTable {
 public:
  /// Adds a row; `row.path` is copied.
  void Append(const TransferRow& row);
  /// Adds all rows of another table. REQUIRES: &rows != this.
  void Append(const TransferTable& rows);
  void Reserve(std::size_t rows, std::size_t path_bytes);
  /// REQUIRES: row < size(). For what knows better than the file's ctime when it arrived.
  void SetArrivalTime(std::size_t row, UtcTime time) { arrival_time_[row] = time; }
  /// REQUIRES: row < size(). For a file that turns out to be another than was believed.
  void SetContents(std::size_t row, std::int64_t size_bytes, UtcTime creation_time, UtcTime arrival_time,
                   TransferState state) {
    size_bytes_[row] = size_bytes;
    creation_time_[row] = creation_time;
    arrival_time_[row] = arrival_time;
    state_[row] = state;
    checksum_[row] = kNoChecksum;
  }
  /// REQUIRES: row < size(). For what reads files; see Stream::compare_checksums.
  void SetChecksum(std::size_t row, Checksum checksum) { checksum_[row] = checksum; }

  std::size_t size() const { return size_bytes_.size(); }
  bool empty() const { return size_bytes_.empty(); }
  /// REQUIRES: row < size(). The row's path is a view, valid until the next Append.
  TransferRow operator[](std::size_t row) const;
  RowIterator<TransferTable> begin() const { return {this, 0}; }
  RowIterator<TransferTable> end() const { return {this, size()}; }

  const StringColumn& path() const { return path_; }
  std::span<const std::int64_t> size_bytes() const { return size_bytes_; }
  std::span<const UtcTime> creation_time() const { return creation_time_; }
  std::span<const UtcTime> arrival_time() const { return arrival_time_; }
  std::span<const FileId> file_id() const { return file_id_; }
  std::span<const TransferState> state() const { return state_; }
  std::span<const TransferPlace> place() const { return place_; }
  std::span<const Checksum> checksum() const { return checksum_; }

 private:
  StringColumn path_;
  std::vector<std::int64_t> size_bytes_;
  std::vector<UtcTime> creation_time_;
  std::vector<UtcTime> arrival_time_;
  std::vector<FileId> file_id_;
  std::vector<TransferState> state_;
  std::vector<TransferPlace> place_;
  std::vector<Checksum> checksum_;
};

/// What a scan found of one night.
struct TransferScan {
  TransferTable files{};            ///< sorted by folder, then by name, both bytewise
  std::vector<ScanIssue> issues{};  ///< what could not be read, sorted by path; the rest was
  /// Every folder that was looked into or found absent, and those that links to files lead into, sorted by
  /// path.
  std::vector<FolderStamp> folders{};
  std::int64_t num_hidden = 0;  ///< entries with a leading dot that are no transfer
};

/// Whether a folder is as it was: whether names in it may stand for other files than they did.
enum class FolderChange : std::uint8_t { kNone, kChanged };

/// Files that an earlier scan found, and that are not asked again: where a disk is far away, each question
/// takes its time. This one knows none. Several threads may call it at once.
///
/// A file that is written to where it lies, long after it arrived, keeps its name and its inode, and this is
/// not noticed. (rsync writes another file and renames it.)
class KnownTransfers {
 public:
  virtual ~KnownTransfers() = default;
  /// How the folder `path` (absolute) was when its files were found; absent where it is not known, or was
  /// looked into so soon after a change that another may not show (IsRacy).
  virtual std::optional<FolderStamp> FindFolder(std::string_view /*path*/) const { return std::nullopt; }
  /// The regular file `path` (from storage on) as it was found, where it is still `file_id`, and its bytes
  /// were surely whole by then; else absent.
  ///
  /// In a folder that has changed the same inode may be another file: that of a file that is removed goes to
  /// the next that is made, which is the same file sent again, and maybe cut off. So of such a folder a file
  /// is found only where it was ingested: the dataset that is the same file is then what counts.
  virtual std::optional<TransferRow> Find(std::string_view /*path*/, const FileId& /*file_id*/,
                                          FolderChange /*of_its_folder*/) const {
    return std::nullopt;
  }
  /// All files that were found in the folder `path` (from storage on), by name, where Find would find each of
  /// them in a folder that is as it was; else absent. The rows' paths are views that last as long as this.
  virtual std::optional<std::vector<TransferRow>> FilesOf(std::string_view /*path*/) const {
    return std::nullopt;
  }
};

/// How storage is read.
struct ScanOptions {
  /// Names of folders in which rsync keeps what is not whole yet (--partial-dir, --delay-updates).
  std::vector<std::string> partial_folders = {".rsync-partial", ".~tmp~"};
  const KnownTransfers* known = nullptr;  ///< not owned; null: all files are asked
  WorkControl control{};
};

/// Whether `name`, the last component of a path, is a temporary name of rsync: ".NAME.XXXXXX", X a letter or
/// digit.
bool IsRsyncTemporaryName(std::string_view name);

/// Lists the files of `night` under `storage`, at any depth.
///
/// A night that has no folder is an empty table. Links to files are followed, and so are links to folders,
/// but never into a folder that is being walked already, nor out of storage: those become issues, as what
/// can't be read does. Errors: kNotFound
/// where `storage` does not exist, kFailedPrecondition where it is no folder, kPermissionDenied where it
/// can't be entered; kCancelled.
absl::StatusOr<TransferScan> ScanTransfers(const std::filesystem::path& storage, Night night,
                                           const ScanOptions& options = {});

}  // namespace obsmon

#endif  // OBSMON_TRANSFERS_H_
