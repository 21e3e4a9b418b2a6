#include "obsmon/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "history/any_history.h"
#include "history/database.h"
#include "history/night_reports.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

class SqliteStore final : public HistoryStore {
 public:
  absl::StatusOr<std::unique_ptr<History>> Open() override { return History::Open(tree_.root()); }
  absl::StatusOr<std::unique_ptr<History>> OpenReadOnly() override {
    return History::OpenReadOnly(tree_.root());
  }
  std::vector<std::string> Lines(const std::string& sql) override {
    return Database(tree_ / kHistoryFileName).Lines(sql);
  }

 private:
  TempTree tree_;
};

std::unique_ptr<HistoryStore> MakeSqliteStore() { return std::make_unique<SqliteStore>(); }

INSTANTIATE_TEST_SUITE_P(Sqlite, AnyHistory,
                         testing::Values(KindOfHistory{.name = "file", .make = &MakeSqliteStore}));

class HistoryTest : public testing::Test {
 protected:
  std::unique_ptr<History> Open() const {
    auto history = History::Open(tree_.root());
    EXPECT_THAT(history, IsOk());
    return *std::move(history);
  }
  Database Raw() const { return Database(tree_ / kHistoryFileName); }
  std::vector<NightSummary> Nights() const { return Open()->Nights().value(); }

  /// One run that puts these reports.
  void Put(const std::vector<NightReport>& reports, const NightFingerprint& fingerprint = {}) const {
    const std::unique_ptr<History> history = Open();
    ASSERT_THAT(history->Begin(), IsOk());
    for (const NightReport& report : reports) ASSERT_THAT(history->Put(report, fingerprint), IsOk());
    ASSERT_THAT(history->Commit(), IsOk());
  }

  /// Makes the history what an obsmon of that version would have made.
  void TakeBackToVersion(int version) const {
    const std::vector<std::string> since_version = {
        "ALTER TABLE transfer DROP COLUMN checksum", "ALTER TABLE ingest DROP COLUMN link_target",
        "ALTER TABLE folder DROP COLUMN plain_files",
        "ALTER TABLE folder DROP COLUMN changed; ALTER TABLE night DROP COLUMN num_hiding", kRowsForPacks};
    for (std::size_t from = since_version.size() + 2; from > static_cast<std::size_t>(version); --from) {
      Raw().Query(since_version[from - 3]);
    }
    Raw().Query("PRAGMA user_version = " + std::to_string(version));
  }

  // As version 6 had them.
  static constexpr const char* kRowsForPacks = R"(
CREATE TABLE transfers AS SELECT * FROM transfer;
CREATE TABLE ingests AS SELECT * FROM ingest;
CREATE TABLE folders AS SELECT * FROM folder;
DROP VIEW transfer; DROP VIEW ingest; DROP VIEW folder;
DROP TABLE transfer_pack; DROP TABLE ingest_pack; DROP TABLE folder_pack;
CREATE TABLE folder (
  night INTEGER NOT NULL, position INTEGER NOT NULL, path TEXT NOT NULL, present INTEGER NOT NULL,
  device INTEGER NOT NULL, inode INTEGER NOT NULL, modified INTEGER NOT NULL, plain_files INTEGER,
  changed INTEGER, PRIMARY KEY (night, position)
) WITHOUT ROWID;
CREATE TABLE transfer (
  night INTEGER NOT NULL, path TEXT NOT NULL, filenum INTEGER NOT NULL, size INTEGER NOT NULL,
  creation INTEGER NOT NULL, arrival INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
  state INTEGER NOT NULL, verdict INTEGER NOT NULL, checksum INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (night, path)
) WITHOUT ROWID;
CREATE TABLE ingest (
  night INTEGER NOT NULL, path TEXT NOT NULL, filenum INTEGER NOT NULL, device INTEGER NOT NULL,
  inode INTEGER NOT NULL, ingest_time INTEGER, artifact INTEGER NOT NULL, status INTEGER NOT NULL,
  link_target TEXT NOT NULL DEFAULT '', PRIMARY KEY (night, path)
) WITHOUT ROWID;
INSERT INTO folder SELECT * FROM folders;
INSERT INTO transfer SELECT * FROM transfers;
INSERT INTO ingest SELECT * FROM ingests;
DROP TABLE folders; DROP TABLE transfers; DROP TABLE ingests;
DROP VIEW FILE_COUNT_GEN3; DROP VIEW FILE_LIST_GEN3;
ALTER TABLE event DROP COLUMN arrival; ALTER TABLE event DROP COLUMN size;
CREATE VIEW FILE_COUNT_GEN3 AS SELECT 1; CREATE VIEW FILE_LIST_GEN3 AS SELECT 1;
)";

  TempTree tree_;
};

