// A query that somebody wrote, with the night left open.
#ifndef OBSMON_SRC_REGISTRY_NIGHT_QUERY_H_
#define OBSMON_SRC_REGISTRY_NIGHT_QUERY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/night.h"
#include "registry/row_source.h"

namespace obsmon {

/// What stands for the night in a query: {night} its name "2020-05-01", {day_obs} the number 20200501,
/// {begin} and {end} the noons in UTC between which it lies, "2020-05-01 12:00:00".
class NightQuery {
 public:
  /// kInvalidArgument where no placeholder stands in it, or one in quotes.
  static absl::StatusOr<NightQuery> Parse(std::string_view query);

  /// The query with each placeholder replaced by `mark` and its position, counted from 1: $1, or ?1.
  std::string Sql(char mark) const;
  /// The values for it, in that order.
  std::vector<std::string> ValuesFor(Night night) const;

 private:
  std::vector<std::string> pieces_;        // of the text, before, between and after the placeholders
  std::vector<std::size_t> placeholders_;  // which each is
};

/// Where in an answer's columns what is asked for stands; -1 where it has none of that name.
struct AnswerColumns {
  int path = -1;
  int ingest_time = -1;
  int status = -1;
  int message = -1;

  /// By name, in any case of letters. kFailedPrecondition, with what there is instead, where none is called
  /// path.
  static absl::StatusOr<AnswerColumns> Find(const std::vector<std::string>& names);
};

/// Puts a row into `rows`; `status_word` may be empty, for ingested. kFailedPrecondition where that is no
/// known word.
absl::Status AppendAnswer(IngestRow row, std::string_view status_word, IngestTable& rows);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_NIGHT_QUERY_H_
