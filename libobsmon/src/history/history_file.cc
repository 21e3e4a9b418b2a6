#include "history/history_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "files/system_error.h"
#include "history/takeover.h"
#include "obsmon/history.h"
#include "status_macros.h"

namespace obsmon {
namespace {

using std::filesystem::path;

constexpr int kCacheKibibytes = 32 * 1024;
constexpr const char* kCopiesFolder = "/tmp";
constexpr std::int64_t kDatabaseHeaderBytes = 100;

absl::Status CheckOutputFolder(const path& output_dir) {
  struct stat found {};
  if (stat(output_dir.c_str(), &found) != 0) {
    return SystemError(errno, output_dir.native(), "make this output folder, or name another");
  }
  if (S_ISDIR(found.st_mode)) return absl::OkStatus();
  return absl::NotFoundError(
      fmt::format("{}: this is no folder; name an output folder", output_dir.string()));
}

// A run needs more than the file: SQLite keeps its rollback journal beside it.
absl::Status CheckWritable(const path& output_dir, const path& file) {
  for (const path& needed : {output_dir, file}) {
    if (faccessat(AT_FDCWD, needed.c_str(), W_OK, AT_EACCESS) == 0) continue;
    return SystemError(errno, needed.native(), "let this user write it, or name another output folder");
  }
  return absl::OkStatus();
}

/// The size of the file; absent where there is none. SQLite itself takes a file of one byte for an empty one,
/// and would overwrite it.
absl::StatusOr<std::optional<std::int64_t>> SizeOf(const path& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) {
    if (errno == ENOENT) return std::optional<std::int64_t>();
    return SystemError(errno, file.native(), "let this user read the folder");
  }
  if (!S_ISREG(found.st_mode)) {  // opening a pipe would wait for its writer
    return absl::FailedPreconditionError(
        fmt::format("{}: it is no regular file; move it away, or name another output folder", file.string()));
  }
  if (found.st_size > 0 && found.st_size < kDatabaseHeaderBytes) {
    return Explain(absl::DataLossError(fmt::format("{}: file is not a database", file.string())));
  }
  return std::optional<std::int64_t>(found.st_size);
}

// SQLite would make the file readable for the group at most, whatever the umask allows. Only a file that
// was not there is ever opened here: closing a database's file behind SQLite's back drops SQLite's locks on
// it.
absl::Status MakeFile(const path& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd >= 0) {
    close(fd);
    return absl::OkStatus();
  }
  if (errno == EEXIST) return absl::OkStatus();  // another run was first
  return SystemError(errno, file.native(), "let this user write the output folder, or name another");
}

// DELETE, never WAL: a write-ahead log needs memory that all readers share, which NFS and GPFS do not have.
// FULL: a computer that stops in the middle of a run must not leave half of it.
// The cache holds what most runs write, so that readers are shut out at the commit alone; what a first look
// at a night of 410,000 files writes does not fit, and memory is not to grow with it.
// What SQLite keeps by the way stays in memory: it is little, and it would lie in /var/tmp, while a run
// writes nowhere but in its output folder.
absl::Status SetUp(sqlite::Connection& database) {
  return database.Execute(
      fmt::format("PRAGMA page_size = {}; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA "
                  "cache_size = {}; PRAGMA temp_store = MEMORY",
                  kPageBytes, -kCacheKibibytes));
}

absl::Status MakeHistory(sqlite::Connection& database) {
  OBSMON_RETURN_IF_ERROR(MakeTables(database));
  OBSMON_RETURN_IF_ERROR(MakeViews(database));
  return MarkAsHistory(database);
}

/// Makes a history of what is there, within the caller's transaction.
absl::StatusOr<Contents> BringUpToDate(sqlite::Connection& database) {
  // Asked again, under the lock: another run may have been first.
  OBSMON_ASSIGN_OR_RETURN(const Contents contents, Identify(database));
  if (contents == Contents::kPrototype) OBSMON_RETURN_IF_ERROR(TakeOver(database));
  if (contents == Contents::kNothing) OBSMON_RETURN_IF_ERROR(MakeHistory(database));
  if (contents == Contents::kVersion1 || contents == Contents::kOlder || contents == Contents::kVersion6) {
    OBSMON_RETURN_IF_ERROR(Migrate(database));
  }
  return contents == Contents::kNewer || contents == Contents::kForeign ? contents : Contents::kHistory;
}

/// Brings the database to this version's tables where it is ours to do so; says whose it is then.
absl::StatusOr<Contents> Prepare(sqlite::Connection& database) {
  // Before anything else, so that what is not a history is left byte for byte.
  OBSMON_ASSIGN_OR_RETURN(const Contents before, Identify(database));
  if (before == Contents::kForeign || before == Contents::kNewer) return before;
  OBSMON_RETURN_IF_ERROR(SetUp(database));
  if (before == Contents::kHistory) return before;
  OBSMON_RETURN_IF_ERROR(database.Execute("BEGIN IMMEDIATE"));
  OBSMON_ASSIGN_OR_RETURN(const Contents after, BringUpToDate(database));  // an error ends the connection
  OBSMON_RETURN_IF_ERROR(database.Execute("COMMIT"));
  return after;
}

