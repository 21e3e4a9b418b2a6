#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "logs/ingest_log.h"
#include "logs/rsync_log.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon::logs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RsyncLog, TellsWhenFilesWereReceivedAndPassesOverAllElse) {
  const std::vector<LoggedArrival> expected = {
      {.path = "20200501/a b.fits", .time = Utc("2020-05-02T00:29:30")},
      {.path = "20200501/c.fits", .time = Utc("2020-05-02T00:29:31")}};
  EXPECT_EQ(ParseRsyncLog("2020/05/02 00:29:29 [4711] receiving file list\n"
                          "2020/05/02 00:29:30 [4711] cd+++++++++ 20200501/\n"
                          "2020/05/02 00:29:30 [4711] >f+++++++++ 20200501/a b.fits\n"
                          "2020/05/02 00:29:31 [4711] >f.st...... 20200501/c.fits\n"
                          "2020/05/02 00:29:32 [4711] .f...p..... 20200501/d.fits\n"
                          "2020/05/02 00:29:32 [4711] sent 1,234 bytes  received 35 bytes  total size 5\n"
                          "2020/05/02 00:29:33 [4711] >f+++++++++ \n"
                          "2020/13/02 00:29:33 [4711] >f+++++++++ e.fits\n"
                          "yesterday, all my troubles\n\n"
                          "2020/05/02 00:29:3"),
            expected);
}

class Arrivals : public testing::Test {
 protected:
  /// When a file arrived, created at midnight and with a ctime of 01:00:00, if the log has this line.
  static UtcTime ArrivalBy(std::string_view time, std::string_view path) {
    TransferTable files;
    files.Append({.path = "20200501/x/a.fits",
                  .creation_time = Utc("2020-05-02T00:00:00"),
                  .arrival_time = Utc("2020-05-02T01:00:00")});
    const std::string log =
        "2020/05/02 " + std::string(time) + " [1] >f+++++++++ " + std::string(path) + "\n";
    RsyncLog(log).Apply(files);
    return files.arrival_time()[0];
  }
};

TEST_F(Arrivals, AreTakenFromTheLogOfTheSameFile) {
  const UtcTime logged = Utc("2020-05-02T00:00:30");
  for (const std::string_view path :
       {"a.fits", "x/a.fits", "20200501/x/a.fits", "storage/20200501/x/a.fits"}) {
    EXPECT_EQ(ArrivalBy("00:00:30", path), logged) << path;
  }
  for (const std::string_view path : {"y/a.fits", "ba.fits", "20200502/x/a.fits", "a.fits.fz"}) {
    EXPECT_EQ(ArrivalBy("00:00:30", path), Utc("2020-05-02T01:00:00")) << path;
  }
}

TEST(RsyncLog, OfWhoPushesTellsWhenFilesWereSentUnlessItTellsWhenTheyWereReceived) {
  const auto arrival_by = [](const std::string& log) {
    TransferTable files;
    files.Append({.path = "20200501/a.fits",
                  .creation_time = Utc("2020-05-02T00:00:00"),
                  .arrival_time = Utc("2020-05-02T01:00:00")});
    RsyncLog(log).Apply(files);
    return files.arrival_time()[0];
  };
  const std::string sent = "2020/05/02 00:00:40 [1] <f+++++++++ 20200501/a.fits\n";
  EXPECT_EQ(arrival_by(sent), Utc("2020-05-02T00:00:40"));
  EXPECT_EQ(arrival_by("2020/05/02 00:00:30 [1] >f+++++++++ 20200501/a.fits\n" + sent),
            Utc("2020-05-02T00:00:30"))
      << "what was sent went on from here";
}

TEST_F(Arrivals, AreNotTakenFromALogThatCanNotBeRight) {
  EXPECT_EQ(ArrivalBy("01:00:02", "a.fits"), Utc("2020-05-02T01:00:00")) << "after the file's ctime";
  EXPECT_EQ(ParseRsyncLog("2020/05/01 21:00:30 [1] >f+++++++++ a.fits").size(), 1U);
  TransferTable files;
  files.Append({.path = "20200501/a.fits",
                .creation_time = Utc("2020-05-02T00:00:00"),
                .arrival_time = Utc("2020-05-02T01:00:00")});
  RsyncLog("2020/05/01 21:00:30 [1] >f+++++++++ a.fits").Apply(files);
  EXPECT_EQ(files.arrival_time()[0], Utc("2020-05-02T01:00:00")) << "before its creation: another zone";
}

TEST(RsyncLog, ThatCanNotBeReadIsAnErrorInOneClause) {
  const TempTree tree;
  TransferTable files;
  EXPECT_EQ(RsyncLog::Read(tree / "none.log").status().message(), "No such file or directory");
  EXPECT_FALSE(RsyncLog::Read(tree.root()).ok());
}

TEST(IngestLog, GivesTheLastWordOnEachFile) {
  const IngestFailures failures = ParseIngestLog(
      "ingest INFO: Loading config\n"
      "ingest WARN: Failed to ingest file /data/storage/20200501/a.fits: no such column 'expId'\n"
      "ERROR 2020-05-02 could not read '/data/storage/20200501/b.fits.fz': exception KeyError\r\n"
      "ingest INFO: file /data/storage/20200501/c.fits successfully ingested\n"
      "ERROR conflict for d.fits\n"
      "INFO file d.fits successfully ingested\n"
      "e.fits: nothing of note\n");
  EXPECT_EQ(failures.size(), 2U);
  EXPECT_THAT(failures.at("a.fits"), HasSubstr("no such column 'expId'"));
  EXPECT_EQ(failures.at("b.fits.fz"),
            "ERROR 2020-05-02 could not read '/data/storage/20200501/b.fits.fz': exception KeyError");
}

TEST(IngestLog, GivesTheReasonThatStandsBeforeAListOfFiles) {
  const IngestFailures failures = ParseIngestLog(
      "Failed to ingest the following for reason: database is locked\n"
      "file:///staging/20200501/a.fits\n"
      "file:///staging/20200501/b.fits\n"
      "done\n"
      "file:///staging/20200501/c.fits\n");
  EXPECT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures.at("b.fits"), "database is locked");
}

TEST(IngestLog, TakesNoWordOfAPathForAFailure) {
  EXPECT_THAT(ParseIngestLog("root INFO: /data/errors/20200501/a.fits --<link>--> raw/a.fits\n"
                             "error-a.fits was seen\n"),
              testing::IsEmpty());
}

TEST(IngestLog, CutsALongReasonBetweenTwoCharacters) {
  std::string line = "error in a.fits: ";
  while (line.size() < 499) line += 'x';
  const IngestFailures failures = ParseIngestLog(line + "\u00e9t\u00e9");
  EXPECT_EQ(failures.at("a.fits"), line);
}

TEST(IngestLog, OfAnyBytesIsReadWithoutHarm) {
  EXPECT_THAT(ParseIngestLog(std::string("\0\xFF\n\n error a.fits:::..\n", 20)), testing::SizeIs(1));
  EXPECT_THAT(ParseIngestLog(std::string(1000, 'x') + " fail .fits"), testing::SizeIs(1));
  EXPECT_EQ(ParseIngestLog("error a.fits " + std::string(10'000, 'x')).at("a.fits").size(), 500U);
  EXPECT_THAT(ParseIngestLog(""), IsEmpty());
}

}  // namespace
}  // namespace obsmon::logs
