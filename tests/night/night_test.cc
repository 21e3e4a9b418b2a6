#include "obsmon/night.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

Night N(std::string_view text) { return Night::Parse(text).value(); }

TEST(Night, IsReadInBothSpellingsOfFolders) {
  EXPECT_EQ(N("2020-05-01"), N("20200501"));
  EXPECT_EQ(N("2020-05-01").ToString(), "2020-05-01");
  EXPECT_EQ(N("2020-05-01").Compact(), "20200501");
  EXPECT_EQ(N("2020-05-01").yyyymmdd(), 20200501);
}

TEST(Night, RefusesWhatThePrototypeSliced) {
  // The prototype took the first eight characters of this for 2021-02-01.
  EXPECT_THAT(Night::Parse("202102015"), FailsWith(absl::StatusCode::kInvalidArgument,
                                                   AllOf(HasSubstr("'202102015'"), HasSubstr("YYYYMMDD"))));
}

TEST(Night, RefusesDaysThatTheCalendarDoesNotHave) {
  for (const std::string text :
       {"2021-02-29", "20211301", "20210100", "2021-04-31", "", "2021-2-01", " 20210101", "20210101 ",
        "2021/01/01", "20210a01", "-0210101", "２０２１０１０１"}) {
    EXPECT_THAT(Night::Parse(text), FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr(text)));
  }
  EXPECT_THAT(Night::Parse("2020-02-29"), IsOk());
}

TEST(Night, RunsFromNoonToNoonUtcByDefault) {
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T11:59:59")), N("2020-05-01"));
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T12:00:00") - nanoseconds{1}), N("2020-05-01"));
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T12:00:00")), N("2020-05-02"));
}

TEST(Night, OfButlerRegistriesBegins37SecondsEarlierForItCountsInTai) {
  const NightRule tai{.offset = hours{12}, .scale = TimeScale::kTai};
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T11:59:22"), tai), N("2020-05-01"));
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T11:59:23"), tai), N("2020-05-02"));
}

// Every second around every noon that matters, by each rule: one second decides, and nothing else does.
TEST(Night, TurnsAtOneSecondByEachRuleOnEachKindOfDay) {
  struct Rule {
    NightRule rule;
    seconds turn;  // from the date's midnight in UTC on
  };
  for (const Rule& rule :
       {Rule{{}, hours{12}}, Rule{{.offset = hours{12}, .scale = TimeScale::kTai}, hours{12} - seconds{37}},
        Rule{{.offset = hours{0}}, hours{0}},
        Rule{{.offset = hours{0}, .scale = TimeScale::kTai}, -seconds{37}},
        Rule{{.offset = -hours{10}}, -hours{10}}, Rule{{.offset = hours{24}}, hours{24}},
        Rule{{.offset = std::chrono::minutes{15 * 60 + 30}}, std::chrono::minutes{930}}}) {
    for (const std::string_view date :
         {"2020-02-28", "2020-02-29", "2020-03-01", "2021-02-28", "2021-03-01", "2020-12-31", "2021-01-01",
          "2016-12-31", "2100-02-28", "2100-03-01"}) {
      const UtcTime turn = UtcTime(N(date).date()) + rule.turn;
      EXPECT_EQ(Night::Containing(turn - nanoseconds{1}, rule.rule), N(date) - 1) << date;
      EXPECT_EQ(Night::Containing(turn - seconds{1}, rule.rule), N(date) - 1) << date;
      EXPECT_EQ(Night::Containing(turn, rule.rule), N(date)) << date;
      EXPECT_EQ(Night::Containing(turn + seconds{1}, rule.rule), N(date)) << date;
      EXPECT_EQ(Night::Containing(turn + hours{24} - nanoseconds{1}, rule.rule), N(date)) << date;
    }
  }
}

TEST(Night, FollowsTheRuleOfItsStream) {
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T00:00:00"), {.offset = hours{0}}), N("2020-05-02"));
  EXPECT_EQ(Night::Containing(Utc("2020-05-02T07:59:59"), {.offset = hours{8}}), N("2020-05-01"));
}

TEST(Night, OfAnInstantBefore1970IsTheDateBelowNotTheOneNearerToZero) {
  EXPECT_EQ(Night::OfUtcDate(UtcTime{} - seconds{1}), N("1969-12-31"));
}

TEST(Night, CountsNightsAcrossLeapDaysAndYears) {
  EXPECT_EQ(N("2020-02-28") + 2, N("2020-03-01"));
  EXPECT_EQ(N("2021-01-01") - 1, N("2020-12-31"));
  EXPECT_EQ(N("2021-01-01") - N("2020-01-01"), 366);
}

TEST(UtcTime, IsWrittenInIso8601CutToItsSecond) {
  EXPECT_EQ(FormatUtc(Utc("2020-05-02T00:28:59") + nanoseconds{999'999'999}), "2020-05-02T00:28:59Z");
  EXPECT_EQ(FormatUtcNanos(Utc("2020-05-02T00:28:59") + nanoseconds{7}), "2020-05-02T00:28:59.000000007Z");
  EXPECT_EQ(FormatUtcNanos(UtcTime{} - nanoseconds{1}), "1969-12-31T23:59:59.999999999Z");
}

}  // namespace
}  // namespace obsmon
