#include "history/file_rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "history/database.h"
#include "history/night_reports.h"
#include "history/schema.h"
#include "history/stored_rows.h"
#include "sqlite/sqlite.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class FileRows : public testing::Test {
 protected:
  // Not synchronised with the disk: each statement is a transaction of its own here.
  FileRows() {
    EXPECT_THAT(database_.Execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY"), IsOk());
    EXPECT_THAT(MakeTables(database_), IsOk());
    EXPECT_THAT(MakeViews(database_), IsOk());
  }

  PackChanges Replace(Night night, const std::vector<ArrivedFile>& files) {
    const NightReport report = Report(night, files);
    auto changes = ReplaceTransfers(database_, night, report.evidence.transfers, report.match.verdict);
    EXPECT_THAT(changes, IsOk());
    return *changes;
  }
  PackChanges ReplaceDatasets(Night night, const std::vector<ListedDataset>& datasets) {
    auto changes = ReplaceIngests(database_, night, Report(night, {}, datasets).evidence.ingests);
    EXPECT_THAT(changes, IsOk());
    return *changes;
  }
  std::vector<std::string> Lines(const std::string& sql) const {
    return Database(tree_ / "test.sqlite3").Lines(sql);
  }

  TempTree tree_;
  sqlite::Connection database_ =
      sqlite::Connection::Open(tree_ / "test.sqlite3", sqlite::OpenMode::kReadWrite, seconds{0}).value();
  const Night night_ = N("2020-05-01");
};

TEST_F(FileRows, OfANewNightAreAllWritten) {
  EXPECT_EQ(Replace(night_, {{.path = "b"}, {.path = "a"}}), (PackChanges{.written = 1, .removed = 0}));
  EXPECT_THAT(Lines("SELECT night, path FROM transfer"), ElementsAre("20200501|a", "20200501|b"));
}

TEST_F(FileRows, ThatDidNotChangeAreNotWrittenAgain) {
  std::vector<ArrivedFile> files = {{.path = "a"}, {.path = "b"}, {.path = "d"}, {.path = "x"}};
  Replace(night_, files);
  EXPECT_EQ(Replace(night_, files), PackChanges{});
  files[1].verdict = Verdict::kIngested;  // b changes
  files[2].path = "c";                    // c comes, d goes
  EXPECT_EQ(Replace(night_, files), (PackChanges{.written = 1}));
  EXPECT_THAT(Lines("SELECT path, verdict FROM transfer"), ElementsAre("a|10", "b|0", "c|10", "x|10"));
}

TEST_F(FileRows, OfAFolderAreAPackWhichAloneIsWrittenAgainWhereOneOfThemChanges) {
  std::vector<ArrivedFile> files;
  for (const std::string folder : {"e1", "e2", "e3"}) {
    for (int i = 0; i < 410; ++i)
      files.push_back({.path = fmt::format("2020-05-01/{}/{:03}.fits", folder, i)});
  }
  EXPECT_EQ(Replace(night_, files), (PackChanges{.written = 3}));
  EXPECT_EQ(Replace(night_, files), PackChanges{});
  files[500].verdict = Verdict::kIngested;
  EXPECT_EQ(Replace(night_, files), (PackChanges{.written = 1}));
  files.erase(files.begin(), files.begin() + 410);  // e1
  EXPECT_EQ(Replace(night_, files), (PackChanges{.removed = 1}));
  EXPECT_THAT(Lines("SELECT path FROM transfer WHERE verdict = 0"), ElementsAre("2020-05-01/e2/090.fits"));
}

