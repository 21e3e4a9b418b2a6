// The libpq C API as values that clean up after themselves. This folder is the only place that includes
// libpq-fe.h.
//
// Every wait has a limit, and ends at once when it is told to stop. Nothing is kept in a session between two
// transactions, so that a pooler (pgbouncer) may stand in between. No text that comes from here holds a
// password.
//
// Threads: one thread at a time for a Connection and its Rows.
#ifndef OBSMON_SRC_POSTGRES_POSTGRES_H_
#define OBSMON_SRC_POSTGRES_POSTGRES_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/night.h"

namespace obsmon::postgres {

/// Where a database is, and who asks. What is not given here or in the URI libpq takes from its own places:
/// the variables PG*, ~/.pgpass, a service file, a Kerberos ticket.
struct Login {
  std::string uri{};                      ///< see IsUri
  std::optional<std::string> user{};      ///< instead of the URI's
  std::optional<std::string> password{};  ///< instead of the URI's
};

/// How long to wait.
struct Limits {
  /// For the connection as a whole, of which each of several hosts has its share (or its URI's
  /// connect_timeout), and then for each sign of life of the server while it works. 0: for no lock, and a
  /// second for all else.
  std::chrono::milliseconds silence = std::chrono::seconds{10};
  std::stop_token stop{};
};

/// A value bound to a statement. The server infers its type from where it stands.
using Value = std::variant<std::int64_t, std::string_view>;

/// The types that columns are told apart by; their numbers are those of pg_type.
enum class ColumnType : std::uint32_t {
  kBool = 16,
  kDate = 1082,
  kTimestamp = 1114,
  kTimestampWithZone = 1184,
};

/// One column of a result.
struct Column {
  std::string name{};
  std::uint32_t type = 0;  ///< number in pg_type

  bool Is(ColumnType wanted) const { return type == static_cast<std::uint32_t>(wanted); }
  /// A type whose values are texts: text, varchar, char(n), name, a literal of no type, or, as far as can be
  /// told from here, a type of the database's own: mostly an enum.
  bool IsText() const;
  /// Made in this database, or by an extension: its number says no more of it.
  bool IsOfOwnType() const;
  bool IsTime() const {
    return Is(ColumnType::kTimestamp) || Is(ColumnType::kTimestampWithZone) || Is(ColumnType::kDate);
  }
};

/// The rows of a query as they come: only the current one is held.
class Rows {
 public:
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  /// Known from the start, also where no row follows.
  const std::vector<Column>& columns() const { return columns_; }

  /// Goes to the next row: true where there is one, false at the end. Errors: those of Connection.
  virtual absl::StatusOr<bool> Step() = 0;

  // The current row: columns count from 0. Views live until the next Step.
  bool IsNull(int column) const { return Cell(column).data() == nullptr; }
  /// Empty for NULL; without the blanks that fill up a char(n), which say nothing.
  std::string_view Text(int column) const;
  std::int64_t Int(int column) const;  ///< of int2, int4, int8, bool; 0 for NULL
  /// Of a date or timestamp, one without time zone taken for UTC; absent for NULL, infinity, and an instant
  /// that UtcTime can't hold.
  std::optional<UtcTime> Time(int column) const;

 protected:
  Rows() = default;
  std::string_view Cell(int column) const { return cells_[static_cast<std::size_t>(column)]; }

  std::vector<Column> columns_;
  std::vector<std::string_view> cells_;  ///< in the server's binary form; null data for NULL
};

/// kInvalidArgument, with a sentence that begins with ForPeople(uri), where libpq can't take `uri` apart. A
/// build, or a machine, without libpq takes all. REQUIRES: IsUri(uri).
absl::Status CheckForm(std::string_view uri);

/// A connection to one database.
///
/// Statuses, by whose fault it is: kUnavailable where the server or its login failed us (down, slow, no such
/// user or database, too many connections, in recovery, a lock that is held), for nothing then is known of
/// what it holds; kFailedPrecondition where what was asked of it can't be (no such table or column, a syntax
/// error, an attempt to write), kPermissionDenied for a table that may not be read, kInvalidArgument for a
/// URI that is none, kCancelled, kUnimplemented without libpq; else kInternal. The message is a
/// sentence that begins with ForPeople(uri).
class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Login& login, const Limits& limits);

  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins a transaction that sees one state of the database all along, and can change nothing: the server
  /// refuses what would write. It also refuses, with kPermissionDenied, what a policy of row-level security
  /// would hide a part of: rows that are left out without a word would seem not to be there.
  virtual absl::Status BeginReadOnly() = 0;
  /// Likewise, of tables that are our own: a policy may well hide the streams of others.
  virtual absl::Status BeginReadingOurs() = 0;
  /// Begins a transaction that may change something. It may be open for as long as it needs.
  virtual absl::Status BeginWriting() = 0;
  /// Runs statements that give no rows and take no values.
  virtual absl::Status Execute(std::string_view sql) = 0;
  /// The columns that a statement would give; it is not run. Errors: as of Query, but for what shows only
  /// when it runs.
  virtual absl::StatusOr<std::vector<Column>> Describe(std::string_view sql) = 0;
  /// Sends one statement, and waits for its columns. One query at a time: Rows that were not read to their
  /// end close the connection with them.
  virtual absl::StatusOr<std::unique_ptr<Rows>> Query(std::string_view sql,
                                                      std::span<const Value> values = {}) = 0;

  /// Runs `sql`, a COPY … FROM STDIN, over `data`.
  virtual absl::Status CopyIn(std::string_view sql, std::string_view data) = 0;

  /// The URI as people may see it.
  virtual const std::string& shown() const = 0;

 protected:
  Connection() = default;
};

/// `status` with the connection's shown() in front of its message, unless that stands there already.
absl::Status WithPlace(const absl::Status& status, const Connection& connection);

}  // namespace obsmon::postgres

#endif  // OBSMON_SRC_POSTGRES_POSTGRES_H_
