#include "obsmon/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::HasSubstr;
using testing::Not;

NightSummary NightAt(int day) {
  NightSummary night{.night = Night::Parse("2020-05-01").value() + day,
                     .state = NightState::kNeedsAttention,
                     .looked_at = Utc("2020-05-09T06:00:00")};
  night.counts.files = 5;
  night.counts[Verdict::kIngested] = 3;
  night.counts[Verdict::kNotIngested] = 2;
  night.counts.last_ingest = Utc("2020-05-02T00:30:00");
  return night;
}

std::string MetricsOf(std::vector<NightSummary> nights, std::string stream = "comCam") {
  return RenderMetrics(std::vector<StreamMetrics>{
      {.stream = std::move(stream), .update_status = 1, .nights = std::move(nights)}});
}

TEST(Metrics, CountTheFilesOfANightByVerdict) {
  const std::string text = MetricsOf({NightAt(0)});
  EXPECT_THAT(text, HasSubstr("# TYPE obsmon_files gauge\n"));
  EXPECT_THAT(text,
              HasSubstr("obsmon_files{stream=\"comCam\",night=\"2020-05-01\",verdict=\"not_ingested\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("obsmon_files{stream=\"comCam\",night=\"2020-05-01\",verdict=\"missing\"} 0\n"));
}

TEST(Metrics, TellTheStateOfANight) {
  const std::string text = MetricsOf({NightAt(0)});
  EXPECT_THAT(text, HasSubstr("night=\"2020-05-01\",state=\"needs_attention\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("night=\"2020-05-01\",state=\"complete\"} 0\n"));
}

TEST(Metrics, TellTheLatenciesOfTheSpansThatAreKnown) {
  NightSummary night = NightAt(0);
  night.latency.creation_to_ingest = {.files = 3,
                                      .negative = 1,
                                      .min = std::chrono::seconds{-1},
                                      .p50 = std::chrono::milliseconds{1500},
                                      .p95 = std::chrono::seconds{20},
                                      .max = std::chrono::seconds{30}};
  const std::string text = MetricsOf({night});
  const std::string labels = "{stream=\"comCam\",night=\"2020-05-01\",span=\"creation_to_ingest\"";
  EXPECT_THAT(text, HasSubstr("obsmon_latency_seconds" + labels + ",rank=\"p50\"} 1.500\n"));
  EXPECT_THAT(text, HasSubstr("obsmon_latency_seconds" + labels + ",rank=\"max\"} 30.000\n"));
  EXPECT_THAT(text, HasSubstr("obsmon_latency_files" + labels + "} 3\n"));
  EXPECT_THAT(text, HasSubstr("obsmon_latency_negative_files" + labels + "} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("span=\"arrival_to_ingest\"")));
}

TEST(Metrics, TellOfHowManyExposuresItIsKnownWhatToExpect) {
  NightSummary night = NightAt(0);
  night.counts.exposures = 12;
  night.counts.without_manifest = 3;
  EXPECT_THAT(MetricsOf({night}), HasSubstr("night=\"2020-05-01\",manifest=\"yes\"} 9\n"));
  EXPECT_THAT(MetricsOf({night}), HasSubstr("night=\"2020-05-01\",manifest=\"no\"} 3\n"));
}

TEST(Metrics, LeaveOutATimeThatIsNotKnown) {
  const std::string text = MetricsOf({NightAt(0)});
  EXPECT_THAT(text, HasSubstr("obsmon_last_ingest_timestamp_seconds{stream=\"comCam\",night=\"2020-05-01\"} "
                              "1588379400.000\n"));
  EXPECT_THAT(text, Not(HasSubstr("obsmon_last_arrival_timestamp_seconds{")));
}

TEST(Metrics, TakeWhatAPrototypesDatabaseTellsForNoLook) {
  NightSummary old = NightAt(0);
  old.from_prototype = true;
  EXPECT_THAT(MetricsOf({old}), Not(HasSubstr("obsmon_last_look_timestamp_seconds{")));
  old.looked_at = Utc("2020-05-09T07:00:00");
  EXPECT_THAT(MetricsOf({NightAt(1), old}),
              HasSubstr("obsmon_last_look_timestamp_seconds{stream=\"comCam\"} 1589004000.000\n"));
}

TEST(Metrics, NameTheLatestNightsAloneButCountAllThatAreOpen) {
  std::vector<NightSummary> nights;
  for (int day = 8; day >= 0; --day) nights.push_back(NightAt(day));
  const std::string text = MetricsOf(nights);
  EXPECT_THAT(text, HasSubstr("night=\"2020-05-07\""));
  EXPECT_THAT(text, Not(HasSubstr("night=\"2020-05-06\"")));
  EXPECT_THAT(text, HasSubstr("obsmon_open_nights{stream=\"comCam\"} 9\n"));
}

TEST(Metrics, TellHowTheUpdateEndedEvenWithoutAHistory) {
  const std::string text = RenderMetrics(std::vector<StreamMetrics>{{.stream = "gone", .update_status = 3}});
  EXPECT_THAT(text, HasSubstr("obsmon_update_status{stream=\"gone\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("obsmon_open_nights{")));
}

TEST(Metrics, EscapeAStreamsName) {
  EXPECT_THAT(MetricsOf({NightAt(0)}, "a\"b\\c\nd"), HasSubstr("{stream=\"a\\\"b\\\\c\\\\nd\"}"));
}

}  // namespace
}  // namespace obsmon