TEST_F(HistoryTest, OfAnEmptyFileIsMadeAsIfThereWereNone) {
  tree_.Text(kHistoryFileName, "");
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})});
  EXPECT_THAT(Nights(), SizeIs(1));
}

TEST_F(HistoryTest, FileHasThePermissionsThatTheUmaskLeaves) {
  const mode_t before = umask(002);
  Open();
  umask(before);
  struct stat found {};
  ASSERT_EQ(stat((tree_ / kHistoryFileName).c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0664U);
}

TEST_F(HistoryTest, OfVersion1IsReadAsItIsAndBroughtToThisVersionByTheFirstThatMayWrite) {
  Raw().Query(ReadFile(std::filesystem::path(OBSMON_SOURCE_DIR) / "tests/history/version1.sql"));
  const std::string before = ReadFile(tree_ / kHistoryFileName);
  const auto read_only = History::OpenReadOnly(tree_.root());
  ASSERT_THAT(read_only, IsOk());
  const std::vector<NightSummary> nights = (*read_only)->Nights().value();
  ASSERT_THAT(nights, SizeIs(1));
  EXPECT_EQ(nights[0].counts.files, 109);
  EXPECT_EQ(nights[0].counts[Verdict::kNotIngested], 3);
  EXPECT_EQ(nights[0].latency, Latencies());
  EXPECT_TRUE(ReadFile(tree_ / kHistoryFileName) == before);

  const auto rows = Raw().Query("SELECT *, 0 FROM transfer");
  EXPECT_EQ(Nights()[0].counts, nights[0].counts);  // opens it for writing
  EXPECT_EQ(Raw().Query("SELECT * FROM transfer"), rows);
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
  NightReport report = Report(N("2020-05-02"), {});
  report.latency.arrival_to_ingest = {.files = 8};
  Put({report});
  EXPECT_EQ(Nights()[0].latency, report.latency);
}

TEST_F(HistoryTest, OfVersion2IsReadAsItIsAndBroughtToThisVersionByTheFirstThatMayWrite) {
  NightReport report = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}});
  report.latency.arrival_to_ingest = {.files = 8};
  Put({report});
  Raw().Query("UPDATE night SET num_issues = 3");
  TakeBackToVersion(2);
  const std::vector<NightSummary> nights = History::OpenReadOnly(tree_.root()).value()->Nights().value();
  ASSERT_THAT(nights, SizeIs(1));
  EXPECT_EQ(nights[0].latency, report.latency);
  EXPECT_EQ(nights[0].num_hiding, 3) << "which of its issues may hide files it does not tell";
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("2"));

  EXPECT_EQ(Open()->Nights().value()[0].num_hiding, 3);
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
  EXPECT_THAT(Raw().Lines("SELECT path, checksum FROM transfer"), ElementsAre("2020-05-01/a.fits|0"));
}

TEST_F(HistoryTest, GivesBackANightWhateverItsRowSaysOfItsSize) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})});
  for (const std::string damage : {"files = 9223372036854775807", "files = -1, ingested = 'many'"}) {
    Raw().Query("UPDATE night SET " + damage);
    ASSERT_OK_AND_ASSIGN(const std::optional<EarlierLook> earlier, Open()->Recall(N("2020-05-01")));
    ASSERT_TRUE(earlier.has_value()) << damage;
    EXPECT_EQ(earlier->files.size(), 1U) << damage;
  }
}

