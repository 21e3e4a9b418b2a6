// What the pages' script loads; that it is read back as it was is tested in a browser (tests/browser).
#include "pages/night_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "obsmon/pages.h"
#include "pages/js_text.h"
#include "pages/published_data.h"
#include "pages/sample_nights.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string JsString(std::string_view bytes) {
  std::string out;
  AppendJsString(bytes, out);
  return out;
}

std::string Vlq(std::int64_t value) {
  std::string out;
  AppendVlq(value, out);
  return out;
}

std::set<std::string> FilesBelow(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(folder).string());
  }
  return names;
}

std::set<std::string> NamesOf(const NightPages& pages) {
  std::set<std::string> names = {pages.page.name, PageScript().name};
  for (const PageFile& file : pages.data) names.insert(file.name);
  return names;
}

TEST(JsText, KeepsEveryByteOfANameApart) {
  EXPECT_EQ(JsString("plain.fits"), R"("plain.fits")");
  EXPECT_EQ(JsString("a\"b\\c\n"), "\"a\\u0022b\\u005cc\\u000a\"");
  EXPECT_EQ(JsString("\xFFz"), "\"\\udcffz\"");
  EXPECT_EQ(JsString("\xE2\x80\xA8"), "\"\\u2028\"");
  EXPECT_EQ(JsString("\xF0\x9F\x94\xAD"), "\"\xF0\x9F\x94\xAD\"");
}

TEST(JsText, WritesNumbersAsSourceMapsDo) {
  EXPECT_EQ(Vlq(0), "A");
  EXPECT_EQ(Vlq(1), "C");
  EXPECT_EQ(Vlq(-1), "D");
  EXPECT_EQ(Vlq(16), "gB");
  EXPECT_EQ(Vlq(-123), "3H");
}

TEST(NightData, OfTheSameReportHasTheSameNamesAndBytes) {
  const NightPages once = RenderNight(samples::TroubledNight());
  const NightPages again = RenderNight(samples::TroubledNight());
  EXPECT_EQ(once.page.contents, again.page.contents);
  ASSERT_EQ(once.data.size(), 1U);
  EXPECT_EQ(once.data[0].name, again.data[0].name);
  EXPECT_EQ(once.data[0].contents, again.data[0].contents);
}

TEST(NightData, IsNamedInThePageSoThatNoPageMeetsAnothersData) {
  const NightPages pages = RenderNight(samples::TroubledNight());
  EXPECT_THAT(pages.data[0].name, StartsWith("data/2020-05-01-"));
  EXPECT_THAT(pages.page.contents, HasSubstr("<script defer src=\"" + pages.data[0].name + "\"></script>"));
  EXPECT_NE(pages.data[0].name, RenderNight(samples::CalmNight()).data[0].name);
}

