#include "obsmon/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const UtcTime kNow = Utc("2020-05-02T06:00:00");

constexpr CheckRange kNever{.least = std::nullopt};

Night N(std::string_view text) { return Night::Parse(text).value(); }

/// A night with these numbers of files, looked at five minutes ago.
NightSummary NightWith(std::string_view night, std::int64_t ingested, std::int64_t not_ingested = 0) {
  NightSummary summary{.night = N(night), .state = NightState::kComplete, .looked_at = kNow - minutes{5}};
  summary.counts.files = ingested + not_ingested;
  summary.counts[Verdict::kIngested] = ingested;
  summary.counts[Verdict::kNotIngested] = not_ingested;
  if (not_ingested > 0) summary.state = NightState::kNeedsAttention;
  return summary;
}

NightSummary UnreadableNight(std::string_view night) {
  NightSummary summary = NightWith(night, 0);
  summary.state = NightState::kUnknown;
  summary.trouble = "registry.sqlite3: locked";
  return summary;
}

StreamCheck Check(const absl::StatusOr<std::vector<NightSummary>>& nights, CheckLimits limits = {}) {
  if (limits.since == Night{}) limits.since = N("2020-04-25");
  return CheckStream("comCam", nights, kNow, limits);
}

std::string LineOf(const std::vector<StreamCheck>& checks, const CheckLimits& limits = {}) {
  return CheckLine(checks, kNow, limits);
}

TEST(Check, IsOkWhereNothingNeedsAttention) {
  const StreamCheck check = Check({{NightWith("2020-05-02", 7), NightWith("2020-05-01", 100)}});
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_EQ(check.sentence, "107 files in 2 nights since 2020-04-25, none needs attention");
}

TEST(Check, SaysHowManyAreOnTheirWayWithoutAlarm) {
  NightSummary night = NightWith("2020-05-01", 10);
  night.counts[Verdict::kInFlight] = 2;
  night.counts[Verdict::kSettling] = 1;
  night.state = NightState::kInProgress;
  const StreamCheck check = Check({{night}});
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_THAT(check.sentence, HasSubstr("3 on their way"));
}

TEST(Check, IsCriticalFromTheFirstFileThatNeedsAttentionUnlessToldOtherwise) {
  const StreamCheck check = Check({{NightWith("2020-05-02", 7), NightWith("2020-05-01", 100, 1)}});
  EXPECT_EQ(check.state, CheckState::kCritical);
  EXPECT_EQ(check.sentence, "2020-05-01: 1 file arrived but is not ingested");
}

TEST(Check, CountsFilesOfAllNightsAgainstItsLimits) {
  const std::vector<NightSummary> nights = {NightWith("2020-05-02", 0, 3), NightWith("2020-05-01", 0, 2)};
  const auto state = [&](CheckRange warning, CheckRange critical) {
    return Check({nights}, {.warning = warning, .critical = critical}).state;
  };
  EXPECT_EQ(state({.most = 5}, {.most = 6}), CheckState::kOk);
  EXPECT_EQ(state({.most = 4}, {.most = 5}), CheckState::kWarning);
  EXPECT_EQ(state({.most = 4}, {.most = 4}), CheckState::kCritical);
  EXPECT_EQ(state({.most = 4}, kNever), CheckState::kWarning);
  EXPECT_EQ(state(kNever, kNever), CheckState::kOk);
  EXPECT_THAT(Check({nights}).sentence, HasSubstr("; and 1 more night"));
}

TEST(Check, IsWorriedByLatenessOfTheNewestNightThatHasAnyByItsOwnLimits) {
  NightSummary yesterday = NightWith("2020-05-01", 5);
  yesterday.latency.arrival_to_ingest = {.files = 5, .p50 = minutes{1}, .p95 = minutes{6}, .max = hours{2}};
  NightSummary before = NightWith("2020-04-30", 5);
  before.latency.arrival_to_ingest = {.files = 5, .p95 = hours{9}, .max = hours{9}};
  const std::vector<NightSummary> nights = {NightWith("2020-05-02", 0), yesterday, before};
  const StreamCheck calm = Check({nights}, {.p95_warning = CheckRange{.most = 360}});
  EXPECT_EQ(calm.state, CheckState::kOk) << "and what was late in an older night is over";
  const StreamCheck late = Check({nights}, {.p95_warning = CheckRange{.most = 359}});
  EXPECT_EQ(late.state, CheckState::kWarning);
  EXPECT_EQ(late.sentence,
            "2020-05-01: 95 % of 5 files took up to 6 min from arrival to ingest, the longest 2 h 00 min");
  EXPECT_EQ(Check({nights}, {.p95_warning = CheckRange{.most = 359}, .p95_critical = CheckRange{.most = 300}})
                .state,
            CheckState::kCritical);
  EXPECT_EQ(Check({nights}, {.longest_critical = CheckRange{.most = 7199}}).state, CheckState::kCritical);
  EXPECT_EQ(
      Check({nights}, {.longest_critical = CheckRange{.most = 0}, .latency = &Latencies::creation_to_arrival})
          .state,
      CheckState::kOk)
      << "of this one nothing is known";
  NightSummary skewed = NightWith("2020-05-02", 5);
  skewed.latency.arrival_to_ingest = {.files = 5, .negative = 5, .p95 = -minutes{6}, .max = -minutes{1}};
  EXPECT_EQ(Check({{skewed}}, {.longest_critical = CheckRange{.most = 60}}).state, CheckState::kOk)
      << "a wrong clock is no lateness";
}