TEST_F(HistoryTest, OfVersion3IsReadAsItIsAndBroughtToThisVersionByTheFirstThatMayWrite) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}},
              {{.path = "raw/a.fits", .link_target = "/a"}})});
  TakeBackToVersion(3);
  const auto reader = History::OpenReadOnly(tree_.root()).value();
  EXPECT_THAT(*reader->Nights(), SizeIs(1));
  ASSERT_OK_AND_ASSIGN(const std::optional<EarlierLook> earlier, reader->Recall(N("2020-05-01")));
  EXPECT_FALSE(earlier.has_value());  // and so all is asked
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("3"));

  Open();
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
  EXPECT_THAT(Raw().Lines("SELECT path, link_target FROM ingest"), ElementsAre("raw/a.fits|"));
}

TEST_F(HistoryTest, OfVersion4IsReadAsItIsAndBroughtToThisVersionByTheFirstThatMayWrite) {
  NightFingerprint fingerprint{
      .folders = {{.path = "/data/storage/2020-05-01", .exists = true, .num_plain_files = 1}}};
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})}, fingerprint);
  TakeBackToVersion(4);
  fingerprint.folders[0].num_plain_files.reset();
  const auto reader = History::OpenReadOnly(tree_.root()).value();
  ASSERT_OK_AND_ASSIGN(const std::optional<NightFingerprint> read, reader->Fingerprint(N("2020-05-01")));
  EXPECT_EQ(read, fingerprint);
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("4"));

  ASSERT_OK_AND_ASSIGN(const std::optional<NightFingerprint> brought, Open()->Fingerprint(N("2020-05-01")));
  EXPECT_FALSE(brought->trusted) << "the night is looked at once more";
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
}

// Of version 5 by an mtime alone, by which nobody knows whether a folder is as it was.
TEST_F(HistoryTest, OfAVersionBefore7HasNoFolderThatIsAsItWas) {
  tree_.Folder("storage/2020-05-01");
  const FolderStamp stamp = StampFolder(tree_ / "storage/2020-05-01").value();
  for (const int version : {5, 6}) {
    Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})}, {.folders = {stamp}, .trusted = true});
    ASSERT_TRUE(Open()->Fingerprint(N("2020-05-01")).value()->trusted);
    TakeBackToVersion(version);
    const auto history = Open();
    EXPECT_FALSE(history->Fingerprint(N("2020-05-01")).value()->trusted) << version;
    EXPECT_THAT(history->Recall(N("2020-05-01")).value()->folders, IsEmpty()) << version;
    EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
  }
}

TEST_F(HistoryTest, OfVersion6IsBroughtToThisVersionWithEachFileAsItWas) {
  const std::vector<ArrivedFile> files = {
      {.path = "2020-05-01/e1/a.fits", .file_id = {.device = 5, .inode = 1}},
      {.path = "2020-05-01/e1/other device.fits", .file_id = {.device = 6, .inode = 1}},
      {.path = "2020-05-01/e2/tab\t \"quoted\" \\ \xC3\xA9.fits", .file_id = {.device = 5, .inode = 2}},
      {.path = "2020-05-01/e2/latin1 \xE9.fits", .file_id = {.device = 5, .inode = 3}},
      {.path = "2020-05-01/in no exposure.txt", .file_id = {.device = 5, .inode = ~std::uint64_t{0}}}};
  const std::vector<ListedDataset> datasets = {
      {.path = "raw/a.fits", .file_id = {.device = 5, .inode = 1}, .link_target = "/data/a.fits"},
      {.path = "raw/b \xE9.fits", .file_id = {.device = 5, .inode = 2}, .link_target = "/data/b.fits"},
      {.path = "raw/c.fits", .file_id = {.device = 6, .inode = 2}, .ingest_time = std::nullopt}};
  NightReport report = Report(N("2020-05-01"), files, datasets);
  report.evidence.events = {
      {.path = files[0].path, .number = 7, .status = "SUCCESS", .found_time = Utc("2020-05-02T00:30:00")},
      {.path = "2020-05-01/gone.fits", .number = 8, .status = "FAILURE", .message = "why"}};
  Put({report, Report(N("2020-05-02"), files)});
  const std::vector<std::string> events = Raw().Lines("SELECT * FROM FILE_LIST_GEN3");
  ASSERT_THAT(events, SizeIs(2));
  const auto rows = [this] {
    return std::vector{Raw().Query("SELECT *, typeof(path) FROM transfer ORDER BY night, path"),
                       Raw().Query("SELECT *, typeof(path) FROM ingest ORDER BY night, path")};
  };
  const auto before = rows();
  TakeBackToVersion(6);
  ASSERT_EQ(rows(), before);
  Open();
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("7"));
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(Raw().Lines("SELECT * FROM FILE_LIST_GEN3"), events);

  std::vector<ArrivedFile> later = files;
  for (ArrivedFile& file : later) file.arrival += std::chrono::hours(1);
  Put({Report(N("2020-05-01"), later, datasets)});
  EXPECT_EQ(rows(), before) << "each arrival stays the first that was seen";
}

