#include "registry/gen3_sqlite.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "registry/sqlite_sentences.h"
#include "sqlite/backoff.h"
#include "sqlite/foreign_database.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// The inner pages of the indexes of millions of datasets; SQLite's own 2 MB turn them over all the time.
constexpr std::string_view kLargerCache = "PRAGMA cache_size = -65536";

class SqliteStatement final : public Gen3Statement {
 public:
  explicit SqliteStatement(sqlite::Statement statement) : statement_(std::move(statement)) {}

  absl::Status Run(std::span<const BoundValue> values) override {
    statement_.Reset();
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::visit([&](const auto& value) { statement_.Bind(static_cast<int>(i) + 1, value); }, values[i]);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Step() override {
    absl::StatusOr<bool> has_row = statement_.Step();
    // One that has come to its end, or failed, would hold its lock beyond the end of the transaction.
    if (!has_row.ok() || !*has_row) statement_.Reset();
    return has_row;
  }

  bool IsNull(int column) const override { return statement_.IsNull(column); }
  std::int64_t Int(int column) const override { return statement_.Int(column); }
  std::string_view Text(int column) const override { return statement_.Text(column); }

 private:
  sqlite::Statement statement_;
};

class SqliteTransaction final : public Gen3Transaction {
 public:
  SqliteTransaction(sqlite::ForeignDatabase& database, const RegistryOptions& options)
      : database_(database), options_(options) {}

  absl::StatusOr<std::unique_ptr<Gen3Statement>> Prepare(std::string_view sql) override {
    OBSMON_ASSIGN_OR_RETURN(sqlite::Statement statement, database_.connection().Prepare(sql));
    return std::make_unique<SqliteStatement>(std::move(statement));
  }

  std::string Table(std::string_view name) const override { return fmt::format("\"{}\"", name); }

  absl::StatusOr<SqlColumns> ColumnsOf(std::string_view table) override {
    OBSMON_ASSIGN_OR_RETURN(sqlite::Statement info,
                            database_.connection().Prepare(fmt::format("PRAGMA table_info(\"{}\")", table)));
    SqlColumns columns;
    for (;;) {
      OBSMON_ASSIGN_OR_RETURN(const bool has_row, info.Step());
      if (!has_row) return columns;
      columns.emplace(absl::AsciiStrToLower(std::string(info.Text(sqlite::kNameInTableInfo))),
                      absl::AsciiStrToLower(std::string(info.Text(sqlite::kTypeInTableInfo))));
    }
  }

  // Of a copy too, for which Pause does nothing: SQLite knows no other way to ask.
  bool AsksByExposure() const override { return true; }

  absl::Status Pause() override {
    sqlite::Backoff backoff(options_.control.stop);
    for (;;) {
      absl::Status status = database_.Renew();
      if (!absl::IsUnavailable(status)) return status;
      // It was waited for: whoever reads need not begin anew, to wait again.
      if (!backoff.Wait(options_.busy_timeout)) return absl::DeadlineExceededError(status.message());
    }
  }

 private:
  sqlite::ForeignDatabase& database_;
  const RegistryOptions& options_;
};

class SqliteDatabase final : public Gen3Database {
 public:
  SqliteDatabase(std::filesystem::path file, const RegistryOptions& options)
      : file_(std::move(file)), options_(options) {}

  std::string ChangeToken() override { return sqlite::ChangeTokenOf(file_); }

  absl::Status Read(absl::FunctionRef<absl::Status(Gen3Transaction&)> read) override {
    sqlite::Backoff backoff(options_.control.stop);
    for (;;) {
      const absl::Status status = ReadOnce(read);
      const bool is_passing = absl::IsUnavailable(status) || absl::IsAborted(status);
      if (!is_passing || !backoff.Wait(options_.busy_timeout)) return Explained(status);
    }
  }

 private:
  absl::Status ReadOnce(absl::FunctionRef<absl::Status(Gen3Transaction&)> read) {
    OBSMON_ASSIGN_OR_RETURN(
        sqlite::ForeignDatabase database,
        sqlite::ForeignDatabase::Open(file_, options_.copies_folder, options_.control.stop));
    OBSMON_RETURN_IF_ERROR(database.connection().Execute(kLargerCache));
    SqliteTransaction transaction(database, options_);
    return sqlite::WithoutPath(read(transaction), database.connection().file());
  }

  absl::Status Explained(const absl::Status& status) const {
    if (!absl::IsNotFound(status)) return ExplainSqliteRegistry(status, file_.string(), options_);
    return absl::NotFoundError(fmt::format(
        "{}: no such file, though butler.yaml names it as the registry; name the repository with --repo",
        file_.string()));
  }

  std::filesystem::path file_;
  RegistryOptions options_;
};

}  // namespace

std::unique_ptr<Gen3Database> MakeGen3Sqlite(const std::filesystem::path& file,
                                             const RegistryOptions& options) {
  return std::make_unique<SqliteDatabase>(file, options);
}

}  // namespace obsmon