TEST(Check, SaysBothWhereFilesNeedAttentionAndAreLateTheGraverFirst) {
  NightSummary night = NightWith("2020-05-01", 5, 1);
  night.latency.arrival_to_ingest = {.files = 5, .p95 = minutes{6}, .max = minutes{6}};
  const StreamCheck check =
      Check({{night}}, {.critical = kNever, .longest_critical = CheckRange{.most = 60}});
  EXPECT_EQ(check.state, CheckState::kCritical);
  EXPECT_THAT(check.sentence, StartsWith("2020-05-01: 95 % of 5 files"));
  EXPECT_THAT(check.sentence, HasSubstr("; 2020-05-01: 1 file arrived but is not ingested"));
}

TEST(Check, IsUnknownWhereNoNightCounts) {
  const StreamCheck check = Check({{NightWith("2020-05-01", 5)}}, {.since = N("2020-05-02")});
  EXPECT_EQ(check.state, CheckState::kUnknown);
  EXPECT_EQ(check.sentence, "no night since 2020-05-02 has been looked at");
}

TEST(CheckRange, IsLeftAsThePluginsGuidelinesSay) {
  struct Case {
    CheckRange range;
    std::string text;
    std::vector<double> left;
    std::vector<double> not_left;
  };
  for (const Case& c :
       {Case{{.most = 10}, "10", {-1, 10.1}, {0, 10}}, Case{{.least = 10}, "10:", {9.9}, {10, 1e9}},
        Case{{.least = std::nullopt, .most = 10}, "~:10", {11}, {-1e9, 10}},
        Case{{.least = 10, .most = 20}, "10:20", {9, 21}, {10, 20}},
        Case{{.least = 10, .most = 20, .is_inverted = true}, "@10:20", {10, 20}, {9, 21}},
        Case{{.most = 10, .is_inverted = true}, "@10", {0, 10}, {11}}, Case{kNever, "~:", {}, {-1e9, 1e9}}}) {
    EXPECT_EQ(c.range.ToString(), c.text);
    for (const double value : c.left) EXPECT_TRUE(c.range.IsLeftBy(value)) << c.text << ' ' << value;
    for (const double value : c.not_left) EXPECT_FALSE(c.range.IsLeftBy(value)) << c.text << ' ' << value;
  }
}

TEST(Check, LeavesOutNightsBeforeTheFirstThatCounts) {
  const StreamCheck check =
      Check({{NightWith("2020-05-02", 7), NightWith("2020-05-01", 0, 9)}}, {.since = N("2020-05-02")});
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_EQ(check.num_nights, 1);
  EXPECT_EQ(check.files, 7);
}

TEST(Check, IsUnknownWhereTheRegistryCouldNotBeReadButAKnownProblemComesFirst) {
  EXPECT_EQ(Check({{UnreadableNight("2020-05-02"), NightWith("2020-05-01", 5)}}).state, CheckState::kUnknown);
  EXPECT_EQ(Check({{UnreadableNight("2020-05-02"), NightWith("2020-05-01", 5, 1)}}).state,
            CheckState::kCritical);
}

TEST(Check, NoticesThatTheMonitorIsDeadWhateverItFoundLast) {
  const std::vector<NightSummary> nights = {NightWith("2020-05-01", 5, 1)};
  EXPECT_EQ(Check({nights}, {.max_age = minutes{5}}).state, CheckState::kCritical);
  const StreamCheck check = Check({nights}, {.max_age = minutes{5} - std::chrono::seconds{1}});
  EXPECT_EQ(check.state, CheckState::kUnknown);
  EXPECT_THAT(check.sentence, StartsWith("last looked at 5 min ago, at 2020-05-02 05:55:00Z"));
  EXPECT_THAT(check.sentence, HasSubstr("1 file arrived but is not ingested"));
}

TEST(Check, TakesTheLatestLookAtAnyNightForTheLastOne) {
  NightSummary old = NightWith("2020-05-01", 5);
  old.looked_at = kNow - hours{30};
  EXPECT_EQ(Check({{NightWith("2020-05-02", 0), old}}).state, CheckState::kOk);
}