TEST_F(HistoryTest, OfVersion6IsReadAsItIsWithWhatMayHideFiles) {
  NightReport report = Report(N("2020-05-01"), {});
  report.evidence.expected.Append({.path = std::string("a\0b", 3)});
  report.match.absent.push_back({.expected_row = 0, .verdict = Verdict::kMissing});
  Put({report});
  Raw().Query(
      "UPDATE night SET num_issues = 3, num_hiding = 1; UPDATE absent SET path = 'a' || char(0) || 'b'");
  TakeBackToVersion(6);
  EXPECT_EQ(History::OpenReadOnly(tree_.root()).value()->Nights().value()[0].num_hiding, 1);
  EXPECT_THAT(Raw().Lines("PRAGMA user_version"), ElementsAre("6"));
  Raw().Query("DROP TABLE sqlite_stat1");
  Put({Report(N("2020-05-01"), {})});
  EXPECT_THAT(Raw().Lines("SELECT hex(path) FROM absent"), IsEmpty());
}

TEST_F(HistoryTest, OfVersion6LetsThePlannerBelieveWhatANewOneDoes) {
  const auto believed = [this] {
    return Raw().Lines("SELECT tbl || ' ' || idx || ' ' || stat FROM sqlite_stat1 ORDER BY 1");
  };
  Put({Report(N("2020-05-01"), {})});
  const std::vector<std::string> of_a_new_one = believed();
  EXPECT_THAT(of_a_new_one, testing::Contains("night sqlite_autoindex_night_1 100 1"));
  TakeBackToVersion(6);
  Put({Report(N("2020-05-01"), {})});
  EXPECT_EQ(believed(), of_a_new_one);
}

TEST_F(HistoryTest, ShowsEventsWithTheFirstArrivalOfTheirFile) {
  NightReport report = Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}});
  report.evidence.events = {{.path = "2020-05-01/a.fits", .number = 7, .status = "SUCCESS"}};
  Put({report});
  const std::vector<std::string> first = Raw().Lines("SELECT Creation_Time FROM FILE_LIST_GEN3");
  EXPECT_THAT(first, ElementsAre("2020-05-02T00:29:30.00"));
  report.evidence.transfers.SetArrivalTime(0, Utc("2020-05-02T01:29:30"));  // by a chmod
  Put({report});
  EXPECT_EQ(Raw().Lines("SELECT Creation_Time FROM FILE_LIST_GEN3"), first);
}

TEST_F(HistoryTest, GivesBackFoldersOfAnyNameInTheirOrder) {
  const FolderStamp folder{.path = "/data/storage/2020-05-01/e2",
                           .exists = true,
                           .file_id = {.device = 5, .inode = ~std::uint64_t{0}},
                           .modified = Utc("2020-05-01T00:00:00"),
                           .changed = Utc("2020-05-01T00:00:01"),
                           .num_plain_files = 410};
  NightFingerprint fingerprint{.folders = {folder, folder, folder, folder, folder}};
  fingerprint.folders[1].path = "/data/storage/2020-05-01/e1 \xC3\xA9";
  fingerprint.folders[1].num_plain_files.reset();
  fingerprint.folders[2].path = "/data/storage/2020-05-01/latin1 \xE9";
  fingerprint.folders[3] = {.path = "/data/\"absent\"\n\\"};
  fingerprint.folders[4].modified = UtcTime::min();
  fingerprint.folders[4].changed = UtcTime::max();
  Put({Report(N("2020-05-01"), {})}, fingerprint);
  EXPECT_EQ(Open()->Fingerprint(N("2020-05-01")).value(), fingerprint);
}

