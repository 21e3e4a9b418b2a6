#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "absl/hash/hash_testing.h"
#include "obsmon/files.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const UtcTime kLongAgo = Utc("2020-05-01T18:00:00");

// A folder that last changed long ago: what a tick of the clock could hide is another test's business.
std::filesystem::path OldFolder(const TempTree& tree) {
  tree.File("night/a.fits");
  SetTimes(tree / "night", kLongAgo, kLongAgo);
  return tree / "night";
}

TEST(FolderStamp, IsTheSameWhileNoNameChanges) {
  const TempTree tree;
  const std::filesystem::path folder = OldFolder(tree);
  ASSERT_OK_AND_ASSIGN(const FolderStamp stamp, StampFolder(folder));
  EXPECT_TRUE(stamp.exists);
  EXPECT_EQ(stamp.modified, kLongAgo);
  EXPECT_TRUE(AreUnchanged(std::vector{stamp}));
}

TEST(FolderStamp, DiffersWhenANameIsAddedRemovedOrRenamed) {
  const TempTree tree;
  const std::filesystem::path folder = OldFolder(tree);
  ASSERT_OK_AND_ASSIGN(const FolderStamp stamp, StampFolder(folder));

  const std::filesystem::path added = tree.File("night/b.fits");
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));

  SetTimes(folder, kLongAgo, kLongAgo);
  std::filesystem::rename(added, tree / "night/c.fits");
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));

  SetTimes(folder, kLongAgo, kLongAgo);
  std::filesystem::remove(tree / "night/c.fits");
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));
}

TEST(FolderStamp, DiffersWhenTheFolderWasRemadeWithTheSameTime) {
  const TempTree tree;
  const std::filesystem::path folder = OldFolder(tree);
  ASSERT_OK_AND_ASSIGN(const FolderStamp stamp, StampFolder(folder));
  std::filesystem::rename(folder, tree / "old");  // keeps its inode, so that the new one can't get it
  OldFolder(tree);
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));
}

// As rsync -a, cp -a and tar do with a folder that they have filled.
TEST(FolderStamp, DiffersWhenAFolderIsFilledAndItsTimeIsPutBack) {
  const TempTree tree;
  const std::filesystem::path folder = OldFolder(tree);
  ASSERT_OK_AND_ASSIGN(const FolderStamp stamp, StampFolder(folder));
  tree.File("night/b.fits");
  SetTimes(folder, kLongAgo, kLongAgo);
  ASSERT_EQ(StampFolder(folder)->modified, stamp.modified);
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));
}

TEST(FolderStamp, OfAnAbsentFolderDiffersOnceItIsThere) {
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const FolderStamp stamp, StampFolder(tree / "night"));
  EXPECT_FALSE(stamp.exists);
  EXPECT_TRUE(AreUnchanged(std::vector{stamp}));
  tree.Folder("night");
  EXPECT_FALSE(AreUnchanged(std::vector{stamp}));
}

TEST(FolderStamp, TakesAFileOfItsNameForNoFolder) {
  const TempTree tree;
  tree.File("night");
  EXPECT_FALSE(StampFolder(tree / "night")->exists);
  EXPECT_FALSE(StampFolder(tree / "night/below")->exists);
}

TEST(FolderStamp, OfAnAbsentFolderDiffersOnceALinkThatLeadsNowhereHasItsName) {
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const FolderStamp absent, StampFolder(tree / "night"));
  tree.Symlink("night", "/disk/not/mounted");
  EXPECT_FALSE(AreUnchanged(std::vector{absent}));
}

TEST(FolderStamp, FollowsALinkToTheFolder) {
  const TempTree tree;
  const std::filesystem::path folder = OldFolder(tree);
  tree.Symlink("link", folder);
  EXPECT_EQ(StampFolder(tree / "link")->file_id, StampFolder(folder)->file_id);
  EXPECT_EQ(StampFolder(tree / "link")->modified, kLongAgo);
}

TEST(FolderStamp, OfAFolderThatCannotBeAskedIsAnErrorAndNotAbsence) {
  const TempTree tree;
  OldFolder(tree);
  ASSERT_OK_AND_ASSIGN(const FolderStamp before, StampFolder(tree / "night"));
  std::filesystem::permissions(tree.root(), std::filesystem::perms(0600));
  const WithoutRoot ordinary_user;
  EXPECT_THAT(StampFolder(tree / "night"),
              FailsWith(absl::StatusCode::kPermissionDenied, testing::StrEq("Permission denied")));
  EXPECT_FALSE(AreUnchanged(std::vector{before}));
}

TEST(FolderStamp, IsRacyWhereAnotherChangeCouldFallWithinTheSameTickOfTheClock) {
  const FolderStamp stamp{.path = "/night", .exists = true, .modified = kLongAgo};
  EXPECT_TRUE(IsRacy(stamp, kLongAgo));
  EXPECT_TRUE(IsRacy(stamp, kLongAgo + seconds{2}));
  EXPECT_FALSE(IsRacy(stamp, kLongAgo + seconds{2} + milliseconds{1}));
  EXPECT_TRUE(IsRacy({.path = "/night", .exists = true, .changed = kLongAgo}, kLongAgo + seconds{2}));
}

TEST(FolderStamp, WithATimeInTheFutureIsRacyForItSaysNothing) {
  EXPECT_TRUE(IsRacy({.path = "/night", .exists = true, .modified = kLongAgo + seconds{3600}}, kLongAgo));
  EXPECT_TRUE(IsRacy({.path = "/night", .exists = true, .modified = kLatestTime}, kLongAgo));
}

TEST(FolderStamp, OfAnAbsentFolderIsNeverRacyForANewOneShowsWhateverItsTime) {
  EXPECT_FALSE(IsRacy({.path = "/night", .exists = false}, kLongAgo));
}

TEST(FileId, NeedsBothOfItsNumbersWhole) {
  // The prototype's inode * 10000 + device made one number of the first two, and overflowed at the others.
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {FileId{.device = 10'002, .inode = 7}, FileId{.device = 2, .inode = 8}, FileId{.device = 2, .inode = 7},
       FileId{.device = 2, .inode = 0x8000'0000'0000'0007},
       FileId{.device = 2, .inode = ~std::uint64_t{0}}}));
}

}  // namespace
}  // namespace obsmon