TEST(Check, DoesNotTrustALookFromTheFuture) {
  NightSummary night = NightWith("2020-05-02", 5);
  night.looked_at = kNow + hours{2};
  EXPECT_EQ(Check({{night}}).state, CheckState::kUnknown);
  night.looked_at = kNow + std::chrono::seconds{20};
  EXPECT_EQ(Check({{night}}).state, CheckState::kOk);
}

TEST(Check, IsUnknownWithoutAHistoryAndWithAPrototypesAlone) {
  const StreamCheck check = Check(absl::NotFoundError("/www/x: there is no history yet"));
  EXPECT_EQ(check.state, CheckState::kUnknown);
  EXPECT_EQ(check.sentence, "/www/x: there is no history yet");
  NightSummary night = NightWith("2020-05-01", 5);
  night.from_prototype = true;
  EXPECT_EQ(Check({{night}}).state, CheckState::kUnknown);
  EXPECT_EQ(Check({std::vector<NightSummary>{}}).state, CheckState::kUnknown);
}

TEST(CheckLine, IsOneLineWithPerformanceData) {
  EXPECT_EQ(LineOf({Check({{NightWith("2020-05-01", 5, 1)}})}),
            "OBSMON CRITICAL - comCam: 2020-05-01: 1 file arrived but is not ingested | "
            "files=6;;;0 attention=1;0;0;0 waiting=0;;;0 age=300s;;900;0");
}

TEST(CheckLine, WritesItsLimitsAsRanges) {
  NightSummary night = NightWith("2020-05-01", 5);
  night.latency.arrival_to_ingest = {
      .files = 5, .p95 = minutes{6}, .max = std::chrono::milliseconds{7'200'500}};
  const CheckLimits limits{.warning = {.most = 9},
                           .critical = kNever,
                           .p95_warning = CheckRange{.least = std::nullopt, .most = 300},
                           .longest_critical = CheckRange{.most = 7200}};
  EXPECT_THAT(LineOf({Check({{night}}, limits)}, limits),
              HasSubstr("attention=0;9;~:;0 waiting=0;;;0 age=300s;;900;0 p95=360.000s;~:300;; "
                        "longest=7200.500s;;7200;"));
}

TEST(CheckLine, TellsOfTheGravestStreamFirstAndNamesEachInThePerformanceData) {
  StreamCheck calm = Check({{NightWith("2020-05-01", 5)}});
  calm.stream = "auxTel";
  const StreamCheck bad = Check({{NightWith("2020-05-01", 5, 1)}});
  const std::string line = LineOf({calm, bad});
  EXPECT_THAT(line, StartsWith("OBSMON CRITICAL - comCam: 2020-05-01: 1 file"));
  EXPECT_THAT(line, HasSubstr("; auxTel: 5 files in 1 night"));
  EXPECT_THAT(line, HasSubstr("'auxTel attention'=0;0;0;0"));
  EXPECT_THAT(line, HasSubstr("'comCam attention'=1;0;0;0"));
}

TEST(CheckLine, HasNoNumbersOfAStreamOfWhichNothingIsKnown) {
  const StreamCheck unread = Check(absl::NotFoundError("/www/comCam: there is no history yet"));
  EXPECT_EQ(LineOf({unread}), "OBSMON UNKNOWN - comCam: /www/comCam: there is no history yet");
  StreamCheck calm = Check({{NightWith("2020-05-01", 5)}});
  calm.stream = "auxTel";
  EXPECT_THAT(LineOf({unread, calm}), HasSubstr(" | 'auxTel files'=5;;;0 "));
  EXPECT_THAT(LineOf({unread, calm}), Not(HasSubstr("'comCam ")));
}

TEST(CheckLine, HoldsNamesThatWouldEndItOrItsLabels) {
  StreamCheck check = Check({{NightWith("2020-05-01", 0)}});
  check.sentence = "/www/a|b\n: gone";
  check.stream = "it's a=b|c";
  StreamCheck other = check;
  const std::string line = LineOf({check, other});
  EXPECT_EQ(std::ranges::count(line, '|'), 1);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, HasSubstr("'it_s a_b/c files'=0"));
}

TEST(WorstOf, PutsCriticalBeforeUnknownBeforeWarning) {
  const auto of = [](CheckState state) { return StreamCheck{.state = state}; };
  using enum CheckState;
  EXPECT_EQ(WorstOf(std::vector{of(kOk), of(kUnknown), of(kCritical), of(kWarning)}), kCritical);
  EXPECT_EQ(WorstOf(std::vector{of(kOk), of(kUnknown), of(kWarning)}), kUnknown);
  EXPECT_EQ(WorstOf(std::vector{of(kOk), of(kWarning)}), kWarning);
  EXPECT_EQ(WorstOf({}), kUnknown);
}

}  // namespace
}  // namespace obsmon
