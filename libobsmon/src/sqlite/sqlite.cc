#include "sqlite/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "sqlite/backoff.h"
#include "status_macros.h"

namespace obsmon::sqlite {
namespace {

absl::StatusCode CodeOf(int result, int system_errno) {
  if (result == SQLITE_READONLY_ROLLBACK) return absl::StatusCode::kAborted;
  if (result == SQLITE_IOERR_SHORT_READ) return absl::StatusCode::kDataLoss;  // cut off in mid-page
  switch (result & 0xFF) {  // extended codes keep the plain one in their low byte
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return absl::StatusCode::kPermissionDenied;
    case SQLITE_CANTOPEN:
      if (system_errno == EACCES || system_errno == EPERM) return absl::StatusCode::kPermissionDenied;
      // Whatever else keeps it from opening (too many open files) says nothing of its absence.
      return system_errno == EMFILE || system_errno == ENFILE || system_errno == EIO
                 ? absl::StatusCode::kInternal
                 : absl::StatusCode::kNotFound;
    case SQLITE_IOERR:
      return system_errno == ENOSPC || system_errno == EDQUOT ? absl::StatusCode::kResourceExhausted
                                                              : absl::StatusCode::kInternal;
    case SQLITE_INTERRUPT:
      return absl::StatusCode::kCancelled;
    case SQLITE_ERROR:  // "no such table", "no such column", a syntax error
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status StatusOf(sqlite3* connection, int result) {
  const char* file = sqlite3_db_filename(connection, "main");
  const std::string message = fmt::format("{}: {}", file == nullptr ? "" : file, sqlite3_errmsg(connection));
  return {
      CodeOf(sqlite3_extended_errcode(connection) == result ? result : sqlite3_extended_errcode(connection),
             sqlite3_system_errno(connection)),
      message};
}

// An empty view may point nowhere, which SQLite would take for NULL.
const char* DataOf(std::string_view text) { return text.data() == nullptr ? "" : text.data(); }

}  // namespace

std::string_view LibraryVersion() { return sqlite3_libversion(); }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

// A failed bind leaves NULL in place of the value, which no schema of ours takes: the next Step then fails.
Statement& Statement::Bind(int position, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), position, value);
  return *this;
}

Statement& Statement::Bind(int position, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), position, DataOf(text), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindNull(int position) {
  sqlite3_bind_null(statement_.get(), position);
  return *this;
}

Statement& Statement::BindBlob(int position, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), position, DataOf(bytes), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::BindNoCopy(int position, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), position, DataOf(text), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindBlobNoCopy(int position, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), position, DataOf(bytes), bytes.size(), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return StatusOf(sqlite3_db_handle(statement_.get()), result);
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

absl::Status Statement::Run() {
  const absl::StatusOr<bool> row = Step();
  Reset();
  return row.status();
}

std::vector<std::string> Statement::ColumnNames() const {
  std::vector<std::string> names;
  const int num_columns = sqlite3_column_count(statement_.get());
  names.reserve(static_cast<std::size_t>(num_columns));
  for (int column = 0; column < num_columns; ++column) {
    names.emplace_back(sqlite3_column_name(statement_.get(), column));
  }
  return names;
}

bool Statement::IsReadOnly() const { return sqlite3_stmt_readonly(statement_.get()) != 0; }

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::optional<std::int64_t> Statement::WholeNumber(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Int(column);
    case SQLITE_TEXT: {
      const std::string_view text = Text(column);
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc{} && end == text.data() + text.size()) return value;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::string_view Statement::Text(int column) const {
  const bool is_blob = sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB;
  const void* bytes =
      is_blob ? sqlite3_column_blob(statement_.get(), column) : sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

// SQLite's own busy timeout would not hear of a request to stop.
struct Connection::LockWait {
  std::chrono::milliseconds busy_timeout;
  std::stop_token stop;
  std::chrono::milliseconds limit{0};
  Backoff backoff{std::stop_token()};

  // A busy handler: `times` it was called for this lock before. 0: no more.
  static int WaitOn(void* wait, int times) {
    constexpr std::chrono::milliseconds kAfterStop{1'000};
    auto& self = *static_cast<LockWait*>(wait);
    if (times == 0) {
      const bool is_stopped = self.stop.stop_requested();
      self.limit = is_stopped ? std::min(self.busy_timeout, kAfterStop) : self.busy_timeout;
      self.backoff = Backoff(is_stopped ? std::stop_token() : self.stop);
    }
    return self.backoff.Wait(self.limit) ? 1 : 0;
  }
};

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Connection::Connection(std::unique_ptr<sqlite3, Close> connection, std::string file)
    : connection_(std::move(connection)), file_(std::move(file)) {}

absl::StatusOr<Connection> Connection::Open(const std::string& file, OpenMode mode,
                                            std::chrono::milliseconds busy_timeout,
                                            const std::stop_token& stop) {
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (mode == OpenMode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const char* const vfs = mode == OpenMode::kReadWriteUnlocked ? "unix-none" : nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &handle, flags, vfs);
  std::unique_ptr<sqlite3, Close> connection(
      handle);  // owned before the result is looked at: a failed open has one too
  if (result != SQLITE_OK) {
    if (handle == nullptr) return absl::ResourceExhaustedError(fmt::format("{}: out of memory", file));
    return absl::Status(CodeOf(result, sqlite3_system_errno(handle)),
                        fmt::format("{}: {}", file, sqlite3_errmsg(handle)));
  }
  Connection opened(std::move(connection), file);
  if (busy_timeout > std::chrono::milliseconds{0}) {
    opened.lock_wait_ = std::make_unique<LockWait>(LockWait{.busy_timeout = busy_timeout, .stop = stop});
    sqlite3_busy_handler(handle, LockWait::WaitOn, opened.lock_wait_.get());
  }
  return opened;
}

absl::StatusOr<Statement> Connection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  const int result =
      sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, &rest);
  if (result != SQLITE_OK) return StatusOf(connection_.get(), result);
  Statement prepared(statement);
  const std::string_view tail = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  if (statement == nullptr || tail.find_first_not_of("; \t\r\n") != std::string_view::npos) {
    return absl::FailedPreconditionError(fmt::format("{}: that is not one statement", file_));
  }
  return prepared;
}

absl::StatusOr<BorrowedStatement> Connection::Prepared(std::string_view sql) {
  auto kept = prepared_.find(sql);
  if (kept == prepared_.end()) {
    OBSMON_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
    kept = prepared_.emplace(sql, std::move(statement)).first;
  }
  return BorrowedStatement(&kept->second);
}

absl::Status Connection::Execute(std::string_view sql) {
  const int result = sqlite3_exec(connection_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return StatusOf(connection_.get(), result);
  return absl::OkStatus();
}

void Connection::StopBy(const std::stop_token& stop) {
  constexpr int kInstructions = 10'000;  // of SQLite's machine, between two questions: some 0.1 ms
  stop_ = std::make_unique<std::stop_token>(stop);
  const auto is_requested = [](void* token) {
    return static_cast<const std::stop_token*>(token)->stop_requested() ? 1 : 0;
  };
  sqlite3_progress_handler(connection_.get(), kInstructions, is_requested, stop_.get());
}

absl::StatusOr<std::int64_t> Connection::FileSize() {
  sqlite3_file* file = nullptr;
  sqlite3_int64 size = 0;
  int result = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (result == SQLITE_OK) result = file->pMethods->xFileSize(file, &size);
  if (result != SQLITE_OK) return absl::InternalError(fmt::format("{}: {}", file_, sqlite3_errstr(result)));
  return size;
}

absl::StatusOr<std::string> Connection::ReadFile(std::int64_t offset, std::int64_t size) {
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t file_size, FileSize());
  std::string bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(file_size - offset, 0, size)), '\0');
  if (bytes.empty()) return bytes;
  sqlite3_file* file = nullptr;
  int result = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (result == SQLITE_OK) {
    result = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), offset);
  }
  if (result != SQLITE_OK) {
    return absl::Status(CodeOf(result, 0), fmt::format("{}: {}", file_, sqlite3_errstr(result)));
  }
  return bytes;
}

absl::StatusOr<bool> Connection::HasWriter() {
  sqlite3_file* file = nullptr;
  int has_writer = 0;
  int result = sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (result == SQLITE_OK) result = file->pMethods->xCheckReservedLock(file, &has_writer);
  if (result != SQLITE_OK) return absl::InternalError(fmt::format("{}: {}", file_, sqlite3_errstr(result)));
  return has_writer != 0;
}

bool Connection::InTransaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

}  // namespace obsmon::sqlite