TEST_F(FileRows, OfALargeFolderAreSeveralPacksOfWhichFewChangeWithAFile) {
  std::vector<std::string> expected;
  std::vector<ArrivedFile> files;
  for (int i = 0; i < 20'000; ++i) {
    files.push_back({.path = fmt::format("AT_O_{:06}.fits", i),
                     .file_id = {.device = 5, .inode = std::uint64_t(i)},
                     .size = i});
    expected.push_back(fmt::format("AT_O_{:06}.fits|{}|{}", i, i * 10'000 + 5, i));
  }
  const PackChanges first = Replace(night_, files);
  EXPECT_GT(first.written, 10);
  EXPECT_LT(first.written, 100);
  EXPECT_EQ(Lines("SELECT path, filenum, size FROM transfer"), expected);
  for (const int place : {0, 9'999, 19'000}) {
    std::vector<ArrivedFile> fewer = files;
    fewer.erase(fewer.begin() + place);
    EXPECT_LE(Replace(night_, fewer).written, 2) << place;
    const PackChanges again = Replace(night_, files);
    EXPECT_LE(again.written + again.removed, 3) << place;
    EXPECT_EQ(Lines("SELECT path, filenum, size FROM transfer"), expected);
  }
}

// The lowest bits of a digest of such names are all alike.
TEST_F(FileRows, OfALargeFolderAreSeveralPacksWhateverTheNames) {
  std::vector<ArrivedFile> files;
  for (int i = 0; i < 20'000; ++i)
    files.push_back({.path = fmt::format("2020-05-01/img_{:06}_{:06}.fits", i, i)});
  EXPECT_GT(Replace(night_, files).written, 10);
}

TEST_F(FileRows, AreComparedAsNumbersWithWhatAScriptWritesAsText) {
  Replace(night_, {{.path = "a", .size = 9'000}, {.path = "b", .size = 20'000}});
  EXPECT_THAT(Lines("SELECT path FROM transfer WHERE size < '10000'"), ElementsAre("a"));
  EXPECT_THAT(Lines("SELECT path FROM transfer WHERE size = '20000'"), ElementsAre("b"));
}

// A prototype's database may be such a one.
TEST_F(FileRows, AreReplacedInADatabaseThatOrdersItsTextsByUtf16) {
  auto database = sqlite::Connection::Open(tree_ / "utf16.sqlite3", sqlite::OpenMode::kReadWrite, seconds{0});
  ASSERT_THAT(database->Execute("PRAGMA encoding = 'UTF-16le'"), IsOk());
  ASSERT_THAT(MakeTables(*database), IsOk());
  ASSERT_THAT(MakeViews(*database), IsOk());
  std::vector<ArrivedFile> files = {{.path = "z/a.fits"},
                                    {.path = "\xC4\x80/a.fits"},
                                    {.path = "\xF0\x9F\x98\x80/a"},
                                    {.path = "\xEF\xBD\xA1/a"}};
  for (const Verdict verdict : {Verdict::kNotIngested, Verdict::kNotIngested, Verdict::kIngested}) {
    for (ArrivedFile& file : files) file.verdict = verdict;
    const NightReport report = Report(night_, files);
    EXPECT_THAT(ReplaceTransfers(*database, night_, report.evidence.transfers, report.match.verdict), IsOk());
  }
  EXPECT_THAT(Database(tree_ / "utf16.sqlite3").Lines("SELECT count(*) FROM transfer WHERE verdict = 0"),
              ElementsAre("4"));
}

TEST_F(FileRows, KeepTimesAndSizesToTheLastBit) {
  const std::vector<ArrivedFile> files = {
      {.path = "a", .size = std::numeric_limits<std::int64_t>::max(), .creation = UtcTime::min()},
      {.path = "b", .size = -1, .creation = UtcTime::max(), .arrival = UtcTime{}}};
  Replace(night_, files);
  EXPECT_THAT(Lines("SELECT size, creation, arrival FROM transfer WHERE path = 'b'"),
              ElementsAre("-1|9223372036854775807|0"));
  EarlierLook earlier;
  ASSERT_THAT(RecallRows(database_, night_, earlier, nullptr), IsOk());
  for (std::size_t row = 0; row < files.size(); ++row) {
    EXPECT_EQ(earlier.files.size_bytes()[row], files[row].size);
    EXPECT_EQ(earlier.files.creation_time()[row], files[row].creation);
    EXPECT_EQ(earlier.files.arrival_time()[row], files[row].arrival);
  }
}

TEST_F(FileRows, OfOtherNightsStay) {
  Replace(N("2020-04-30"), {{.path = "before"}});
  Replace(N("2020-05-02"), {{.path = "after"}});
  Replace(night_, {{.path = "a"}});
  EXPECT_EQ(Replace(night_, {}), (PackChanges{.written = 0, .removed = 1}));
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("before", "after"));
}

TEST_F(FileRows, Fault8FileThatIsRemovedOrReplacedLeavesNoRowBehind) {
  // The prototype's key was the inode: rsync's replacement of a file was a second row, and a removed one
  // stayed for ever.
  Replace(night_,
          {{.path = "2020-05-01/a.fits", .file_id = {.device = 5, .inode = 1}}, {.path = "2020-05-01/gone"}});
  Replace(night_, {{.path = "2020-05-01/a.fits", .file_id = {.device = 5, .inode = 2}}});
  EXPECT_THAT(Lines("SELECT path, inode FROM transfer"), ElementsAre("2020-05-01/a.fits|2"));
}

TEST_F(FileRows, Fault7InodesOfAll64BitsAreKeptApartAndWhole) {
  const std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  Replace(night_, {{.path = "a", .file_id = {.device = max, .inode = std::uint64_t{1} << 63}},
                   {.path = "b", .file_id = {.device = 1, .inode = max}}});
  EXPECT_THAT(Lines("SELECT path, device, inode FROM transfer"),
              ElementsAre("a|-1|-9223372036854775808", "b|1|-1"));
  // And they come back as what they were: nothing differs.
  EXPECT_EQ(Replace(night_, {{.path = "a", .file_id = {.device = max, .inode = std::uint64_t{1} << 63}},
                             {.path = "b", .file_id = {.device = 1, .inode = max}}}),
            PackChanges{});
}

/// Rows that a recall has read need not be read again: what is then written is what it would be otherwise.
class FileRowsThatWereRead : public FileRows {
 protected:
  // Twice: in this table, by what was read of it, and in the other night's, where nothing was.
  void ReplaceBoth(const std::vector<ArrivedFile>& files, std::vector<ListedDataset> datasets) {
    ReadNight read;
    EarlierLook earlier;
    ASSERT_THAT(RecallRows(database_, night_, earlier, &read), IsOk());
    for (const Night night : {night_, other_}) {
      for (ListedDataset& dataset : datasets) dataset.night = night;
      const NightReport report = Report(night, files, datasets);
      const bool is_read = night == night_;
      const auto transfers = ReplaceTransfers(database_, night, report.evidence.transfers,
                                              report.match.verdict, is_read ? read.transfers : ReadPacks());
      const auto ingests =
          ReplaceIngests(database_, night, report.evidence.ingests, is_read ? read.ingests : ReadPacks());
      ASSERT_THAT(transfers, IsOk());
      ASSERT_THAT(ingests, IsOk());
      (is_read ? changes_ : other_changes_) = {*transfers, *ingests};
    }
  }
  void ExpectAlike() const {
    EXPECT_EQ(changes_, other_changes_);
    for (const char* table : {"transfer", "ingest"}) {
      const auto rows = [&](Night night) {
        std::string columns =
            table == std::string("transfer")
                ? "path, filenum, size, creation, arrival, device, inode, state, verdict, checksum"
                : "path, filenum, device, inode, ingest_time, artifact, status, link_target";
        return Lines("SELECT " + columns + " FROM " + table +
                     " WHERE night = " + std::to_string(night.yyyymmdd()) + " ORDER BY path");
      };
      EXPECT_EQ(rows(night_), rows(other_)) << table;
    }
  }

  const Night other_ = N("2020-06-01");
  std::vector<PackChanges> changes_, other_changes_;
};

TEST_F(FileRowsThatWereRead, AreWrittenWhereTheyDiffer) {
  std::vector<ArrivedFile> files;
  std::vector<ListedDataset> datasets;
  for (char name = 'a'; name <= 'z'; ++name) {
    files.push_back({.path = std::string(1, name)});
    datasets.push_back({.path = std::string("raw/") + name, .link_target = "/storage/x"});
  }
  ReplaceBoth(files, datasets);
  ReplaceBoth(files, datasets);
  EXPECT_THAT(changes_, testing::Each(PackChanges{}));
  files[3].verdict = Verdict::kIngested;
  files.push_back({.path = "d1"});
  files.push_back({.path = "not utf8 \xFF"});
  datasets[5].link_target = "/storage/y";
  datasets.push_back({.path = "raw/a1"});
  ReplaceBoth(files, datasets);
  EXPECT_THAT(changes_, ElementsAre(PackChanges{.written = 2}, PackChanges{.written = 1}));
  ExpectAlike();
}

TEST_F(FileRowsThatWereRead, AreRemovedWhereverTheyHaveGone) {
  const std::vector<ArrivedFile> files = {{.path = "a/x"}, {.path = "b/x"}, {.path = "c/x"}};
  const std::vector<ListedDataset> datasets = {{.path = "raw/a/x"}, {.path = "raw/b/x"}, {.path = "raw/c/x"}};
  for (int gone = 0; gone < 3; ++gone) {
    ReplaceBoth(files, datasets);
    std::vector<ArrivedFile> files_left = files;
    files_left.erase(files_left.begin() + gone);
    std::vector<ListedDataset> datasets_left = datasets;
    datasets_left.erase(datasets_left.begin() + gone);
    ReplaceBoth(files_left, datasets_left);
    EXPECT_THAT(changes_, testing::Each(PackChanges{.removed = 1}));
    ExpectAlike();
  }
}

TEST_F(FileRowsThatWereRead, KeepTheFirstArrivalOfAFileThatIsTheSame) {
  std::vector<ArrivedFile> files;
  for (char name = 'a'; name <= 'z'; ++name) files.push_back({.path = std::string(1, name)});
  ReplaceBoth(files, {});
  files[7].arrival += seconds{3600};
  files[8].arrival += seconds{3600};
  files[8].size += 1;
  ReplaceBoth(files, {});
  EXPECT_THAT(changes_, ElementsAre(PackChanges{.written = 1}, PackChanges{}));
  ExpectAlike();
}

TEST_F(FileRowsThatWereRead, AreAlikeWhateverHasComeGoneAndChanged) {
  std::mt19937 random(7);
  const auto one_in = [&random](unsigned n) { return random() % n == 0; };
  for (int round = 0; round < 200; ++round) {
    std::vector<ArrivedFile> files;
    std::vector<ListedDataset> datasets;
    const bool some_go = one_in(3);
    const unsigned few = one_in(3) ? 3 : 40;  // or many
    for (int i = 0; i < 60; ++i) {
      if (some_go && one_in(20)) continue;
      const std::string name = std::to_string(i) + (i % 7 == 0 ? "\xFF" : "");
      if (i < 40 || round % 20 > i - 40) {
        files.push_back({.path = name,
                         .size = one_in(few) ? 1 : 2,
                         .verdict = one_in(few) ? Verdict::kIngested : Verdict::kNotIngested});
        datasets.push_back({.path = "raw/" + name, .link_target = one_in(few) ? "/storage/x" : "/storage/y"});
      }
    }
    ReplaceBoth(files, datasets);
    ExpectAlike();
    if (HasFailure()) FAIL() << "round " << round;
  }
}

TEST(Filenum, IsThePrototypesNumberWhereItFits) {
  EXPECT_EQ(Filenum({.device = 2049, .inode = 123'456}), 1'234'562'049);
  EXPECT_EQ(Filenum({.device = 5807, .inode = 922'337'203'685'477}),
            std::numeric_limits<std::int64_t>::max());
}

TEST(Filenum, Fault7IsNegativeWhereThePrototypeOverflowed) {
  EXPECT_EQ(Filenum({.device = 5808, .inode = 922'337'203'685'477}), -1 - 922'337'203'685'477);
  EXPECT_EQ(Filenum({.device = 0, .inode = 922'337'203'685'478}), -1 - 922'337'203'685'478);
  const std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(Filenum({.device = 0, .inode = max}), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Filenum({.device = max, .inode = 1}), -2);
}

TEST_F(FileRows, KeepTheFirstArrivalWhenAChmodMovesTheCtime) {
  const ArrivedFile first{.path = "a", .arrival = Utc("2020-05-02T00:29:30")};
  ArrivedFile later = first;
  later.arrival += seconds{3600};
  Replace(night_, {first});
  EXPECT_EQ(Replace(night_, {later}), PackChanges{});
  later.file_id.device = 77;  // mounted anew
  EXPECT_EQ(Replace(night_, {later}), (PackChanges{.written = 1}));
  EXPECT_THAT(Lines("SELECT arrival / 1000000000 - strftime('%s', '2020-05-02 00:29:30') FROM transfer"),
              ElementsAre("0"));
}

TEST_F(FileRows, TakeTheNewArrivalOfAFileThatWasSentAgain) {
  const ArrivedFile first{.path = "a"};
  for (const char* what : {"other inode", "other size", "other creation time"}) {
    Replace(night_, {first});
    ArrivedFile again = first;
    again.arrival += seconds{60};
    if (what == std::string("other inode")) ++again.file_id.inode;
    if (what == std::string("other size")) ++again.size;
    if (what == std::string("other creation time")) again.creation += seconds{1};
    Replace(night_, {again});
    EXPECT_THAT(Lines("SELECT arrival / 1000000000 - strftime('%s', '2020-05-02 00:29:30') FROM transfer"),
                ElementsAre("60"))
        << what;
    Replace(night_, {});
  }
}

TEST_F(FileRows, Fault2And3NamesMayHoldQuotesNewlinesAnyByteAnd255OfThem) {
  const std::vector<ArrivedFile> files = {{.path = "o'clock \"quoted\"; DROP TABLE transfer; --"},
                                          {.path = "line\nbreak\ttab %s {} \\"},
                                          {.path = "latin1 \xE4\xF6\xFC"},
                                          {.path = "cut off \xE2\x82"},
                                          {.path = "\xFF"},
                                          {.path = "snow \xE2\x98\x83"},
                                          {.path = std::string(255, 'x')},
                                          {.path = std::string(255, '\xFE')},
                                          {.path = "\x01\x7F"}};
  EXPECT_EQ(Replace(night_, files), (PackChanges{.written = 5}));
  EXPECT_EQ(Replace(night_, files), PackChanges{});
  EXPECT_THAT(Lines("SELECT path FROM transfer WHERE typeof(path) = 'blob'"),
              ElementsAre("cut off \xE2\x82", "latin1 \xE4\xF6\xFC", std::string(255, '\xFE'), "\xFF"));
  EXPECT_EQ(Replace(night_, {}), (PackChanges{.removed = 5}));
}

TEST_F(FileRows, OfIngestsAreThoseOfTheNightAlone) {
  ReplaceDatasets(night_,
                  {{.path = "raw/a", .night = night_}, {.path = "raw/neighbour", .night = N("2020-05-02")}});
  EXPECT_THAT(Lines("SELECT night, path FROM ingest"), ElementsAre("20200501|raw/a"));
}

TEST_F(FileRows, OfIngestsListAPathOnceHoweverOftenTheRegistryDoes) {
  const ListedDataset once{.path = "raw/a"};
  EXPECT_EQ(ReplaceDatasets(night_, {once, once}), (PackChanges{.written = 1}));
  EXPECT_EQ(ReplaceDatasets(night_, {once, once}), PackChanges{});
}

TEST_F(FileRows, OfIngestsFollowEveryAttribute) {
  const ListedDataset first{.path = "raw/a"};
  ReplaceDatasets(night_, {first});
  ListedDataset other = first;
  other.ingest_time = std::nullopt;
  EXPECT_EQ(ReplaceDatasets(night_, {other}), (PackChanges{.written = 1}));
  other.artifact = ArtifactState::kGone;
  EXPECT_EQ(ReplaceDatasets(night_, {other}), (PackChanges{.written = 1}));
  other.status = IngestStatus::kFailed;
  EXPECT_EQ(ReplaceDatasets(night_, {other}), (PackChanges{.written = 1}));
  EXPECT_THAT(Lines("SELECT ingest_time, artifact, status FROM ingest"), ElementsAre("NULL|1|2"));
}

TEST_F(FileRows, AfterAnySequenceOfLooksAreExactlyThoseOfTheLast) {
  // The merge against the simplest thing that is right: a table that is emptied and filled.
  std::mt19937 random(20200501);
  const std::string alphabet = "ab/-\xFF\xC3\xA4";
  for (int look = 0; look < 200; ++look) {
    std::vector<ArrivedFile> files(random() % 40);
    for (ArrivedFile& file : files) {
      for (std::size_t i = 1 + random() % 4; i > 0; --i) file.path += alphabet[random() % alphabet.size()];
      file.file_id.inode = random() % 3;
    }
    Replace(night_, files);

    const Database plain(":memory:");
    plain.Query("CREATE TABLE wanted (path, inode)");
    for (const ArrivedFile& file : files) {
      const std::string path = "x'" + HexBytes(file.path) + "'";
      plain.Query("INSERT INTO wanted SELECT " + path + ", " + std::to_string(file.file_id.inode) +
                  " WHERE NOT EXISTS (SELECT 1 FROM wanted WHERE path = " + path + ")");
    }
    EXPECT_EQ(Lines("SELECT hex(path), inode FROM transfer ORDER BY 1"),
              plain.Lines("SELECT hex(path), inode FROM wanted ORDER BY 1"));
  }
}

}  // namespace
}  // namespace obsmon
