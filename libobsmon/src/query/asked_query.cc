#include "query/asked_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "postgres/uri.h"
#include "status_macros.h"

namespace obsmon {

std::optional<std::string_view> SqliteFileOf(std::string_view uri) {
  if (!uri.starts_with(kSqliteScheme)) return std::nullopt;
  return uri.substr(kSqliteScheme.size());
}

absl::Status CheckUri(std::string_view uri) {
  if (postgres::IsUri(uri)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the database has no URI that obsmon knows; write postgresql://user@host/database or "
      "sqlite:////absolute/path");
}

absl::StatusOr<std::unique_ptr<AskedQuery>> AskedQuery::Make(const SqlQuery& sql, const AnswerForm& form,
                                                             AskOptions options) {
  OBSMON_ASSIGN_OR_RETURN(NightQuery query, NightQuery::Parse(sql.query));
  if (const std::optional<std::string_view> file = SqliteFileOf(sql.uri)) {
    return MakeSqliteQuery(std::string(*file), std::move(query), form, std::move(options));
  }
  OBSMON_RETURN_IF_ERROR(CheckUri(sql.uri));
  return MakePostgresQuery(sql.uri, std::move(query), form, std::move(options));
}

absl::StatusOr<AnswerColumns> AnswerColumns::Find(const AnswerForm& form,
                                                  const std::vector<std::string>& names) {
  const auto find = [&names](std::string_view wanted) {
    const auto found = std::ranges::find_if(names, [wanted](const std::string& name) {
      return !wanted.empty() && absl::EqualsIgnoreCase(name, {wanted.data(), wanted.size()});
    });
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
  };
  AnswerColumns columns{.path = find("path"), .time = find(form.time)};
  std::ranges::transform(form.texts, columns.texts.begin(), find);
  if (columns.path >= 0) return columns;
  return absl::FailedPreconditionError(
      fmt::format("the query gives no column path, only {}; name one with AS path",
                  names.empty() ? std::string("none at all") : fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace obsmon
