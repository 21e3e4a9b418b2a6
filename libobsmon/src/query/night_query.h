// A query that somebody wrote, with the night left open.
#ifndef OBSMON_SRC_QUERY_NIGHT_QUERY_H_
#define OBSMON_SRC_QUERY_NIGHT_QUERY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/night.h"

namespace obsmon {

/// What stands for the night in a query: {night} its name "2020-05-01", {day_obs} 20200501, {begin} and {end}
/// the noons in UTC between which it lies, "2020-05-01 12:00:00". All are given as texts: PostgreSQL
/// makes of each what the query needs there; SQLite compares it as a number with a column of numbers alone.
/// In comments and quoted names none is looked for.
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

}  // namespace obsmon

#endif  // OBSMON_SRC_QUERY_NIGHT_QUERY_H_
