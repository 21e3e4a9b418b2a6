// The sqlite3 C API as values that clean up after themselves. This folder is the only place that includes
// sqlite3.h.
//
// Threads: one thread at a time for a Connection and all its Statements.
#ifndef OBSMON_SRC_SQLITE_SQLITE_H_
#define OBSMON_SRC_SQLITE_SQLITE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace obsmon::sqlite {

/// Version of the SQLite in use, such as "3.40.1".
std::string_view LibraryVersion();

/// Columns of what PRAGMA table_info answers.
inline constexpr int kNameInTableInfo = 1;
inline constexpr int kTypeInTableInfo = 2;

/// A prepared statement. Values are bound by position, never pasted into the SQL text.
class Statement {
 public:
  // Binding: positions count from 1. Texts are copied unless the name says otherwise.
  Statement& Bind(int position, std::int64_t value);
  Statement& Bind(int position, std::string_view text);
  Statement& BindNull(int position);
  Statement& BindBlob(int position, std::string_view bytes);
  /// `text` must stay as it is until the next Reset.
  Statement& BindNoCopy(int position, std::string_view text);
  Statement& BindBlobNoCopy(int position, std::string_view bytes);

  /// Goes to the next row: true where there is one, false at the end.
  absl::StatusOr<bool> Step();
  /// Makes it ready to run again; bindings stay.
  void Reset();
  /// Runs a statement that gives no rows, and makes it ready to run again.
  absl::Status Run();

  /// Of the answer, from the left; none where it gives no rows.
  std::vector<std::string> ColumnNames() const;
  /// Whether it can change nothing in the database.
  bool IsReadOnly() const;

  // The current row: columns count from 0. Views live until the next Step or Reset.
  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  /// The value where it is a whole number, or text that writes one ("0042"); else absent. SQLite keeps
  /// whatever a writer gave, whichever type the column was declared with.
  std::optional<std::int64_t> WholeNumber(int column) const;
  /// Text in UTF-8 whatever the database's encoding; a blob byte for byte; a number as text; empty for NULL.
  std::string_view Text(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Makes a statement ready to run again: one that stands on a row holds a lock.
struct ResetStatement {
  void operator()(Statement* statement) const { statement->Reset(); }
};

/// A statement that its connection keeps, for the time of one use.
using BorrowedStatement = std::unique_ptr<Statement, ResetStatement>;

enum class OpenMode : std::uint8_t {
  /// Changes nothing in the database file. SQLite may still make side files (-shm, -wal) for a database in
  /// WAL
  /// mode: one that belongs to somebody else is read as foreign_database.h says.
  kReadOnly,
  kReadWrite,  ///< makes it where there is none
  /// As kReadWrite, for a file system without locks: others are to be kept out by other means.
  kReadWriteUnlocked,
};

/// A connection to one database file.
///
/// Statuses: kNotFound/kPermissionDenied (can't open), kDataLoss (damaged or no database), kUnavailable (busy
/// or locked), kAborted (a writer died in mid-transaction, and a connection that only reads can't roll it
/// back), kResourceExhausted (disk full), kFailedPrecondition (no such table or column), kCancelled (StopBy),
/// else kInternal. The message is "<file>: <what SQLite says>".
class Connection {
 public:
  /// Waits for `busy_timeout` where others keep the database locked; once `stop` is requested no longer, but
  /// for a second where a wait begins after that: what is done is still to be kept.
  static absl::StatusOr<Connection> Open(const std::string& file, OpenMode mode,
                                         std::chrono::milliseconds busy_timeout,
                                         const std::stop_token& stop = {});

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// One statement; kFailedPrecondition where another one follows.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  /// The same, prepared once and kept; one use at a time. Values that it was given last are still bound.
  absl::StatusOr<BorrowedStatement> Prepared(std::string_view sql);
  /// Runs statements that give no rows and take no values.
  absl::Status Execute(std::string_view sql);
  /// From now on a statement that runs, however long it takes to its next row, ends soon after a request to
  /// stop: kCancelled.
  void StopBy(const std::stop_token& stop);
  bool InTransaction() const;

  /// The size of the database file, and up to `size` bytes of it from `offset` on, fewer only at its end: as
  /// they are, outside of any transaction and without a lock.
  ///
  /// There because of a trap of POSIX: a process that opens the file once more and closes it drops all its
  /// locks on it, those of other connections among them. These go through SQLite's own descriptor.
  absl::StatusOr<std::int64_t> FileSize();
  absl::StatusOr<std::string> ReadFile(std::int64_t offset, std::int64_t size);
  /// Whether somebody is about to write the database, or does.
  absl::StatusOr<bool> HasWriter();
  const std::string& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct LockWait;
  Connection(std::unique_ptr<sqlite3, Close> connection, std::string file);
  // Both at a place that SQLite knows; gone after the connection.
  std::unique_ptr<std::stop_token> stop_;
  std::unique_ptr<LockWait> lock_wait_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::map<std::string, Statement, std::less<>> prepared_;  // gone before the connection
  std::string file_;
};

}  // namespace obsmon::sqlite

#endif  // OBSMON_SRC_SQLITE_SQLITE_H_
