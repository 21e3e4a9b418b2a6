#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/logins.h"
#include "postgres/postgres.h"
#include "query/asked_query.h"
#include "status_macros.h"

namespace obsmon {
namespace {

std::vector<std::string> NamesOf(const std::vector<postgres::Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const postgres::Column& column : columns) names.push_back(column.name);
  return names;
}

class PostgresQuery final : public AskedQuery {
 public:
  PostgresQuery(std::string uri, NightQuery query, const AnswerForm& form, AskOptions options)
      : uri_(std::move(uri)), query_(std::move(query)), form_(form), options_(std::move(options)) {}

  absl::Status Check() override {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    OBSMON_ASSIGN_OR_RETURN(const std::vector<postgres::Column> columns,
                            connection->Describe(query_.Sql('$')));
    return postgres::WithPlace(ColumnsIn(columns).status(), *connection);
  }

  absl::Status Read(std::span<const Night> nights, Sink sink) override {
    sink.begin();
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    for (const Night night : nights) {
      const std::vector<std::string> texts = query_.ValuesFor(night);
      const std::vector<postgres::Value> values(texts.begin(), texts.end());
      OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> answer,
                              connection->Query(query_.Sql('$'), values));
      OBSMON_RETURN_IF_ERROR(postgres::WithPlace(ReadAnswer(*answer, night, sink), *connection));
    }
    return absl::OkStatus();
  }

  // That nothing was committed can't be told, but the digest of the rows can.
  std::string ChangeToken() override { return {}; }

 private:
  absl::StatusOr<std::unique_ptr<postgres::Connection>> Connect() const {
    OBSMON_ASSIGN_OR_RETURN(const postgres::Login login, postgres::LoginFor(uri_, options_.logins));
    OBSMON_ASSIGN_OR_RETURN(
        std::unique_ptr<postgres::Connection> connection,
        postgres::Connection::Open(login, {.silence = options_.busy_timeout, .stop = options_.stop}));
    OBSMON_RETURN_IF_ERROR(connection->BeginReadOnly());
    return connection;
  }

  absl::StatusOr<AnswerColumns> ColumnsIn(const std::vector<postgres::Column>& columns) const;
  absl::Status ReadAnswer(postgres::Rows& answer, Night night, const Sink& sink) const;

  std::string uri_;
  NightQuery query_;
  AnswerForm form_;
  AskOptions options_;
};

absl::StatusOr<AnswerColumns> PostgresQuery::ColumnsIn(const std::vector<postgres::Column>& columns) const {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns found, AnswerColumns::Find(form_, NamesOf(columns)));
  std::vector<int> texts(found.texts.begin(), found.texts.end());
  texts.push_back(found.path);
  for (const int column : texts) {
    if (column < 0 || columns[static_cast<std::size_t>(column)].IsText()) continue;
    const std::string& name = columns[static_cast<std::size_t>(column)].name;
    return absl::FailedPreconditionError(
        fmt::format("the query's column {0} is no text; write CAST({0} AS text) AS {0}", name));
  }
  if (found.time >= 0 && !columns[static_cast<std::size_t>(found.time)].IsTime()) {
    return absl::FailedPreconditionError(fmt::format(
        "the query's column {} is no timestamp; make it one, with to_timestamp(…) where it counts seconds",
        form_.time));
  }
  return found;
}

absl::Status PostgresQuery::ReadAnswer(postgres::Rows& answer, Night night, const Sink& sink) const {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns columns, ColumnsIn(answer.columns()));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, answer.Step());
    if (!has_row) return absl::OkStatus();
    AnswerRow row{.path = answer.Text(columns.path)};
    if (row.path.empty()) continue;  // a row of no file
    if (columns.time >= 0) row.time = answer.Time(columns.time);
    for (std::size_t i = 0; i < row.texts.size(); ++i) {
      const int column = columns.texts[i];
      if (column >= 0 && !answer.IsNull(column)) row.texts[i] = answer.Text(column);
    }
    OBSMON_RETURN_IF_ERROR(sink.add(night, row));
  }
}

}  // namespace

std::unique_ptr<AskedQuery> MakePostgresQuery(std::string uri, NightQuery query, const AnswerForm& form,
                                              AskOptions options) {
  return std::make_unique<PostgresQuery>(std::move(uri), std::move(query), form, std::move(options));
}

}  // namespace obsmon
