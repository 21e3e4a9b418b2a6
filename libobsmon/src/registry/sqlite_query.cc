#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "registry/gen3_query.h"
#include "registry/query_source.h"
#include "sqlite/backoff.h"
#include "sqlite/foreign_database.h"
#include "status_macros.h"
#include "text/human.h"

namespace obsmon {
namespace {

/// A time as SQLite's own functions write and read it: "2020-05-01 12:34:56[.789]", with T for the blank or a
/// Z behind it as well; or a whole number of seconds since 1970.
absl::StatusOr<std::optional<UtcTime>> TimeIn(const sqlite::Statement& answer, int column) {
  if (column < 0 || answer.IsNull(column)) return std::nullopt;
  std::string text(answer.Text(column));
  if (text.ends_with('Z')) text.pop_back();
  std::ranges::replace(text, 'T', ' ');
  if (const std::optional<UtcTime> time = ParseUtcText(text)) return time;
  if (const std::optional<std::int64_t> seconds = answer.WholeNumber(column)) {
    constexpr std::int64_t kMost = 9'000'000'000;  // UtcTime ends soon after
    if (*seconds >= 0 && *seconds <= kMost) return UtcTime(std::chrono::seconds{*seconds});
  }
  return absl::FailedPreconditionError(fmt::format(
      "the query gives the ingest_time '{}', which is no time; write it as 2020-05-01 12:34:56 in UTC, or as "
      "seconds since 1970",
      answer.Text(column)));
}

class SqliteQuery final : public RowSource {
 public:
  SqliteQuery(std::filesystem::path file, NightQuery query, const RegistryOptions& options)
      : file_(std::move(file)), query_(std::move(query)), options_(options) {}

  absl::Status Check() override {
    return WithStatement([](sqlite::Statement&, const AnswerColumns&) { return absl::OkStatus(); });
  }

  absl::Status Read(std::span<const Night> nights, ListedRows& rows) override {
    return WithStatement([&](sqlite::Statement& statement, const AnswerColumns& columns) -> absl::Status {
      rows.clear();  // of an attempt before this one
      for (const Night night : nights) {
        OBSMON_RETURN_IF_ERROR(ReadNight(statement, columns, night, rows[night].rows));
      }
      return absl::OkStatus();
    });
  }

  std::string ChangeToken() override { return sqlite::ChangeTokenOf(file_); }

 private:
  using ReadFunction = absl::FunctionRef<absl::Status(sqlite::Statement&, const AnswerColumns&)>;

  // Calls `read` in a transaction, again while a writer is at work, up to the limit.
  absl::Status WithStatement(ReadFunction read) {
    sqlite::Backoff backoff(options_.control.stop);
    for (;;) {
      const absl::Status status = ReadOnce(read);
      const bool is_passing = absl::IsUnavailable(status) || absl::IsAborted(status);
      if (!is_passing || !backoff.Wait(options_.busy_timeout)) return Explained(status);
    }
  }

  absl::Status ReadOnce(ReadFunction read) {
    OBSMON_ASSIGN_OR_RETURN(sqlite::ForeignDatabase database,
                            sqlite::ForeignDatabase::Open(file_, options_.copies_folder));
    absl::StatusOr<sqlite::Statement> statement = database.connection().Prepare(query_.Sql('?'));
    if (!statement.ok()) return sqlite::WithoutPath(statement.status(), database.connection().file());
    OBSMON_ASSIGN_OR_RETURN(const AnswerColumns columns, AnswerColumns::Find(statement->ColumnNames()));
    if (!statement->IsReadOnly())
      return absl::FailedPreconditionError("the query would write; let it read alone");
    return sqlite::WithoutPath(read(*statement, columns), database.connection().file());
  }

  absl::Status ReadNight(sqlite::Statement& answer, const AnswerColumns& columns, Night night,
                         IngestTable& rows) const;
  absl::Status Explained(const absl::Status& status) const;

  std::filesystem::path file_;
  NightQuery query_;
  RegistryOptions options_;
};

absl::Status SqliteQuery::ReadNight(sqlite::Statement& answer, const AnswerColumns& columns, Night night,
                                    IngestTable& rows) const {
  answer.Reset();
  int position = 0;
  for (const std::string& value : query_.ValuesFor(night)) answer.Bind(++position, std::string_view(value));
  const auto text = [&](int column) { return column < 0 ? std::string_view() : answer.Text(column); };
  for (;;) {
    if (options_.control.stop.stop_requested()) return absl::CancelledError("cancelled");
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, answer.Step());
    if (!has_row) return absl::OkStatus();
    if (answer.Text(columns.path).empty()) continue;  // a row of no file
    IngestRow row{.path = answer.Text(columns.path), .night = night, .message = text(columns.message)};
    OBSMON_ASSIGN_OR_RETURN(row.ingest_time, TimeIn(answer, columns.ingest_time));
    OBSMON_RETURN_IF_ERROR(AppendAnswer(row, text(columns.status), rows));
  }
}

absl::Status SqliteQuery::Explained(const absl::Status& status) const {
  if (status.ok() || absl::IsCancelled(status)) return status;
  if (options_.control.stop.stop_requested()) return absl::CancelledError("cancelled");
  const std::string clause(status.message());
  if (absl::IsAborted(status) || absl::IsUnavailable(status)) {
    return absl::UnavailableError(
        fmt::format("{}: it was being written for longer than {} ({}); look again later", file_.string(),
                    HumanDuration(options_.busy_timeout), clause));
  }
  return {status.code(), fmt::format("{}: {}", file_.string(), clause)};
}

}  // namespace

std::unique_ptr<RowSource> MakeSqliteQuery(const std::filesystem::path& file, NightQuery query,
                                           const RegistryOptions& options) {
  return std::make_unique<SqliteQuery>(file, std::move(query), options);
}

}  // namespace obsmon
