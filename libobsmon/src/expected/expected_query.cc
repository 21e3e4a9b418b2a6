#include "expected/expected_query.h"

#include <string>
#include <utility>

#include "expected/manifest.h"
#include "status_macros.h"

namespace obsmon::expected {

absl::StatusOr<std::unique_ptr<AskedQuery>> MakeExpectedQuery(const SqlQuery& sql, AskOptions options) {
  return AskedQuery::Make(sql, {.time = "since", .texts = {"observation_type"}}, std::move(options));
}

absl::StatusOr<Lists> ReadLists(AskedQuery& query, std::span<const Night> nights) {
  Lists lists;
  const auto begin = [&lists] { lists.clear(); };
  const auto add = [&lists](Night night, const AnswerRow& row) -> absl::Status {
    OBSMON_RETURN_IF_ERROR(CheckListedPath(row.path));
    lists[night].push_back({.path = std::string(row.path),
                            .since = row.time,
                            .observation_type = std::string(row.texts.front())});
    return absl::OkStatus();
  };
  OBSMON_RETURN_IF_ERROR(query.Read(nights, {.begin = begin, .add = add}));
  return lists;
}

}  // namespace obsmon::expected
