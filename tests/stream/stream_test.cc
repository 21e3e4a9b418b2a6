#include "obsmon/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Night N(std::string_view text) { return Night::Parse(text).value(); }

TEST(Stream, HasItsTwoSidesInThePrototypesFolderUnlessTheyAreNamedApart) {
  const Stream stream{.input_dir = "/data/auxTel"};
  EXPECT_EQ(stream.StorageFolder(), "/data/auxTel/storage");
  EXPECT_EQ(stream.RepoFolder(), "/data/auxTel/gen2repo");

  const Stream apart{.input_dir = "/data/auxTel", .storage = "/lustre/in", .repo = "/repo/main"};
  EXPECT_EQ(apart.StorageFolder(), "/lustre/in");
  EXPECT_EQ(apart.RepoFolder(), "/repo/main");
}

TEST(Stream, HasTheRepositoryThatIsInThePrototypesFolder) {
  const TempTree tree;
  Stream stream{.input_dir = tree.root()};
  tree.Text("butler.yaml", "");
  EXPECT_EQ(stream.RepoFolder(), tree.root());
  tree.Folder("repo");
  EXPECT_EQ(stream.RepoFolder(), tree / "repo");
  tree.Folder("gen3repo");
  EXPECT_EQ(stream.RepoFolder(), tree / "gen3repo");
  tree.Folder("gen2repo");
  EXPECT_EQ(stream.RepoFolder(), tree / "gen2repo");
  stream.generation = RegistryGeneration::kGen3;
  EXPECT_EQ(stream.RepoFolder(), tree / "gen3repo");
}

TEST(SetStreamField, ReadsWhatAGen3RepositoryNeeds) {
  StreamConfig config;
  const auto set = [&](std::string_view key, std::string_view text) {
    return SetStreamField(key, text, "/base", config);
  };
  ASSERT_THAT(set("instrument", "LSSTCam"), IsOk());
  ASSERT_THAT(set("collection", "LSSTCam/raw/all, LSSTCam/raw/guider"), IsOk());
  ASSERT_THAT(set("dataset_type", "raw"), IsOk());
  ASSERT_THAT(set("detector_names", "R00_S00=RXX_S00,=RXX_S00"), IsOk());
  ASSERT_THAT(set("bad_folder", "bad"), IsOk());
  EXPECT_EQ(config.stream.instrument, "LSSTCam");
  EXPECT_THAT(config.stream.collections, ElementsAre("LSSTCam/raw/all", "LSSTCam/raw/guider"));
  EXPECT_THAT(config.stream.dataset_types, ElementsAre("raw"));
  EXPECT_THAT(config.stream.detector_names,
              ElementsAre(DetectorAlias{"R00_S00", "RXX_S00"}, DetectorAlias{"", "RXX_S00"}));
  EXPECT_EQ(config.stream.bad_folder, "/base/bad");
  EXPECT_THAT(set("collection", "a,,b"), FailsWith(StatusCode::kInvalidArgument, HasSubstr("'a,,b'")));
  EXPECT_THAT(set("detector_names", "R00_S00"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("'R00_S00'")));
}

TEST(SetStreamField, TakesARepositoryByItsUri) {
  StreamConfig config;
  ASSERT_THAT(SetStreamField("repo", "file:///repo/a%20b", "/base", config), IsOk());
  EXPECT_EQ(config.stream.repo, "/repo/a b");
  EXPECT_THAT(SetStreamField("repo", "https://rubin:sesame@example.org/repo", "/base", config),
              FailsWith(StatusCode::kInvalidArgument, StartsWith("'https://…' is not on this machine")));
}

TEST(SetStreamField, TakesARepositoryIndexAsAFileOrAsItIs) {
  StreamConfig config;
  ASSERT_THAT(SetStreamField("repository_index", "index.yaml", "/base", config), IsOk());
  EXPECT_EQ(config.stream.butler_index.file, "/base/index.yaml");
  ASSERT_THAT(SetStreamField("repository_index", R"({"main": "/repo/main"})", "/base", config), IsOk());
  EXPECT_EQ(config.stream.butler_index.file, "");
  EXPECT_EQ(config.stream.butler_index.repositories, R"({"main": "/repo/main"})");
}

TEST(MatchOptionsOf, HasAllThatTheStreamSaysOfHowFilesAreJudged) {
  StreamConfig config;
  ASSERT_THAT(SetStreamField("detector_names", "R00_S00=RXX_S00", "", config), IsOk());
  ASSERT_THAT(SetStreamField("grace", "7min", "", config), IsOk());
  const MatchOptions options = MatchOptionsOf(config.stream);
  EXPECT_EQ(options.detector_names, config.stream.detector_names);
  EXPECT_EQ(options.grace, std::chrono::minutes{7});
}

