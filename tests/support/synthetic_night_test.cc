#include "support/synthetic_night.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "obsmon/transfers.h"
#include "sqlite/sqlite.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

const Night kNight = Night::Parse("2020-05-01").value();

TEST(SyntheticNight, NamesDetectorsAsLsstCamDoes) {
  EXPECT_EQ(SyntheticRaftSensor(0), "R01_S00");
  EXPECT_EQ(SyntheticRaftSensor(98), "R22_S22");  // as in real registries
  EXPECT_EQ(SyntheticRaftSensor(189), "R00_SG0");
  EXPECT_EQ(SyntheticRaftSensor(204), "R44_SW1");
}

TEST(SyntheticNight, IsAStorageAndARepositoryThatBelongTogether) {
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(
      const SyntheticCounts counts,
      MakeSyntheticNight(tree.root(), kNight, {.exposures = 3, .detectors = 4, .share_ingested = 0.5}));
  EXPECT_EQ(counts.folders, 3);
  EXPECT_EQ(counts.files, 24);
  EXPECT_EQ(counts.ingested, 6);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, ScanTransfers(tree / "storage", kNight));
  EXPECT_EQ(scan.files.size(), 24U);
  EXPECT_EQ(scan.files[0].path, SyntheticStorageStem(kNight, 1, 0) + ".fits");
  // Every second FITS file is ingested, so of the first two the second.
  EXPECT_EQ(std::filesystem::read_symlink(tree / "gen2repo" / SyntheticIngestPath(kNight, 1, 1)),
            tree / "storage" / (SyntheticStorageStem(kNight, 1, 1) + ".fits"));
  EXPECT_FALSE(std::filesystem::is_symlink(tree / "gen2repo" / SyntheticIngestPath(kNight, 1, 0)));
}

TEST(SyntheticNight, HasARowForEachLinkAndNightsAddUp) {
  const TempTree tree;
  ASSERT_THAT(MakeSyntheticNight(tree.root(), kNight, {.exposures = 2, .detectors = 3}), IsOk());
  ASSERT_THAT(MakeSyntheticNight(tree.root(), kNight + 1, {.exposures = 1, .detectors = 1}), IsOk());
  ASSERT_OK_AND_ASSIGN(sqlite::Connection registry,
                       sqlite::Connection::Open(tree / "gen2repo/registry.sqlite3",
                                                sqlite::OpenMode::kReadOnly, std::chrono::seconds{1}));
  ASSERT_OK_AND_ASSIGN(sqlite::Statement rows,
                       registry.Prepare("SELECT count(*), min(expId), max(raftName || detectorName) FROM raw "
                                        "WHERE dayObs = '2020-05-01'"));
  ASSERT_TRUE(rows.Step().value());
  EXPECT_EQ(rows.Int(0), 6);
  EXPECT_EQ(rows.Int(1), 2020050100001);
  EXPECT_EQ(rows.Text(2), "R01S02");
}

TEST(SyntheticNight, HasNoFolderThatChangedAfterTheNight) {
  const TempTree tree;
  ASSERT_THAT(MakeSyntheticNight(tree.root(), kNight, {.exposures = 2, .detectors = 2}), IsOk());
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, ScanTransfers(tree / "storage", kNight));
  for (const FolderStamp& stamp : scan.folders) EXPECT_LT(stamp.modified, Utc("2020-05-02T12:00:00"));
}

}  // namespace
}  // namespace obsmon
