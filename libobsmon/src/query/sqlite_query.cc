#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "query/asked_query.h"
#include "sqlite/backoff.h"
#include "sqlite/foreign_database.h"
#include "status_macros.h"
#include "text/human.h"
#include "text/utc_text.h"

namespace obsmon {
namespace {

/// A time as SQLite's own functions write and read it: "2020-05-01 12:34:56[.789]", with T for the blank or a
/// Z behind it as well; or seconds since 1970, whole or not.
std::optional<UtcTime> TimeIn(const sqlite::Statement& answer, int column) {
  constexpr auto kMost = std::chrono::floor<std::chrono::seconds>(kLatestTime).time_since_epoch().count();
  const std::string_view text = answer.Text(column);
  if (const std::optional<UtcTime> time = ParseUtcText(text)) return time;
  if (const std::optional<std::int64_t> seconds = answer.WholeNumber(column)) {
    if (*seconds >= 0 && *seconds <= kMost) return UtcTime(std::chrono::seconds{*seconds});
    return std::nullopt;
  }
  double seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (!is_number || !(seconds >= 0 && seconds <= static_cast<double>(kMost))) return std::nullopt;
  // A double of so many seconds tells microseconds, and no more.
  const double whole = std::floor(seconds);
  return UtcTime(std::chrono::seconds(std::llround(whole)) +
                 std::chrono::microseconds(std::llround((seconds - whole) * 1e6)));
}

class SqliteQuery final : public AskedQuery {
 public:
  SqliteQuery(std::filesystem::path file, NightQuery query, const AnswerForm& form, AskOptions options)
      : file_(std::move(file)), query_(std::move(query)), form_(form), options_(std::move(options)) {}

  absl::Status Check() override {
    return WithStatement([](sqlite::Statement&, const AnswerColumns&) { return absl::OkStatus(); });
  }

  absl::Status Read(std::span<const Night> nights, Sink sink) override {
    return WithStatement([&](sqlite::Statement& statement, const AnswerColumns& columns) -> absl::Status {
      sink.begin();
      for (const Night night : nights) {
        OBSMON_RETURN_IF_ERROR(ReadNight(statement, columns, night, sink));
      }
      return absl::OkStatus();
    });
  }

  // What a query gives may depend on more than the file, such as the time: the rows are compared.
  std::string ChangeToken() override { return {}; }

 private:
  using ReadFunction = absl::FunctionRef<absl::Status(sqlite::Statement&, const AnswerColumns&)>;

  // Calls `read` in a transaction, again while a writer is at work, up to the limit.
  absl::Status WithStatement(ReadFunction read) {
    sqlite::Backoff backoff(options_.stop);
    for (;;) {
      const absl::Status status = ReadOnce(read);
      const bool is_passing = absl::IsUnavailable(status) || absl::IsAborted(status);
      if (!is_passing || !backoff.Wait(options_.busy_timeout)) return Explained(status);
    }
  }

  absl::Status ReadOnce(ReadFunction read) {
    OBSMON_ASSIGN_OR_RETURN(sqlite::ForeignDatabase database,
                            sqlite::ForeignDatabase::Open(file_, options_.copies_folder, options_.stop));
    absl::StatusOr<sqlite::Statement> statement = database.connection().Prepare(query_.Sql('?'));
    if (!statement.ok()) return sqlite::WithoutPath(statement.status(), database.connection().file());
    OBSMON_ASSIGN_OR_RETURN(const AnswerColumns columns,
                            AnswerColumns::Find(form_, statement->ColumnNames()));
    if (!statement->IsReadOnly())
      return absl::FailedPreconditionError("the query would write; let it read alone");
    return sqlite::WithoutPath(read(*statement, columns), database.connection().file());
  }

  absl::Status ReadNight(sqlite::Statement& answer, const AnswerColumns& columns, Night night,
                         const Sink& sink) const;
  absl::Status Explained(const absl::Status& status) const;

  std::filesystem::path file_;
  NightQuery query_;
  AnswerForm form_;
  AskOptions options_;
};

absl::Status SqliteQuery::ReadNight(sqlite::Statement& answer, const AnswerColumns& columns, Night night,
                                    const Sink& sink) const {
  answer.Reset();
  int position = 0;
  for (const std::string& value : query_.ValuesFor(night)) answer.Bind(++position, std::string_view(value));
  for (;;) {
    if (options_.stop.stop_requested()) return absl::CancelledError("cancelled");
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, answer.Step());
    if (!has_row) return absl::OkStatus();
    AnswerRow row{.path = answer.Text(columns.path)};
    if (row.path.empty()) continue;  // a row of no file
    if (columns.time >= 0 && !answer.IsNull(columns.time)) {
      row.time = TimeIn(answer, columns.time);
      if (!row.time) {
        return absl::FailedPreconditionError(
            fmt::format("the query gives the {} '{}', which is no time; write it as 2020-05-01 12:34:56 in "
                        "UTC, or as seconds since 1970",
                        form_.time, answer.Text(columns.time)));
      }
    }
    for (std::size_t i = 0; i < row.texts.size(); ++i) {
      const int column = columns.texts[i];
      if (column >= 0 && !answer.IsNull(column)) row.texts[i] = answer.Text(column);
    }
    OBSMON_RETURN_IF_ERROR(sink.add(night, row));
  }
}

absl::Status SqliteQuery::Explained(const absl::Status& status) const {
  if (status.ok() || absl::IsCancelled(status)) return status;
  if (options_.stop.stop_requested()) return absl::CancelledError("cancelled");
  const std::string clause(status.message());
  if (absl::IsAborted(status) || absl::IsUnavailable(status)) {
    return absl::UnavailableError(
        fmt::format("{}: it was being written for longer than {} ({}); look again later", file_.string(),
                    HumanDuration(options_.busy_timeout), clause));
  }
  return {status.code(), fmt::format("{}: {}", file_.string(), clause)};
}

}  // namespace

std::unique_ptr<AskedQuery> MakeSqliteQuery(std::filesystem::path file, NightQuery query,
                                            const AnswerForm& form, AskOptions options) {
  return std::make_unique<SqliteQuery>(std::move(file), std::move(query), form, std::move(options));
}

}  // namespace obsmon