TEST(Stream, IsNamedByItsOutputElseByItsInput) {
  EXPECT_EQ((Stream{.input_dir = "/data/in", .output_dir = "/www/auxTel/"}).DefaultName(), "auxTel");
  EXPECT_EQ((Stream{.input_dir = "/data/in/."}).DefaultName(), "in");
  for (const char* storage : {"/data/comcam/storage", "/data/comcam/storage/"}) {
    EXPECT_EQ((Stream{.storage = storage}).DefaultName(), "comcam");
  }
  EXPECT_EQ((Stream{.storage = "storage"}).DefaultName(), std::filesystem::current_path().filename());
  EXPECT_EQ((Stream{.output_dir = "."}).DefaultName(), std::filesystem::current_path().filename());
  EXPECT_EQ(Stream{}.DefaultName(), "");
}

TEST(NightsOf, TheDefaultWindowAreTodayAndYesterday) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Night> nights, NightsOf({}, N("2020-05-01")));
  EXPECT_THAT(nights, ElementsAre(N("2020-05-01"), N("2020-04-30")));
}

TEST(NightsOf, CountsBackFromTheLastDayNewestFirst) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Night> nights,
                       NightsOf({.last_day = N("2020-03-01"), .num_days = 3}, N("2021-01-01")));
  EXPECT_THAT(nights, ElementsAre(N("2020-03-01"), N("2020-02-29"), N("2020-02-28")));
}

TEST(NightsOf, AFirstDayOverridesTheNumberOfNights) {
  ASSERT_OK_AND_ASSIGN(
      const std::vector<Night> nights,
      NightsOf({.first_day = N("2020-04-30"), .last_day = N("2020-05-01"), .num_days = 9}, N("2021-01-01")));
  EXPECT_THAT(nights, ElementsAre(N("2020-05-01"), N("2020-04-30")));
}

TEST(NightsOf, AFirstDayAloneReachesToToday) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Night> nights,
                       NightsOf({.first_day = N("2020-05-01")}, N("2020-05-02")));
  EXPECT_THAT(nights, ElementsAre(N("2020-05-02"), N("2020-05-01")));
}

TEST(NightsOf, RefusesAFirstDayAfterTheLast) {
  EXPECT_THAT(NightsOf({.first_day = N("2020-05-02"), .last_day = N("2020-05-01")}, N("2021-01-01")),
              FailsWith(StatusCode::kInvalidArgument, "first day 2020-05-02 is after last day 2020-05-01"));
  EXPECT_THAT(
      NightsOf({.first_day = N("2020-05-02")}, N("2020-05-01")),
      FailsWith(StatusCode::kInvalidArgument, "first day 2020-05-02 is after last day 2020-05-01 (today)"));
}

TEST(NightsOf, RefusesAWindowWithoutNightsWhereThePrototypeSilentlyDidNothing) {
  for (const int count : {0, -1}) {
    EXPECT_THAT(NightsOf({.num_days = count}, N("2020-05-01")),
                FailsWith(StatusCode::kInvalidArgument, HasSubstr("num_days is " + std::to_string(count))));
  }
}

