#include "files/directory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::StrEq;
using testing::UnorderedElementsAre;

std::map<std::string, FileKind> ListingOf(const Directory& folder) {
  std::map<std::string, FileKind> found;
  EXPECT_THAT(folder.List([&](const ListedEntry& entry) { found.emplace(entry.name, entry.kind); }), IsOk());
  return found;
}

TEST(Directory, ListsNamesWithTheirKindsAndNeitherDotNorDotDot) {
  const TempTree tree;
  tree.File("file");
  tree.Folder("folder");
  tree.Symlink("link", "nowhere");
  mkfifo((tree / "pipe").c_str(), 0600);
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree.root()));
  EXPECT_THAT(ListingOf(folder),
              UnorderedElementsAre(Pair("file", FileKind::kRegular), Pair("folder", FileKind::kFolder),
                                   Pair("link", FileKind::kSymlink), Pair("pipe", FileKind::kOther)));
}

TEST(Directory, ListsAllOfAFolderThatFillsManyBuffersEachTimeItIsAsked) {
  const TempTree tree;
  for (int i = 0; i < 3000; ++i) tree.File("folder/a-name-of-some-length-" + std::to_string(i), 0);
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree / "folder"));
  EXPECT_EQ(ListingOf(folder).size(), 3000U);
  EXPECT_EQ(ListingOf(folder).size(), 3000U);
}

// A camera's clock may be far off. Nanoseconds in 64 bits end in 2262, and must not begin again in 1677.
TEST(Directory, GivesATimeThatNoInstantReachesAsTheNearestThatOneDoes) {
  const TempTree tree;
  tree.File("a");
  constexpr std::time_t kYear2300 = 10'413'792'000;
  const timespec time = {.tv_sec = kYear2300, .tv_nsec = 0};
  const std::array times = {time, time};
  ASSERT_EQ(utimensat(AT_FDCWD, (tree / "a").c_str(), times.data(), 0), 0);
  struct stat kept {};
  ASSERT_EQ(stat((tree / "a").c_str(), &kept), 0);
  if (kept.st_mtime != kYear2300) GTEST_SKIP() << "this file system keeps no such times";
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree.root()));
  ASSERT_OK_AND_ASSIGN(const FileFacts facts, folder.Stat("a", FollowLinks::kNo));
  EXPECT_EQ(facts.mtime, kLatestTime);
}

TEST(AbsolutePath, IsThePathAsItIsWhereTheWorkingFolderIsGone) {
  const TempTree tree;
  const std::filesystem::path before = std::filesystem::current_path();
  EXPECT_EQ(AbsolutePath("a"), before / "a");
  std::filesystem::current_path(tree.Folder("gone"));
  std::filesystem::remove(tree / "gone");
  EXPECT_EQ(AbsolutePath("a"), "a");
  std::filesystem::current_path(before);
}

TEST(AbsolutePath, HasOneSpellingForOneFolder) {
  const TempTree tree;
  tree.Folder("a/b");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(tree.root());
  for (const char* spelling : {"a/b", "./a//b/", "a/./b/.", "a/b/../b", "a/../nowhere/../a/b"}) {
    EXPECT_EQ(AbsolutePath(spelling), tree / "a/b") << spelling;
  }
  EXPECT_EQ(AbsolutePath("."), tree.root());
  EXPECT_EQ(AbsolutePath("/"), "/");
  std::filesystem::current_path(before);
}

TEST(AbsolutePath, LeadsBackFromALinkToWhereTheLinkLeads) {
  const TempTree tree;
  tree.Folder("far/away/folder");
  tree.Symlink("link", "far/away/folder");
  EXPECT_EQ(AbsolutePath(tree / "link/../x"), tree / "far/away/x");
  EXPECT_EQ(AbsolutePath(tree / "link"), tree / "link");
}