/// The file as opened, unless it is not ours to open.
absl::StatusOr<HistoryFile> Accept(sqlite::Connection database, const absl::StatusOr<Contents>& contents,
                                   bool writable) {
  if (!contents.ok()) return Explain(contents.status());
  const std::string& file = database.file();
  switch (*contents) {
    case Contents::kHistory:
    case Contents::kVersion1:  // only where it is opened for reading, as the next
    case Contents::kOlder:
    case Contents::kVersion6:
    case Contents::kPrototype:
      return HistoryFile{.database = std::move(database), .contents = *contents, .writable = writable};
    case Contents::kNothing:
      return absl::NotFoundError(fmt::format("{}: there is no history yet; run `obsmon update` first", file));
    case Contents::kNewer:
      return absl::FailedPreconditionError(fmt::format(
          "{}: a newer obsmon wrote this history, and it was left as it is; update obsmon, or name "
          "another output folder",
          file));
    case Contents::kForeign:
      break;
  }
  return absl::FailedPreconditionError(
      fmt::format("{}: this database is neither obsmon's nor the prototype's, and was left as it is; move it "
                  "away, or name another output folder",
                  file));
}

std::string_view WhatToDo(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return "another program keeps it locked: try again when that is done";
    case absl::StatusCode::kDataLoss:
      return "it was left as it is: restore it from a backup, or move it away and let the next update make a "
             "new one";
    case absl::StatusCode::kResourceExhausted:
      return "free some space there and run again; nothing of this run was kept";
    case absl::StatusCode::kPermissionDenied:
      return "give this user the right to the file and its folder; where a run was cut off, the next update "
             "mends it";
    case absl::StatusCode::kNotFound:
      return "it vanished while it was in use: run again";
    default:
      return "nothing of this run was kept: see whether the disk is well and no quota is used up, and run "
             "again";
  }
}

}  // namespace

absl::Status Explain(const absl::Status& status) {
  if (status.ok()) return status;
  // "No such table" in what says that it is a history.
  const absl::StatusCode code =
      status.code() == absl::StatusCode::kFailedPrecondition ? absl::StatusCode::kDataLoss : status.code();
  return {code, fmt::format("{}; {}", std::string(status.message()), WhatToDo(code))};
}

absl::StatusOr<HistoryFile> OpenHistoryFile(const path& output_dir, std::chrono::milliseconds busy_timeout,
                                            sqlite::OpenMode mode, const std::stop_token& stop) {
  const path file = output_dir / kHistoryFileName;
  OBSMON_RETURN_IF_ERROR(CheckOutputFolder(output_dir));
  OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> size, SizeOf(file));
  if (!size) OBSMON_RETURN_IF_ERROR(MakeFile(file));
  OBSMON_RETURN_IF_ERROR(CheckWritable(output_dir, file));
  absl::StatusOr<sqlite::Connection> database =
      sqlite::Connection::Open(file.string(), mode, busy_timeout, stop);
  if (!database.ok()) return Explain(database.status());
  const absl::StatusOr<Contents> contents = Prepare(*database);
  return Accept(*std::move(database), contents, /*writable=*/true);
}

// After a run that was killed in its commit SQLite would have to write, to take back the half of it.
absl::StatusOr<HistoryFile> OpenCopyOf(const path& file, const std::stop_token& stop) {
  absl::StatusOr<sqlite::ForeignDatabase> database = sqlite::ForeignDatabase::Open(file, kCopiesFolder, stop);
  if (!database.ok()) {
    return Explain({database.status().code(),
                    fmt::format("{}: {}", file.string(), std::string(database.status().message()))});
  }
  auto [folder, connection] = (*std::move(database)).Take();
  const absl::StatusOr<Contents> contents = Identify(connection);
  OBSMON_ASSIGN_OR_RETURN(HistoryFile history, Accept(std::move(connection), contents, /*writable=*/false));
  history.copy = std::move(folder);
  return history;
}

absl::StatusOr<HistoryFile> OpenHistoryFileReadOnly(const path& output_dir,
                                                    std::chrono::milliseconds busy_timeout,
                                                    const std::stop_token& stop) {
  const path file = output_dir / kHistoryFileName;
  OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> size, SizeOf(file));
  if (!size) {
    return absl::NotFoundError(
        fmt::format("{}: there is no history yet; run `obsmon update` first", file.string()));
  }
  absl::StatusOr<sqlite::Connection> database =
      sqlite::Connection::Open(file.string(), sqlite::OpenMode::kReadOnly, busy_timeout, stop);
  if (!database.ok()) return Explain(database.status());
  const absl::StatusOr<Contents> contents = Identify(*database);
  std::error_code ignored;
  if (!contents.ok() && std::filesystem::exists(file.string() + "-journal", ignored)) {
    return OpenCopyOf(file, stop);
  }
  return Accept(*std::move(database), contents, /*writable=*/false);
}

}  // namespace obsmon
