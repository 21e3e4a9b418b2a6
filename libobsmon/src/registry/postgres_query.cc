#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/logins.h"
#include "postgres/postgres.h"
#include "registry/query_source.h"
#include "status_macros.h"

namespace obsmon {
namespace {

std::vector<std::string> NamesOf(const std::vector<postgres::Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const postgres::Column& column : columns) names.push_back(column.name);
  return names;
}

class PostgresQuery final : public RowSource {
 public:
  PostgresQuery(SqlRegistry sql, NightQuery query, const RegistryOptions& options)
      : sql_(std::move(sql)), query_(std::move(query)), options_(options) {}

  absl::Status Check() override {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    OBSMON_ASSIGN_OR_RETURN(const std::vector<postgres::Column> columns,
                            connection->Describe(query_.Sql('$')));
    return postgres::WithPlace(ColumnsIn(columns).status(), *connection);
  }

  absl::Status Read(std::span<const Night> nights, ListedRows& rows) override {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    for (const Night night : nights) {
      const std::vector<std::string> texts = query_.ValuesFor(night);
      const std::vector<postgres::Value> values(texts.begin(), texts.end());
      OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> answer,
                              connection->Query(query_.Sql('$'), values));
      OBSMON_RETURN_IF_ERROR(postgres::WithPlace(ReadAnswer(*answer, night, rows[night].rows), *connection));
    }
    return absl::OkStatus();
  }

  // That nothing was committed can't be told, but the digest of the rows can.
  std::string ChangeToken() override { return {}; }

 private:
  absl::StatusOr<std::unique_ptr<postgres::Connection>> Connect() const {
    OBSMON_ASSIGN_OR_RETURN(const postgres::Login login, postgres::LoginFor(sql_.uri, options_.logins));
    OBSMON_ASSIGN_OR_RETURN(
        std::unique_ptr<postgres::Connection> connection,
        postgres::Connection::Open(login, {.silence = options_.busy_timeout, .stop = options_.control.stop}));
    OBSMON_RETURN_IF_ERROR(connection->BeginReadOnly());
    return connection;
  }

  static absl::StatusOr<AnswerColumns> ColumnsIn(const std::vector<postgres::Column>& columns);
  static absl::Status ReadAnswer(postgres::Rows& answer, Night night, IngestTable& rows);

  SqlRegistry sql_;
  NightQuery query_;
  RegistryOptions options_;
};

absl::StatusOr<AnswerColumns> PostgresQuery::ColumnsIn(const std::vector<postgres::Column>& columns) {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns found, AnswerColumns::Find(NamesOf(columns)));
  for (const int column : {found.path, found.status, found.message}) {
    if (column < 0 || columns[static_cast<std::size_t>(column)].IsText()) continue;
    const std::string& name = columns[static_cast<std::size_t>(column)].name;
    return absl::FailedPreconditionError(
        fmt::format("the query's column {0} is no text; write CAST({0} AS text) AS {0}", name));
  }
  if (found.ingest_time >= 0 && !columns[static_cast<std::size_t>(found.ingest_time)].IsTime()) {
    return absl::FailedPreconditionError(
        "the query's column ingest_time is no timestamp; make it one, with to_timestamp(…) where it counts "
        "seconds");
  }
  return found;
}

absl::Status PostgresQuery::ReadAnswer(postgres::Rows& answer, Night night, IngestTable& rows) {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns columns, ColumnsIn(answer.columns()));
  const auto text = [&](int column) { return column < 0 ? std::string_view() : answer.Text(column); };
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, answer.Step());
    if (!has_row) return absl::OkStatus();
    if (answer.Text(columns.path).empty()) continue;  // a row of no file
    IngestRow row{.path = answer.Text(columns.path), .night = night, .message = text(columns.message)};
    if (columns.ingest_time >= 0) row.ingest_time = answer.Time(columns.ingest_time);
    OBSMON_RETURN_IF_ERROR(AppendAnswer(row, text(columns.status), rows));
  }
}

}  // namespace

std::unique_ptr<RowSource> MakePostgresQuery(const SqlRegistry& sql, NightQuery query,
                                             const RegistryOptions& options) {
  return std::make_unique<PostgresQuery>(sql, std::move(query), options);
}

}  // namespace obsmon