TEST(NightsOf, RefusesMoreNightsThanACentury) {
  EXPECT_THAT(NightsOf({.num_days = 36'525}, N("2020-05-01")), IsOk());
  EXPECT_THAT(NightsOf({.num_days = 2'000'000'000}, N("2020-05-01")),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("2000000000 nights")));
  EXPECT_THAT(NightsOf({.first_day = N("0001-01-01"), .last_day = N("9999-12-31")}, N("2020-05-01")),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("at most 36525")));
}

TEST(ParseDuration, TakesSecondsWhereNoUnitIsGiven) {
  EXPECT_EQ(ParseDuration("90").value(), seconds{90});
  EXPECT_EQ(ParseDuration("0").value(), seconds{0});
}

TEST(ParseDuration, KnowsSecondsMinutesHoursAndDays) {
  EXPECT_EQ(ParseDuration("90s").value(), seconds{90});
  EXPECT_EQ(ParseDuration("5min").value(), minutes{5});
  EXPECT_EQ(ParseDuration("2h").value(), hours{2});
  EXPECT_EQ(ParseDuration("1d").value(), hours{24});
}

TEST(ParseDuration, RefusesWhatIsNoSpanOfTime) {
  for (const std::string text :
       {"", "s", "min", "-1s", "+5", "1.5h", "5m", "5 min", "5minutes", "0x10", "1h30"}) {
    EXPECT_THAT(ParseDuration(text), FailsWith(StatusCode::kInvalidArgument,
                                               AllOf(HasSubstr("'" + text + "'"), HasSubstr("5min"))));
  }
}

TEST(ParseDuration, RefusesMoreThanAYearWithoutAnOverflow) {
  for (const std::string text : {"367d", "9223372036854775807d", "9223372036854775807"}) {
    EXPECT_THAT(ParseDuration(text), FailsWith(StatusCode::kOutOfRange, HasSubstr("longer than a year")));
  }
  EXPECT_THAT(ParseDuration("9223372036854775808"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("no span")));
}

TEST(ParseSwitch, ReadsTheWordsOfTheEnvironmentInAnyCase) {
  for (const std::string text : {"true", "yes", "on", "1", "TRUE", "Yes"})
    EXPECT_TRUE(ParseSwitch(text).value());
  for (const std::string text : {"false", "no", "off", "0", "OFF"}) EXPECT_FALSE(ParseSwitch(text).value());
  for (const std::string text : {"", "2", "y", "treu"}) {
    EXPECT_THAT(ParseSwitch(text), FailsWith(StatusCode::kInvalidArgument, HasSubstr("'" + text + "'")));
  }
}

TEST(SetStreamField, SetsEachFieldByTheNameThatPeopleWrite) {
  StreamConfig config;
  const auto set = [&](std::string_view key, std::string_view text) {
    EXPECT_THAT(SetStreamField(key, text, "/base", config), IsOk());
  };
  set("name", "aux tel");
  set("input_dir", "in");
  set("output_dir", "/out");
  set("storage", "../storage");
  set("repo", "/repo");
  set("first_day", "20200501");
  set("last_day", "2020-05-02");
  set("num_days", "-1");  // read here, refused by NightsOf
  set("gen", "3");
  set("search_links", "yes");
  set("compare_checksums", "on");
  set("grace", "2min");
  set("busy_timeout", "3");
  set("threads", "7");

  EXPECT_EQ(config.stream.name, "aux tel");
  EXPECT_EQ(config.stream.input_dir, "/base/in");
  EXPECT_EQ(config.stream.output_dir, "/out");
  EXPECT_EQ(config.stream.storage, "/base/../storage");
  EXPECT_EQ(config.stream.repo, "/repo");
  EXPECT_EQ(config.window, (NightWindow{N("2020-05-01"), N("2020-05-02"), -1}));
  EXPECT_EQ(config.stream.generation, RegistryGeneration::kGen3);
  EXPECT_TRUE(config.stream.search_links);
  EXPECT_TRUE(config.stream.compare_checksums);
  EXPECT_TRUE(RegistryOptionsOf(config.stream).checksums);
  EXPECT_EQ(config.stream.grace, minutes{2});
  EXPECT_EQ(config.stream.busy_timeout, seconds{3});
  EXPECT_EQ(config.stream.num_threads, 7);
}

TEST(SetStreamField, KnowsEveryKeyThatIsListed) {
  for (const std::string_view key : StreamKeys()) {
    StreamConfig config;
    EXPECT_NE(SetStreamField(key, "\x01", "", config).code(), StatusCode::kNotFound) << key;
  }
}

TEST(SetStreamField, ReadsWhatIsLetPassAndWhatIsExpected) {
  StreamConfig config;
  const auto set = [&](std::string_view key, std::string_view text) {
    return SetStreamField(key, text, "/base", config);
  };
  ASSERT_THAT(set("guider_grace", "5min"), IsOk());
  ASSERT_THAT(set("missing_grace", "10min"), IsOk());
  ASSERT_THAT(set("partial_age", "2h"), IsOk());
  ASSERT_THAT(set("manifest", "taken/{night}.txt"), IsOk());
  ASSERT_THAT(set("ignore",
                  "detector=R22_*,reason=R22 is off, since Monday\npattern=*.log, detector=R01_S??,reason=x"),
              IsOk());
  const MatchOptions options = MatchOptionsOf(config.stream);
  EXPECT_EQ(options.guider_grace, minutes{5});
  EXPECT_EQ(options.missing_grace, minutes{10});
  EXPECT_EQ(options.partial_age, hours{2});
  EXPECT_EQ(config.stream.manifest, "/base/taken/{night}.txt");
  EXPECT_THAT(options.ignore,
              ElementsAre(IgnoreRule{.detector = "R22_*", .reason = "R22 is off, since Monday"},
                          IgnoreRule{.pattern = "*.log", .detector = "R01_S??", .reason = "x"}));
  ASSERT_THAT(set("ignore", "observation_type=dark,missing=no,reason=darks are not ingested"), IsOk());
  EXPECT_THAT(config.stream.ignore,
              ElementsAre(IgnoreRule{
                  .observation_type = "dark", .reason = "darks are not ingested", .missing = false}));
  ASSERT_THAT(set("expected_sql", "sqlite:///telemetry.sqlite3"), IsOk());
  EXPECT_EQ(config.stream.expected.uri, "sqlite:////base/telemetry.sqlite3");
  EXPECT_THAT(set("expected_sql", "postgresql://me:secret@db/efd"),
              FailsWith(StatusCode::kInvalidArgument, Not(HasSubstr("secret"))));
  for (const std::string_view bad :
       {"R22", "reason=x", "detector=R22", "detector=,reason=x", "sort=BIAS,reason=x",
        "pattern=a,pattern=b,reason=x", "missing=no,reason=x", "pattern=a,missing=maybe,reason=x"}) {
    EXPECT_THAT(set("ignore", bad), FailsWith(StatusCode::kInvalidArgument, HasSubstr("rule"))) << bad;
  }
}

TEST(SetStreamField, TakesAMapOfARuleWithCommasInItsValues) {
  StreamConfig config;
  ASSERT_THAT(SetStreamField("ignore",
                             "\x1freason=off, since Monday\x1fpattern=a,b*.fits\x1f\ndetector=R22_*,reason=b",
                             "", config),
              IsOk());
  EXPECT_THAT(config.stream.ignore,
              ElementsAre(IgnoreRule{.pattern = "a,b*.fits", .reason = "off, since Monday"},
                          IgnoreRule{.detector = "R22_*", .reason = "b"}));
  for (const std::string_view bad : {"\x1f", "\x1fpattern=a\x1f", "\x1fpattern=a,reason=x\x1f"}) {
    EXPECT_THAT(SetStreamField("ignore", bad, "", config),
                FailsWith(StatusCode::kInvalidArgument, HasSubstr("a rule must")))
        << bad;
  }
}

TEST(SetStreamField, RefusesAQueryThatDoesNotSayWhereTheNightGoes) {
  StreamConfig config;
  for (const std::string_view key : {"registry_query", "expected_query"}) {
    EXPECT_THAT(SetStreamField(key, "SELECT path FROM files", "", config),
                FailsWith(StatusCode::kInvalidArgument, HasSubstr("where the night goes")));
    EXPECT_THAT(SetStreamField(key, "SELECT path FROM files WHERE night = {night}", "", config), IsOk());
  }
}

TEST(SetStreamField, RefusesEventTablesInAnythingButPostgres) {
  StreamConfig config;
  EXPECT_THAT(SetStreamField("registry_events", "sqlite:////events.sqlite3", "", config),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("in a PostgreSQL database")));
}

TEST(SetStreamField, TakesAnEmptyMapOfDetectorNamesForNoneThatDiffer) {
  StreamConfig config;
  ASSERT_THAT(SetStreamField("detector_names", "", "", config), IsOk());
  EXPECT_THAT(config.stream.detector_names, testing::IsEmpty());
}

TEST(CheckOptionsOf, RefusesAQueryWithoutItsDatabaseAndADatabaseWithoutItsQuery) {
  const SqlQuery without_uri{.query = "SELECT path FROM files WHERE night = {night}"};
  const SqlQuery without_query{.uri = "sqlite:////files.sqlite3"};
  EXPECT_THAT(
      CheckOptionsOf({.sql = without_uri}),
      FailsWith(StatusCode::kInvalidArgument, StartsWith("registry_query is given without registry_sql")));
  EXPECT_THAT(
      CheckOptionsOf({.sql = without_query}),
      FailsWith(StatusCode::kInvalidArgument, StartsWith("registry_sql is given without registry_query")));
  EXPECT_THAT(
      CheckOptionsOf({.expected = without_uri}),
      FailsWith(StatusCode::kInvalidArgument, StartsWith("expected_query is given without expected_sql")));
  EXPECT_THAT(
      CheckOptionsOf({.expected = without_query}),
      FailsWith(StatusCode::kInvalidArgument, StartsWith("expected_sql is given without expected_query")));
  const SqlQuery both{.uri = without_query.uri, .query = without_uri.query};
  EXPECT_THAT(CheckOptionsOf({.sql = both, .expected = both}), IsOk());
}

TEST(CheckOptionsOf, RefusesAManifestsNameThatStandsForNothing) {
  EXPECT_THAT(CheckOptionsOf({.manifest = "/taken/{night}/{day_obs}.txt"}), IsOk());
  EXPECT_THAT(CheckOptionsOf({.manifest = "/taken/{nite}.txt"}),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("'{nite}' stands for nothing")));
  EXPECT_THAT(CheckOptionsOf({.manifest = "/taken/{night"}),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("'{night' stands for nothing")));
}

TEST(CheckOptionsOf, RefusesEventTablesThatNothingNames) {
  const EventTables events{.uri = "postgresql://db/lsst"};
  EXPECT_THAT(CheckOptionsOf({.storage = "/s", .events = events}),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("registry_prefix")));
  EXPECT_THAT(CheckOptionsOf({.input_dir = "/teststand/NCSA_auxTel", .events = events}), IsOk());
  EXPECT_THAT(CheckOptionsOf({.storage = "/s", .events = {.uri = events.uri, .prefix = "a b"}}),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("is no name of a table")));
}

