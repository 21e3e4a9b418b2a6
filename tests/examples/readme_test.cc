// What README shows is what is there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "obsmon/match.h"
#include "obsmon/report.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::HasSubstr;

std::string FileOfProject(std::string_view name) {
  return ReadFile(fmt::format("{}/{}", OBSMON_SOURCE_DIR, name));
}

TEST(Readme, QuotesTheExamplesAsTheyAre) {
  const std::string readme = FileOfProject("README.md");
  EXPECT_THAT(readme, HasSubstr("```yaml\n" + FileOfProject("examples/streams.yaml") + "```\n"));
  EXPECT_THAT(readme, HasSubstr("```crontab\n" + FileOfProject("examples/crontab") + "```\n"));
  EXPECT_THAT(readme, HasSubstr("```cpp\n" + FileOfProject("examples/one_night.cc") + "```\n"));
}

TEST(Readme, ExplainsEachVerdictInTheWordsOfThePages) {
  const std::string readme = FileOfProject("README.md");
  std::size_t row_before = 0;
  for (const Verdict verdict : kAllVerdicts) {
    const std::string row = fmt::format("| {} | {}", VerdictLabel(verdict), VerdictMeaning(verdict));
    const std::size_t at = readme.find(row);
    ASSERT_NE(at, std::string::npos) << row;
    EXPECT_GT(at, row_before) << "the order is that in which verdicts are decided: " << row;
    row_before = at;
  }
}

TEST(Readme, ExplainsEachStateOfANight) {
  const std::string readme = FileOfProject("README.md");
  for (const NightState state :
       {NightState::kComplete, NightState::kInProgress, NightState::kNeedsAttention, NightState::kUnknown}) {
    EXPECT_THAT(readme, HasSubstr(fmt::format("| {} | ", NightStateLabel(state))));
  }
}

}  // namespace
}  // namespace obsmon
