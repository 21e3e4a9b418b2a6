// What should arrive by a database of the observatory's own, and rules that go by observation type.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "obsmon/history.h"
#include "obsmon/monitor.h"
#include "sqlite/sqlite.h"
#include "support/gen3_builder.h"
#include "support/sample_stream.h"
#include "support/status_matchers.h"

namespace obsmon {
namespace {

using std::chrono::minutes;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const Night kNight = Night::Parse("2020-05-01").value();
const NightWindow kOneNight{.first_day = kNight, .last_day = kNight};

void Execute(const std::filesystem::path& file, std::string_view sql) {
  absl::StatusOr<sqlite::Connection> database =
      sqlite::Connection::Open(file.string(), sqlite::OpenMode::kReadWrite, std::chrono::seconds{1});
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT(database->Execute(sql), IsOk());
}

// A header that tells the type.
std::string Image(std::string_view type) {
  std::string image = fmt::format("{:80}{:80}{:80}", "SIMPLE  =                    T",
                                  fmt::format("IMGTYPE = '{:8}'", type), "END");
  image.resize(20'160, ' ');
  return image;
}

// A telemetry database beside a stream of one detector.
class ExpectedQuery : public testing::Test {
 protected:
  ExpectedQuery() {
    Execute(Telemetry(), "CREATE TABLE image (name TEXT, day INTEGER, taken TEXT, type TEXT)");
    options_ = stream_.Options();
    options_.expected = {.uri = "sqlite:///" + Telemetry().string(),
                         .query =
                             "SELECT name || '.fits' AS path, taken AS since, type AS observation_type "
                             "FROM image WHERE day = {day_obs}"};
  }
  std::filesystem::path Telemetry() const { return stream_.tree() / "telemetry.sqlite3"; }
  void Take(std::string_view name, std::string_view taken = "'2020-05-02 01:00:00'",
            std::string_view type = "science") const {
    Execute(Telemetry(),
            fmt::format("INSERT INTO image VALUES ('{}', 20200501, {}, '{}')", name, taken, type));
  }
  NightReport Observe() const {
    absl::StatusOr<NightReport> report = ObserveNight(options_, kNight, stream_.Later());
    EXPECT_THAT(report, IsOk());
    return *std::move(report);
  }
  UpdateResult Update(UtcTime as_of) const { return UpdateStream(options_, kOneNight, as_of); }
  NightSummary Known() const {
    const auto history = History::OpenReadOnly(stream_.Output());
    EXPECT_THAT(history, IsOk());
    const auto nights = (*history)->Nights();
    EXPECT_THAT(nights, IsOk());
    EXPECT_THAT(*nights, SizeIs(1));
    return nights->front();
  }
  static std::map<std::string, std::string> VerdictsOf(const NightReport& report) {
    std::map<std::string, std::string> verdicts;
    for (const FileRow& file : report.files()) {
      verdicts[std::string(file.path.substr(file.path.rfind('/') + 1))] = VerdictName(file.verdict);
    }
    return verdicts;
  }

  SampleStream stream_;
  Stream options_;
};

TEST_F(ExpectedQuery, NamesWhatNeverArrivedSinceWhenItWasTaken) {
  Take("AT_O_20200501_000001");
  Take("AT_O_20200501_000002");
  stream_.Arrive("20200501/AT_O_20200501_000001.fits");
  stream_.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  const NightReport report = Observe();
  ASSERT_EQ(report.files().size(), 2U);
  const FileRow missing = report.files()[1];
  EXPECT_EQ(missing.path, "20200501/AT_O_20200501_000002.fits");
  EXPECT_EQ(missing.verdict, Verdict::kMissing);
  EXPECT_EQ(missing.expected_since, Utc("2020-05-02T01:00:00"));
  EXPECT_EQ(report.counts.without_manifest, 0);
  EXPECT_EQ(report.state, NightState::kNeedsAttention);
}

TEST_F(ExpectedQuery, WithoutATimeAFileIsExpectedSinceItWasFirstListed) {
  Take("AT_O_20200501_000001", "NULL");
  const UtcTime first = stream_.Later();
  ASSERT_EQ(Update(first).outcome, UpdateOutcome::kDone);
  EXPECT_EQ(Known().counts[Verdict::kSettling], 1);
  ASSERT_EQ(Update(first + minutes{2}).outcome, UpdateOutcome::kDone);
  EXPECT_EQ(Known().counts[Verdict::kMissing], 1);
}

TEST_F(ExpectedQuery, SeesARowThatCameSinceTheLastLookAndNothingWhereNoneDid) {
  stream_.Arrive("20200501/AT_O_20200501_000001.fits");
  stream_.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  Take("AT_O_20200501_000001");
  const UtcTime now = stream_.Later();
  ASSERT_THAT(Update(now).changed, ElementsAre(kNight));
  EXPECT_EQ(Known().state, NightState::kComplete);
  EXPECT_THAT(Update(now + minutes{1}).changed, IsEmpty());
  Take("AT_O_20200501_000002");
  EXPECT_THAT(Update(now + minutes{2}).changed, ElementsAre(kNight));
  EXPECT_EQ(Known().counts[Verdict::kMissing], 1);
}

TEST_F(ExpectedQuery, ADatabaseThatCanNotBeAskedMakesItUnknownWhatIsMissingAndCostsNothingElse) {
  Take("AT_O_20200501_000001");
  Take("AT_O_20200501_000002");
  stream_.Arrive("20200501/AT_O_20200501_000001.fits");
  stream_.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  const UtcTime now = stream_.Later();
  ASSERT_EQ(Update(now).outcome, UpdateOutcome::kDone);
  EXPECT_EQ(Known().state, NightState::kNeedsAttention);

  std::filesystem::rename(Telemetry(), stream_.tree() / "away");
  const UpdateResult away = Update(now + minutes{1});
  EXPECT_EQ(away.outcome, UpdateOutcome::kDoneInPart);
  EXPECT_THAT(away.warnings, ElementsAre(AllOf(StartsWith(Telemetry().string()),
                                               EndsWith("which files are missing is not known"))));
  EXPECT_EQ(Known().state, NightState::kUnknown);
  EXPECT_THAT(Known().trouble, StartsWith(Telemetry().string()));
  EXPECT_EQ(Known().counts[Verdict::kIngested], 1);
  EXPECT_EQ(Known().counts[Verdict::kMissing], 0) << "what is not known is not said";
  EXPECT_THAT(ReadFile(stream_.Page("2020-05-01.html")),
              AllOf(HasSubstr("What could not be read"), HasSubstr("which files are missing is not known")));
  EXPECT_THAT(ReadFile(stream_.Page("index.html")), testing::Not(HasSubstr("registry could not be read")));
  EXPECT_EQ(Observe().counts.without_manifest, 1);

  std::filesystem::rename(stream_.tree() / "away", Telemetry());
  EXPECT_EQ(Update(now + minutes{2}).outcome, UpdateOutcome::kDone);
  EXPECT_EQ(Known().counts[Verdict::kMissing], 1);
}

TEST_F(ExpectedQuery, ARowThatCanNotBeMeantIsNamed) {
  Take("../AT_O_20200501_000001");
  stream_.Arrive("20200501/AT_O_20200501_000002.fits");
  const NightReport report = Observe();
  ASSERT_THAT(report.evidence.issues, SizeIs(1));
  EXPECT_EQ(report.evidence.issues[0].path, Telemetry().string());
  EXPECT_THAT(std::string(report.evidence.issues[0].status.message()), HasSubstr("leads out"));
  EXPECT_EQ(report.counts[Verdict::kNotIngested], 1);
}

TEST_F(ExpectedQuery, AJoinGoneWrongIsStoppedBeforeItFillsTheMemory) {
  options_.expected.query =
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i || '.fits' AS path FROM n "
      "WHERE {day_obs} IS NOT NULL";
  EXPECT_THAT(Observe().evidence.expected_status,
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("more than 1000000 files of 2020-05-01")));
}

TEST_F(ExpectedQuery, AQueryThatCanNotBeMeantEndsTheRun) {
  options_.expected.query = "SELECT name AS path FROM image";
  EXPECT_THAT(ObserveNight(options_, kNight, stream_.Later()),
              FailsWith(absl::StatusCode::kInvalidArgument,
                        AllOf(StartsWith("expected_query: "), HasSubstr("where the night goes"))));
}

TEST_F(ExpectedQuery, TellsTheObservationTypeOfWhatNeverArrivedToo) {
  Take("AT_O_20200501_000001", "'2020-05-02 01:00:00'", "DARK");
  Take("AT_O_20200501_000002");
  options_.ignore = {{.observation_type = "dark", .reason = "darks stay at the summit"}};
  const NightReport report = Observe();
  EXPECT_THAT(VerdictsOf(report), ElementsAre(std::pair("AT_O_20200501_000001.fits", "ignored"),
                                              std::pair("AT_O_20200501_000002.fits", "missing")));
  EXPECT_THAT(Reason(report.files()[0], report.as_of), HasSubstr("darks stay at the summit"));
  options_.ignore[0].missing = false;
  EXPECT_EQ(VerdictsOf(Observe())["AT_O_20200501_000001.fits"], "missing")
      << "a rule about the ingest alone does not hide that a dark was lost";
}

// --- observation types from elsewhere

TEST(ObservationTypeRule, GoesByTheHeaderOfAFileThatIsNotIngested) {
  const SampleStream stream;
  stream.tree().Text("storage/20200501/AT_O_20200501_000001.fits", Image("DARK"));
  stream.tree().Text("storage/20200501/AT_O_20200501_000002.fits", Image("OBJECT"));
  stream.tree().Text("storage/20200501/AT_O_20200501_000003.fits", Image("BIAS"));
  stream.Arrive("20200501/AT_O_20200501_000009.fits");  // without a header
  Stream options = stream.Options();
  options.ignore = {{.observation_type = "?a*", .reason = "darks"},
                    {.observation_type = "Science", .reason = "not ours"}};
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(options, kNight, stream.Later()));
  EXPECT_EQ(report.counts[Verdict::kIgnored], 2);
  EXPECT_EQ(report.counts[Verdict::kNotIngested], 2) << "of what type is not known, so that no rule holds";
}

TEST(ObservationTypeRule, GoesByWhatAGen2RegistryKnowsOfTheExposure) {
  SampleStream stream;
  stream.Sql("ALTER TABLE raw ADD COLUMN imageType text");
  stream.Arrive("20200501/AT_O_20200501_000001.fits");
  stream.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  stream.Sql("UPDATE raw SET imageType = 'DARK'");
  stream.Arrive("20200501/AT_O_20200501_000001_focus.fits");
  Stream options = stream.Options();
  options.ignore = {{.observation_type = "dark", .reason = "only its first image"}};
  ASSERT_OK_AND_ASSIGN(const NightReport report, ObserveNight(options, kNight, stream.Later()));
  EXPECT_EQ(report.counts[Verdict::kIngested], 1);
  EXPECT_EQ(report.counts[Verdict::kIgnored], 1);
}

TEST(ObservationTypeRule, TakesAGen2RegistrysWordForWhatAButlerCallsItAndAsksTheHeaderWhereItKnowsNone) {
  SampleStream stream;
  stream.Sql("ALTER TABLE raw ADD COLUMN imageType text");
  stream.Arrive("20200501/AT_O_20200501_000001.fits");
  stream.Ingest("20200501/AT_O_20200501_000001.fits", "2020-05-01");
  stream.Arrive("20200501/AT_O_20200501_000001_focus.fits");
  Stream options = stream.Options();
  options.ignore = {{.observation_type = "science", .reason = "only its first image"}};
  const auto num_ignored = [&](std::string_view type) {
    stream.Sql(fmt::format("UPDATE raw SET imageType = '{}'", type));
    return ObserveNight(options, kNight, stream.Later())->counts[Verdict::kIgnored];
  };
  EXPECT_EQ(num_ignored("SKYEXP"), 1);
  EXPECT_EQ(num_ignored("UNKNOWN"), 0);
  const std::string header =
      fmt::format("{:<80}{:<80}{:<80}", "SIMPLE  =                    T", "IMGTYPE = 'OBJECT  '", "END");
  stream.tree().Text("storage/20200501/AT_O_20200501_000001_focus.fits",
                     header + std::string(57'600 - header.size(), ' '));
  EXPECT_EQ(num_ignored("UNKNOWN"), 1);
}

TEST(ObservationTypeRule, GoesByWhatAGen3RegistryKnowsOfTheExposure) {
  const TempTree tree;
  tree.File("storage/20250501/MC_O_20250501_000001_R22_S11.fits");
  tree.File("storage/20250501/MC_O_20250501_000002_R22_S11.fits");
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.obs_id = "MC_O_20250501_000001",
                   .detector = "R22_S12",
                   .path = "a.fits",
                   .observation_type = "cwfs"});
  builder.Dataset({.obs_id = "MC_O_20250501_000002", .detector = "R22_S12", .path = "b.fits"});
  builder.Close();
  const Stream stream{.storage = tree / "storage",
                      .repo = tree / "repo",
                      .ignore = {{.observation_type = "CWFS", .reason = "wavefront sensing"}}};
  ASSERT_OK_AND_ASSIGN(const NightReport report,
                       ObserveNight(stream, Night::Parse("2025-05-01").value(), Utc("2030-01-01T00:00:00")));
  EXPECT_EQ(report.files()[0].verdict, Verdict::kIgnored);
  EXPECT_EQ(report.files()[1].verdict, Verdict::kNotIngested);
}

}  // namespace
}  // namespace obsmon