TEST(CheckOptionsOf, RefusesToGoByLinksInGen3UnlessThePrototypeWasCalledSo) {
  Stream stream{.input_dir = "/data/comCam", .generation = RegistryGeneration::kGen3, .search_links = true};
  EXPECT_THAT(CheckOptionsOf(stream), FailsWith(StatusCode::kInvalidArgument, StartsWith("search_links")));
  stream.input_dir = "/teststand/NCSA_auxTel";
  EXPECT_THAT(CheckOptionsOf(stream), IsOk());
  stream.repo = "/repo";
  EXPECT_THAT(CheckOptionsOf(stream), FailsWith(StatusCode::kInvalidArgument, StartsWith("search_links")));
}

TEST(TodayOf, IsTheUtcDateUnlessTheStreamHasARuleOfItsOwn) {
  StreamConfig config;
  const UtcTime before_noon = Utc("2024-02-29T11:59:59");
  EXPECT_EQ(TodayOf(config.stream, before_noon), N("2024-02-29"));
  ASSERT_THAT(SetStreamField("night_offset", "12h", "", config), IsOk());
  EXPECT_EQ(TodayOf(config.stream, before_noon), N("2024-02-28"));
  EXPECT_EQ(TodayOf(config.stream, before_noon + seconds{1}), N("2024-02-29"));
  ASSERT_THAT(SetStreamField("night_scale", "tai", "", config), IsOk());
  EXPECT_EQ(TodayOf(config.stream, Utc("2024-02-29T11:59:22")), N("2024-02-28"));
  EXPECT_EQ(TodayOf(config.stream, Utc("2024-02-29T11:59:23")), N("2024-02-29"));
  ASSERT_THAT(SetStreamField("night_offset", "-10h", "", config), IsOk());
  EXPECT_EQ(TodayOf(config.stream, Utc("2024-02-29T13:59:23")), N("2024-03-01"));
  for (const std::string_view bad : {"25h", "90s", "noon", ""}) {
    EXPECT_THAT(SetStreamField("night_offset", bad, "", config),
                FailsWith(StatusCode::kInvalidArgument, HasSubstr("'")))
        << bad;
  }
  EXPECT_THAT(SetStreamField("night_scale", "gps", "", config),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("utc or tai")));
}

TEST(SetStreamField, QuotesWhatDoesNotFit) {
  StreamConfig config;
  EXPECT_THAT(SetStreamField("num_days", "two", "", config),
              FailsWith(StatusCode::kInvalidArgument, "'two' is no whole number"));
  EXPECT_THAT(SetStreamField("num_days", "99999999999", "", config),
              FailsWith(StatusCode::kInvalidArgument, "'99999999999' is no whole number"));
  EXPECT_THAT(SetStreamField("gen", "4", "", config),
              FailsWith(StatusCode::kInvalidArgument, "'4' is no generation of repositories: write 2 or 3"));
  EXPECT_THAT(SetStreamField("threads", "-2", "", config),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("'-2'")));
  EXPECT_THAT(SetStreamField("input_dir", "", "", config),
              FailsWith(StatusCode::kInvalidArgument, "an empty text names no folder"));
}

TEST(SetStreamField, SaysThatThereIsNoSuchField) {
  StreamConfig config;
  EXPECT_THAT(SetStreamField("colour", "red", "", config),
              FailsWith(StatusCode::kNotFound, HasSubstr("'colour'")));
}

}  // namespace
}  // namespace obsmon
