// What happens when storage changes between two steps of a visit, which a test of the whole scan could only
// hope to meet.
#include "transfers/folder_visit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_tree.h"
#include "text/path_text.h"

namespace obsmon::transfers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> NamesOf(const FolderContents& contents) {
  std::vector<std::string> names;
  for (const TransferRow& file : contents.files) names.emplace_back(NameOf(file.path));
  return names;
}

class FolderVisitTest : public testing::Test {
 protected:
  FolderVisit VisitTo(const std::string& path) { return {storage_, options_, {.path = path}}; }

  static void AskAll(FolderVisit& visit) {
    for (std::size_t chunk = 0; chunk < visit.num_chunks(); ++chunk) {
      EXPECT_EQ(visit.Ask(chunk), chunk + 1 == visit.num_chunks());
    }
  }

  TempTree tree_;
  ScanOptions options_;
  Storage storage_{.path = tree_.root(), .folder = Directory::Open(tree_.root()).value()};
};

TEST_F(FolderVisitTest, NoticesThatRsyncHasRenamedAFileAndFindsItWhenItBeginsAfresh) {
  const std::filesystem::path temporary = tree_.File("night/.a.fits.x7Kq2b");
  tree_.File("night/b.fits");
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  std::filesystem::rename(temporary, tree_ / "night/a.fits");
  AskAll(visit);
  ASSERT_TRUE(visit.SawEntryVanish());

  visit.Begin();
  AskAll(visit);
  EXPECT_FALSE(visit.SawEntryVanish());
  const FolderContents contents = std::move(visit).TakeContents();
  EXPECT_THAT(NamesOf(contents), ElementsAre("a.fits", "b.fits"));
  EXPECT_THAT(contents.issues, IsEmpty());
  FolderStamp stamp = StampFolder(tree_ / "night").value();
  stamp.num_plain_files = 2;
  EXPECT_EQ(*contents.stamp, stamp);
}

TEST_F(FolderVisitTest, TakesAFileThatWasRemovedForGoneAndNotForTrouble) {
  const std::filesystem::path removed = tree_.File("night/a.fits");
  tree_.File("night/b.fits");
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  std::filesystem::remove(removed);
  AskAll(visit);
  const FolderContents contents = std::move(visit).TakeContents();
  EXPECT_THAT(NamesOf(contents), ElementsAre("b.fits"));
  EXPECT_THAT(contents.issues, IsEmpty());
}

TEST_F(FolderVisitTest, StampsTheFolderBeforeItListsItSoThatALaterChangeShows) {
  tree_.File("night/a.fits");
  SetTimes(tree_ / "night", Utc("2020-05-01T18:00:00"), Utc("2020-05-01T18:00:00"));
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  tree_.File("night/too-late-for-this-visit.fits");
  AskAll(visit);
  const FolderContents contents = std::move(visit).TakeContents();
  EXPECT_THAT(NamesOf(contents), ElementsAre("a.fits"));
  EXPECT_FALSE(AreUnchanged(std::vector{*contents.stamp}));
}

TEST_F(FolderVisitTest, IsSilentOfAFolderThatHasGoneButNotesThatItMayCome) {
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  EXPECT_EQ(visit.num_chunks(), 0U);
  const FolderContents contents = std::move(visit).TakeContents();
  ASSERT_TRUE(contents.stamp);
  EXPECT_FALSE(contents.stamp->exists);
  EXPECT_THAT(contents.issues, IsEmpty());
}

TEST_F(FolderVisitTest, SpeaksOfALinkWhoseFolderHasGoneForNoStampTells) {
  tree_.Symlink("link", "gone");
  FolderVisit visit = VisitTo("link");
  visit.Begin();
  const FolderContents contents = std::move(visit).TakeContents();
  ASSERT_THAT(contents.issues, SizeIs(1));
  EXPECT_EQ(contents.issues[0].path, tree_ / "link");
  EXPECT_THAT(std::string(contents.issues[0].status.message()), HasSubstr("a link to gone"));
}

TEST_F(FolderVisitTest, SeesWhatAnEntryHasBecomeSinceItWasListed) {
  tree_.File("elsewhere/file", 7);
  tree_.File("night/becomes-a-folder");
  tree_.File("night/becomes-a-link");
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  std::filesystem::remove(tree_ / "night/becomes-a-folder");
  tree_.Folder("night/becomes-a-folder");
  std::filesystem::remove(tree_ / "night/becomes-a-link");
  tree_.Symlink("night/becomes-a-link", tree_ / "elsewhere/file");
  AskAll(visit);
  const FolderContents contents = std::move(visit).TakeContents();
  ASSERT_THAT(NamesOf(contents), ElementsAre("becomes-a-link"));
  EXPECT_EQ(contents.files[0].size_bytes, 7);
  ASSERT_THAT(contents.folders, SizeIs(1));
  EXPECT_EQ(contents.folders[0].path, "night/becomes-a-folder");
}

TEST_F(FolderVisitTest, CutsALargeFolderIntoChunks) {
  for (std::size_t i = 0; i < 2 * FolderVisit::kChunkEntries + 1; ++i) {
    tree_.File("night/" + std::to_string(i), 0);
  }
  FolderVisit visit = VisitTo("night");
  visit.Begin();
  ASSERT_EQ(visit.num_chunks(), 3U);
  EXPECT_EQ(visit.num_entries(0), FolderVisit::kChunkEntries);
  EXPECT_EQ(visit.num_entries(2), 1U);
  AskAll(visit);
  EXPECT_THAT(std::move(visit).TakeContents().files, SizeIs(2 * FolderVisit::kChunkEntries + 1));
}

}  // namespace
}  // namespace obsmon::transfers
