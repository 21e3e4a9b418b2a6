#include "expected/expected_query.h"

#include <fmt/format.h>

#include <cstddef>
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
    constexpr std::size_t kMostFiles = 1'000'000;  // twice what LSSTCam takes; a join gone wrong gives more
    OBSMON_RETURN_IF_ERROR(CheckListedPath(row.path));
    std::vector<ListedFile>& list = lists[night];
    if (list.size() == kMostFiles) {
      return absl::DataLossError(
          fmt::format("the query lists more than {} files of {}", kMostFiles, night.ToString()));
    }
    list.push_back({.path = std::string(row.path),
                    .since = row.time,
                    .observation_type = std::string(row.texts.front().value_or(""))});
    return absl::OkStatus();
  };
  OBSMON_RETURN_IF_ERROR(query.Read(nights, {.begin = begin, .add = add}));
  return lists;
}

}  // namespace obsmon::expected
