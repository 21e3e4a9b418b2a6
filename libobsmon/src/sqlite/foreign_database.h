// A database that belongs to somebody else, who may be writing it: read at a committed state, and never
// touched.
//
// With a rollback journal, be it idle or with a writer at work, it is read in place: SQLite locks it, and
// makes no side file. In other states SQLite, told to read only, gives up or leaves traces, and so it reads a
// private copy in a folder of our own, where it may do as it must:
//
// - A journal left by a writer that died ("hot"): a reader can't roll it back.
// - WAL, be its writer alive or not, and a -wal beside a file that is no WAL database: SQLite makes or
//   changes -shm and -wal files.
//
// An empty file is never handed to SQLite: it deletes a -wal beside it.
//
// A copy counts only when what was copied, read a second time, is the same byte for byte: then there was an
// instant, between the two readings, at which all of it looked like the copy, as after a crash at that
// instant; and SQLite recovers the last committed state from that. File times could not promise this: two
// writes within one tick of the clock leave the same time.
#ifndef OBSMON_SRC_SQLITE_FOREIGN_DATABASE_H_
#define OBSMON_SRC_SQLITE_FOREIGN_DATABASE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "sqlite/sqlite.h"

namespace obsmon::sqlite {

/// A folder of our own, readable to no one else, gone with its owner.
class PrivateFolder {
 public:
  /// Makes one in `parent`.
  static absl::StatusOr<PrivateFolder> Make(const std::filesystem::path& parent);
  ~PrivateFolder();
  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// What the first bytes of a database file tell.
struct FileHeader {
  bool is_wal = false;
  std::int64_t page_bytes = 0;
  /// Counts the transactions of a database with a rollback journal (bytes 24 to 27; sqlite.org/fileformat).
  std::uint32_t change_counter = 0;
};

/// The header of `connection`'s file, read without a lock; all zero where it is no database.
absl::StatusOr<FileHeader> ReadHeader(Connection& connection);

/// `status` without the "<file>: " that Connection puts in front of its message.
absl::Status WithoutPath(const absl::Status& status, const std::string& file);

/// One read transaction on a foreign database.
class ForeignDatabase {
 public:
  /// Opens `file`, following links, and begins the transaction. Waits for nobody; where a copy is needed it
  /// is made in `copies_folder`, as long as `stop` allows.
  ///
  /// Statuses as Connection's, but the message is one clause without the path, for that may be a copy's;
  /// kUnavailable also where it changed while it was copied, kFailedPrecondition where it is empty, no
  /// regular file, or `copies_folder` lies beside or below it, kResourceExhausted where it can't be copied,
  /// kCancelled soon after a request to stop while it is copied, and of its statements later.
  static absl::StatusOr<ForeignDatabase> Open(const std::filesystem::path& file,
                                              const std::filesystem::path& copies_folder,
                                              const std::stop_token& stop);

  /// Ends the transaction and begins another, on what was committed since, so that a writer who waits can go
  /// on; statements are kept, but none may be running. Of a copy nobody waits for, nothing is done.
  /// kUnavailable where the writer is at work now: the transaction has ended, and Renew may be called again.
  /// kAborted where that writer died.
  absl::Status Renew();

  Connection& connection() { return connection_; }
  /// The connection, in its transaction, and the folder of the copy that it reads, which must outlive it.
  std::pair<std::optional<PrivateFolder>, Connection> Take() && {
    return {std::move(copy_), std::move(connection_)};
  }
  /// Whether it is read from a copy.
  bool is_copy() const { return copy_.has_value(); }

 private:
  static absl::StatusOr<ForeignDatabase> OpenResolved(const std::string& file,
                                                      const std::filesystem::path& copies_folder,
                                                      const std::stop_token& stop);
  ForeignDatabase(std::optional<PrivateFolder> copy, Connection connection)
      : copy_(std::move(copy)), connection_(std::move(connection)) {}

  std::optional<PrivateFolder> copy_;  // before the connection, which is closed first
  Connection connection_;
};

/// A text that differs after every commit to `file`: device, inode, size, mtime and change counter, and, for
/// a database in WAL mode, a hash of its -wal file. Empty where nothing can be promised: there is no such
/// file, a writer is at work (a -journal is there), it changes right now, or its -wal is larger than 64 MiB.
std::string ChangeTokenOf(const std::filesystem::path& file);

}  // namespace obsmon::sqlite

#endif  // OBSMON_SRC_SQLITE_FOREIGN_DATABASE_H_