// So that a scan can tell a folder that someone removes under it from one that it can't read.
TEST(Directory, ThatIsRemovedWhileItIsOpenIsListedAsAbsent) {
  const TempTree tree;
  tree.Folder("folder");
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open((tree / "folder").string()));
  std::filesystem::remove(tree / "folder");
  EXPECT_THAT(folder.List([](const ListedEntry&) {}), FailsWith(absl::StatusCode::kNotFound, testing::_));
}

TEST(Directory, TellsOfALinkOrOfItsTargetAsAsked) {
  const TempTree tree;
  tree.File("file", 123);
  tree.Symlink("link", "file");
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree.root()));
  ASSERT_OK_AND_ASSIGN(const FileFacts link, folder.Stat("link", FollowLinks::kNo));
  ASSERT_OK_AND_ASSIGN(const FileFacts target, folder.Stat("link", FollowLinks::kYes));
  ASSERT_OK_AND_ASSIGN(const FileFacts file, folder.Stat("file", FollowLinks::kNo));
  EXPECT_EQ(link.kind, FileKind::kSymlink);
  EXPECT_EQ(target.kind, FileKind::kRegular);
  EXPECT_EQ(target.size_bytes, 123);
  EXPECT_EQ(target.file_id, file.file_id);
  EXPECT_NE(link.file_id, file.file_id);
  EXPECT_THAT(folder.ReadLink("link").value(), StrEq("file"));
}

TEST(Directory, GivesTheIdentityThatStatGives) {
  const TempTree tree;
  struct stat expected {};
  ASSERT_EQ(stat(tree.File("file").c_str(), &expected), 0);
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree.root()));
  ASSERT_OK_AND_ASSIGN(const FileFacts facts, folder.Stat("file", FollowLinks::kNo));
  EXPECT_EQ(facts.file_id, (FileId{.device = expected.st_dev, .inode = expected.st_ino}));
}

TEST(Directory, KeepsTimesBefore1970AndNanoseconds) {
  const TempTree tree;
  const UtcTime time = UtcTime{} - std::chrono::nanoseconds{1};
  tree.File("old", 1, time);
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree.root()));
  EXPECT_EQ(folder.Stat("old", FollowLinks::kNo)->mtime, time);
}

TEST(Directory, SaysTheSystemsClauseAloneForItsCallerKnowsThePath) {
  const TempTree tree;
  tree.File("file");
  EXPECT_THAT(Directory::Open(tree / "none"),
              FailsWith(absl::StatusCode::kNotFound, StrEq("No such file or directory")));
  EXPECT_THAT(Directory::Open(tree / "file"),
              FailsWith(absl::StatusCode::kFailedPrecondition, StrEq("Not a directory")));
}

TEST(Directory, ThatMayBeEnteredButNotListedCanStillBeAsked) {
  const TempTree tree;
  tree.File("folder/file", 7);
  std::filesystem::permissions(tree / "folder", std::filesystem::perms(0111));
  const WithoutRoot ordinary_user;
  EXPECT_THAT(Directory::Open(tree / "folder"), FailsWith(absl::StatusCode::kPermissionDenied, testing::_));
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::OpenToEnter(tree / "folder"));
  EXPECT_EQ(folder.Stat("file", FollowLinks::kNo)->size_bytes, 7);
}

TEST(Directory, ThatMayBeListedButNotEnteredIsFoundOutByItsDot) {
  const TempTree tree;
  tree.File("folder/file");
  std::filesystem::permissions(tree / "folder", std::filesystem::perms(0444));
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const Directory folder, Directory::Open(tree / "folder"));
  EXPECT_THAT(ListingOf(folder), testing::SizeIs(1));
  EXPECT_THAT(folder.Stat(), IsOk());
  EXPECT_THAT(folder.Stat(".", FollowLinks::kNo),
              FailsWith(absl::StatusCode::kPermissionDenied, StrEq("Permission denied")));
  EXPECT_THAT(Directory::OpenToEnter(tree / "folder"),
              FailsWith(absl::StatusCode::kPermissionDenied, testing::_));
}

}  // namespace
}  // namespace obsmon
