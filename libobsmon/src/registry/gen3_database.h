// The seam between what a Gen3 registry says and the kind of database that it lives in: SQL goes down with
// its values, typed rows come up. SQLite and PostgreSQL each have a class behind it (gen3_sqlite.cc).
//
// SQL that passes here is understood by both: values are $1, $2, … in the order of their first use, and names
// of tables come from Table().
#ifndef OBSMON_SRC_REGISTRY_GEN3_DATABASE_H_
#define OBSMON_SRC_REGISTRY_GEN3_DATABASE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace obsmon {

/// A value bound to a statement.
using BoundValue = std::variant<std::int64_t, std::string_view>;

/// A statement, ready to run; its rows.
class Gen3Statement {
 public:
  virtual ~Gen3Statement() = default;
  /// Runs it with `values`; the rows of an earlier run are given up.
  virtual absl::Status Run(std::span<const BoundValue> values) = 0;
  /// Goes to the next row: true where there is one, false at the end.
  virtual absl::StatusOr<bool> Step() = 0;

  // The current row: columns count from 0. Views live until the next Step or Run.
  virtual bool IsNull(int column) const = 0;
  virtual std::int64_t Int(int column) const = 0;       ///< 0 for NULL
  virtual std::string_view Text(int column) const = 0;  ///< UTF-8; empty for NULL

 protected:
  Gen3Statement() = default;
  Gen3Statement(const Gen3Statement&) = default;
  Gen3Statement& operator=(const Gen3Statement&) = default;
};

/// The columns of a table, and the type that each is declared with, both in lower case.
using SqlColumns = std::map<std::string, std::string, std::less<>>;

/// One transaction that only reads.
class Gen3Transaction {
 public:
  virtual ~Gen3Transaction() = default;

  virtual absl::StatusOr<std::unique_ptr<Gen3Statement>> Prepare(std::string_view sql) = 0;
  /// `name`, quoted, with the schema in front where there is one. `name` holds no quotes.
  virtual std::string Table(std::string_view name) const = 0;
  /// Empty where there is no such table.
  virtual absl::StatusOr<SqlColumns> ColumnsOf(std::string_view table) = 0;

  /// Whether the reader is to ask for an exposure at a time, and to call Pause in between, for a transaction
  /// that is open for long keeps a writer from committing. Else it asks for all nights at once, which takes a
  /// database that knows LATERAL.
  virtual bool AsksByExposure() const = 0;
  /// Lets a writer who waits go on: ends this transaction, and begins another, which sees what was committed
  /// since. No statement may be running; those that were prepared remain. kDeadlineExceeded where the writer
  /// needs longer than the reader was told to wait.
  virtual absl::Status Pause() = 0;

 protected:
  Gen3Transaction() = default;
  Gen3Transaction(const Gen3Transaction&) = default;
  Gen3Transaction& operator=(const Gen3Transaction&) = default;
};

/// The database of one repository's registry.
class Gen3Database {
 public:
  virtual ~Gen3Database() = default;

  /// Calls `read` in a transaction, again from the beginning as long as it is worth waiting for a writer.
  ///
  /// Errors, each a sentence that says where the database is (never a password): those of `read`, where they
  /// are not the database's own; kNotFound, kPermissionDenied, kDataLoss, kUnavailable.
  virtual absl::Status Read(absl::FunctionRef<absl::Status(Gen3Transaction&)> read) = 0;

  /// As Registry::ChangeToken.
  virtual std::string ChangeToken() = 0;

 protected:
  Gen3Database() = default;
  Gen3Database(const Gen3Database&) = default;
  Gen3Database& operator=(const Gen3Database&) = default;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_DATABASE_H_