TEST_F(HistoryTest, WithADamagedPackIsRefusedWithASentence) {
  Put({Report(N("2020-05-01"), {{.path = "2020-05-01/a.fits"}})}, {.folders = {{.path = "/data"}}});
  for (const std::string text : {"", "[", "[[", "[[\"a\"", "[[\"a\",1,2,3,4,0,0]", "[[\"a\",1,2,3,4,0,0]]x",
                                 "[[\"a\\x\",1]]", "[[1,2]]", "[[\"a\",12345678901234567890]]", "{}"}) {
    Raw().Query("UPDATE transfer_pack SET files = '" + text + "'");
    EXPECT_THAT(Open()->Recall(N("2020-05-01")),
                FailsWith(absl::StatusCode::kDataLoss, HasSubstr("the files of 2020-05-01 are damaged")))
        << text;
  }
  Raw().Query("UPDATE folder_pack SET folders = 'x'");
  EXPECT_THAT(Open()->Fingerprint(N("2020-05-01")),
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("the folders of 2020-05-01 are damaged")));
}

TEST_F(HistoryTest, BroughtToThisVersionHasTheTablesOfANewOne) {
  const std::string tables =
      "SELECT m.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM sqlite_master m,"
      " pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%' ORDER BY "
      "1, 2";
  Open();
  const auto of_a_new_one = Raw().Lines(tables);
  std::filesystem::remove(tree_ / kHistoryFileName);
  Raw().Query(ReadFile(std::filesystem::path(OBSMON_SOURCE_DIR) / "tests/history/version1.sql"));
  Open();
  EXPECT_EQ(Raw().Lines(tables), of_a_new_one);
}

// SQLite would put what it needs by the way into /var/tmp, and keeps it open until the commit.
TEST_F(HistoryTest, KeepsNoFileOutsideOfItsFolderWhileItIsWritten) {
  std::vector<ArrivedFile> files;
  for (int i = 0; i < 20'000; ++i) files.push_back({.path = fmt::format("2020-05-01/{:0400}.fits", i)});
  const auto history = History::Open(tree_.root()).value();
  ASSERT_THAT(history->Begin(), IsOk());
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), files), {}), IsOk());
  for (ArrivedFile& file : files) file.verdict = Verdict::kIngested;
  ASSERT_THAT(history->Put(Report(N("2020-05-01"), files), {}), IsOk());
  for (const auto& open : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code closed_by_now;  // the folder that is listed
    const std::string file = std::filesystem::read_symlink(open.path(), closed_by_now).string();
    EXPECT_FALSE(file.ends_with("(deleted)") && !file.starts_with(tree_.root().string())) << file;
  }
  EXPECT_THAT(history->Commit(), IsOk());
}

TEST_F(HistoryTest, OpenForReadingChangesNothingAndMakesNothing) {
  EXPECT_THAT(History::OpenReadOnly(tree_.root()),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("run `obsmon update` first")));
  EXPECT_FALSE(std::filesystem::exists(tree_ / kHistoryFileName));
  tree_.Text(kHistoryFileName, "");
  EXPECT_THAT(History::OpenReadOnly(tree_.root()),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("no history")));

  Put({Report(N("2020-05-01"), {})});
  const std::string before = ReadFile(tree_ / kHistoryFileName);
  {
    const auto reader = History::OpenReadOnly(tree_.root()).value();
    EXPECT_THAT(*reader->Nights(), SizeIs(1));
    EXPECT_THAT(reader->Begin(),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("reading alone")));
  }
  EXPECT_TRUE(ReadFile(tree_ / kHistoryFileName) == before);
}

}  // namespace
}  // namespace obsmon