TEST(NightData, OfManyFilesComesInPiecesOfWhichThoseThatDidNotChangeKeepTheirNames) {
  const NightPages fewer = RenderNight(samples::CalmNight(5'000));
  const NightPages more = RenderNight(samples::CalmNight(5'001));
  ASSERT_EQ(fewer.data.size(), 3U);  // 50,000 files: the names, and two pieces
  EXPECT_NE(fewer.data[0].name, more.data[0].name);
  EXPECT_EQ(fewer.data[1].name, more.data[1].name);
  EXPECT_NE(fewer.data[2].name, more.data[2].name);
}

TEST(NightData, IsOfAsManyFilesAsTheNumberOfItsRowsTells) {
  for (const int exposures : {0, 1, 1'638, 1'639, 3'276, 3'277, 6'553, 6'554}) {
    const NightReport report = samples::CalmNight(exposures);
    EXPECT_EQ(RenderNight(report).data.size(), NumDataFiles(report.files().size())) << exposures;
  }
}

TEST(PublishedData, IsNotWholeOnceAnyOfItIsGone) {
  const TempTree tree;
  const NightReport report = samples::CalmNight(5'000);
  const std::size_t rows = report.files().size();
  ASSERT_THAT(PublishNight(tree.root(), report), IsOk());
  EXPECT_TRUE(PublishedData::In(tree.root()).IsWhole(samples::kNight, rows));
  EXPECT_FALSE(PublishedData::In(tree.root()).IsWhole(samples::kNight + 1, rows));
  std::vector<PageFile> files = RenderNight(report).data;
  files.push_back(PageScript());
  for (const PageFile& file : files) {
    std::filesystem::remove(tree.root() / file.name);
    tree.Text("data/." + file.name.substr(file.name.find('/') + 1) + ".obsmon", "half");
    EXPECT_FALSE(PublishedData::In(tree.root()).IsWhole(samples::kNight, rows)) << file.name;
    ASSERT_THAT(PublishNight(tree.root(), report), IsOk());
    EXPECT_TRUE(PublishedData::In(tree.root()).IsWhole(samples::kNight, rows)) << file.name;
  }
  EXPECT_FALSE(PublishedData::In(tree / "nowhere").IsWhole(samples::kNight, rows));
}

TEST(NightData, WritesWhatExposuresShareOnce) {
  EXPECT_LT(RenderNight(samples::CalmNight(5'000)).data[0].contents.size(), 200'000U);
}

TEST(PublishNight, LeavesThePageAndWhatItLoadsAndNothingOfThePageBefore) {
  const TempTree tree;
  ASSERT_THAT(PublishNight(tree.root(), samples::CalmNight(5'000)), IsOk());
  ASSERT_THAT(PublishNight(tree.root(), samples::TroubledNight()), IsOk());
  EXPECT_EQ(FilesBelow(tree.root()), NamesOf(RenderNight(samples::TroubledNight())));
}

TEST(PublishNight, ClearsAwayWhatAKilledRunHasLeftOfAnyState) {
  const TempTree tree;
  tree.Text("data/.2020-05-01-0123456789abcdef.js.obsmon", "half");
  tree.Text("data/2020-05-01-0123456789abcdef.js", "of a page that was never there");
  tree.Text("data/2020-05-011-0.js", "of someone else");
  ASSERT_THAT(PublishNight(tree.root(), samples::CalmNight()), IsOk());
  std::set<std::string> expected = NamesOf(RenderNight(samples::CalmNight()));
  expected.insert("data/2020-05-011-0.js");
  EXPECT_EQ(FilesBelow(tree.root()), expected);
}

TEST(PublishNight, ToldTwiceWritesNothingTheSecondTime) {
  const TempTree tree;
  ASSERT_THAT(PublishNight(tree.root(), samples::CalmNight()), IsOk());
  const auto before = std::filesystem::last_write_time(tree.root() / "data");
  ASSERT_THAT(PublishNight(tree.root(), samples::CalmNight()), IsOk());
  EXPECT_EQ(std::filesystem::last_write_time(tree.root() / "data"), before);
}

TEST(PublishNight, SaysThatTheDataFolderCantBeMade) {
  const TempTree tree;
  tree.Text("data", "a file in its place");
  const absl::Status status = PublishNight(tree.root(), samples::CalmNight());
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("data"));
}

TEST(PageStatus, TellsWhenTheLastLookWasAndWhichNightsHaveChanged) {
  NightSummary night = samples::SummaryOf(samples::CalmNight());
  const std::string status =
      RenderPageStatus(std::vector{night}, samples::AsOf(), std::chrono::minutes{15}).contents;
  EXPECT_EQ(
      status,
      "obsmon.status({lookedAt:1588399200000,maxAge:900000,nights:{\"2020-05-01\":1588399200000,}});\n");
}

// Its page is written anew at each change, and whoever has it open would not hear of it.
TEST(PageStatus, TellsOfAnOldNightThatIsNotCompleteOrHasJustBecomeSo) {
  std::vector<NightSummary> nights(100, samples::SummaryOf(samples::CalmNight()));
  for (std::size_t back = 0; back < nights.size(); ++back) {
    nights[back].night = samples::kNight - static_cast<int>(back);
    nights[back].changed_at = samples::AsOf() - std::chrono::days{back};
  }
  nights[80].state = NightState::kNeedsAttention;
  nights[90].changed_at = samples::AsOf() - std::chrono::minutes{1};
  const std::string status = RenderPageStatus(nights, samples::AsOf(), std::chrono::minutes{15}).contents;
  EXPECT_THAT(status, HasSubstr(nights[59].night.ToString()));
  EXPECT_THAT(status, Not(HasSubstr(nights[60].night.ToString())));
  EXPECT_THAT(status, HasSubstr(nights[80].night.ToString()));
  EXPECT_THAT(status, HasSubstr(nights[90].night.ToString()));
}

// Else a page that is open would go on saying "Complete" while the registry can't be read.
TEST(PageStatus, TellsOfANightWhoseRegistryCouldNotBeReadThatItsPageIsNew) {
  NightSummary night = samples::SummaryOf(samples::CalmNight());
  night.state = NightState::kUnknown;
  night.trouble = "the registry is locked";
  night.num_issues = night.num_hiding = 0;
  night.looked_at = *night.changed_at + std::chrono::minutes{5};
  EXPECT_THAT(RenderPageStatus(std::vector{night}, samples::AsOf(), std::chrono::minutes{15}).contents,
              HasSubstr("\"2020-05-01\":1588399500000"));
}

}  // namespace
}  // namespace obsmon
