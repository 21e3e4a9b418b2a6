#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
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

// An enum, or a type of texts such as citext; no array, row or hstore.
constexpr std::string_view kIsText =
    "SELECT 1 FROM pg_catalog.pg_type WHERE oid = $1 AND typcategory IN ('E', 'S')";

std::vector<std::string> NamesOf(const std::vector<postgres::Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const postgres::Column& column : columns) names.push_back(column.name);
  return names;
}

absl::Status IsNoText(std::string_view column) {
  return absl::FailedPreconditionError(
      fmt::format("the query's column {0} is no text; write CAST({0} AS text) AS {0}", column));
}

class PostgresQuery final : public AskedQuery {
 public:
  PostgresQuery(std::string uri, NightQuery query, const AnswerForm& form, AskOptions options)
      : uri_(std::move(uri)), query_(std::move(query)), form_(form), options_(std::move(options)) {}

  absl::Status Check() override {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Connection> connection, Connect());
    OBSMON_ASSIGN_OR_RETURN(const std::vector<postgres::Column> columns,
                            connection->Describe(query_.Sql('$')));
    absl::Status status = ColumnsIn(columns).status();
    if (status.ok()) status = CheckOwnTypes(*connection, columns);
    return postgres::WithPlace(status, *connection);
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

  /// Whether the columns that are taken for texts are some where their types are of the database's own
  /// making.
  absl::Status CheckOwnTypes(postgres::Connection& connection,
                             const std::vector<postgres::Column>& columns) const;
  absl::StatusOr<AnswerColumns> ColumnsIn(const std::vector<postgres::Column>& columns) const;
  absl::Status ReadAnswer(postgres::Rows& answer, Night night, const Sink& sink) const;

  std::string uri_;
  NightQuery query_;
  AnswerForm form_;
  AskOptions options_;
};

absl::Status PostgresQuery::CheckOwnTypes(postgres::Connection& connection,
                                          const std::vector<postgres::Column>& columns) const {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns found, AnswerColumns::Find(form_, NamesOf(columns)));
  std::vector<int> texts(found.texts.begin(), found.texts.end());
  texts.push_back(found.path);
  for (const int column : texts) {
    if (column < 0 || !columns[static_cast<std::size_t>(column)].IsOfOwnType()) continue;
    const postgres::Column& of_own_type = columns[static_cast<std::size_t>(column)];
    const std::array values = {postgres::Value{std::int64_t{of_own_type.type}}};
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row, connection.Query(kIsText, values));
    OBSMON_ASSIGN_OR_RETURN(const bool is_text, row->Step());
    if (!is_text) return IsNoText(of_own_type.name);
    OBSMON_RETURN_IF_ERROR(row->Step().status());
  }
  return absl::OkStatus();
}

absl::StatusOr<AnswerColumns> PostgresQuery::ColumnsIn(const std::vector<postgres::Column>& columns) const {
  OBSMON_ASSIGN_OR_RETURN(const AnswerColumns found, AnswerColumns::Find(form_, NamesOf(columns)));
  std::vector<int> texts(found.texts.begin(), found.texts.end());
  texts.push_back(found.path);
  for (const int column : texts) {
    if (column < 0 || columns[static_cast<std::size_t>(column)].IsText()) continue;
    const std::string& name = columns[static_cast<std::size_t>(column)].name;
    return IsNoText(name);
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
    if (columns.time >= 0 && !row.time && !answer.IsNull(columns.time)) {
      return absl::FailedPreconditionError(fmt::format(
          "the query's {} of {} is no time, but infinity or far from now; let it be NULL, or leave "
          "the row out",
          form_.time, row.path));
    }
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
