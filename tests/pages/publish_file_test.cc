#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "obsmon/pages.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> NamesIn(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

ino_t InodeOf(const std::filesystem::path& file) {
  struct stat facts {};
  EXPECT_EQ(stat(file.c_str(), &facts), 0) << file;
  return facts.st_ino;
}

// No file of this process may grow above `bytes` while this lives: what a full disk looks like to a writer.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &old_), 0);
    const rlimit limited{.rlim_cur = bytes, .rlim_max = old_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  }
  ~FileSizeLimit() {
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &old_), 0);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(PublishFile, WritesAFileAndLeavesNothingElse) {
  const TempTree tree;
  const std::string contents(300'000, 'x');
  EXPECT_THAT(PublishFile(tree / "a.html", contents), IsOk());
  EXPECT_EQ(ReadFile(tree / "a.html"), contents);
  EXPECT_THAT(NamesIn(tree.root()), ElementsAre("a.html"));
}

TEST(PublishFile, GivesTheFileTheRightsThatTheUmaskLeaves) {
  const TempTree tree;
  const mode_t old_mask = umask(027);
  EXPECT_THAT(PublishFile(tree / "a.html", "x"), IsOk());
  umask(old_mask);
  EXPECT_EQ(std::filesystem::status(tree / "a.html").permissions(), std::filesystem::perms(0640));
}

TEST(PublishFile, LeavesAFileWithTheSameContentsAlone) {
  const TempTree tree;
  const std::string contents(200'000, 'x');
  tree.Text("a.html", contents);
  const UtcTime long_ago = Utc("2020-05-01T00:00:00");
  SetTimes(tree / "a.html", long_ago, long_ago);
  const ino_t inode = InodeOf(tree / "a.html");
  const auto modified = std::filesystem::last_write_time(tree / "a.html");
  EXPECT_THAT(PublishFile(tree / "a.html", contents), IsOk());
  EXPECT_EQ(InodeOf(tree / "a.html"), inode);
  EXPECT_EQ(std::filesystem::last_write_time(tree / "a.html"), modified);
}

TEST(PublishFile, ReplacesAFileOfTheSameSizeWhoseLastByteDiffers) {
  const TempTree tree;
  std::string contents(200'000, 'x');
  tree.Text("a.html", contents);
  contents.back() = 'y';
  EXPECT_THAT(PublishFile(tree / "a.html", contents), IsOk());
  EXPECT_EQ(ReadFile(tree / "a.html"), contents);
}

TEST(PublishFile, LetsAReaderOfTheOldFileReadItToItsEnd) {
  const TempTree tree;
  tree.Text("a.html", "the old page");
  std::ifstream reader(tree / "a.html");
  EXPECT_THAT(PublishFile(tree / "a.html", "new"), IsOk());
  std::ostringstream read;
  read << reader.rdbuf();
  EXPECT_EQ(read.str(), "the old page");
  EXPECT_EQ(ReadFile(tree / "a.html"), "new");
}

TEST(PublishFile, KeepsTheOldFileWhereTheDiskIsFull) {
  const TempTree tree;
  tree.Text("a.html", "the old page");
  {
    const FileSizeLimit limit(4'096);
    EXPECT_THAT(PublishFile(tree / "a.html", std::string(100'000, 'x')),
                FailsWith(absl::StatusCode::kResourceExhausted,
                          AllOf(HasSubstr((tree / "a.html").string()), HasSubstr("free some space"))));
  }
  EXPECT_EQ(ReadFile(tree / "a.html"), "the old page");
  EXPECT_THAT(NamesIn(tree.root()), ElementsAre("a.html"));
}

TEST(PublishFile, KeepsTheOldFileInAFolderThatItMayNotWrite) {
  const TempTree tree;
  tree.Text("out/a.html", "the old page");
  std::filesystem::permissions(tree / "out", std::filesystem::perms(0555));
  {
    const WithoutRoot user;
    EXPECT_THAT(PublishFile(tree / "out/a.html", "new"),
                FailsWith(absl::StatusCode::kPermissionDenied,
                          AllOf(HasSubstr((tree / "out/a.html").string()), HasSubstr("Permission denied"))));
  }
  EXPECT_EQ(ReadFile(tree / "out/a.html"), "the old page");
  EXPECT_THAT(NamesIn(tree / "out"), ElementsAre("a.html"));
}

TEST(PublishFile, NeedsNoRightToReadTheFolder) {
  const TempTree tree;
  tree.Folder("drop");
  std::filesystem::permissions(tree / "drop", std::filesystem::perms(0333));
  {
    const WithoutRoot user;
    EXPECT_THAT(PublishFile(tree / "drop/a.prom", "new"), IsOk());
  }
  EXPECT_EQ(ReadFile(tree / "drop/a.prom"), "new");
}

TEST(PublishFile, NamesTheFileWhoseFolderIsMissing) {
  const TempTree tree;
  EXPECT_THAT(PublishFile(tree / "no/a.html", "x"),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr((tree / "no/a.html").string())));
}

TEST(PublishFile, TakesBackItsTemporaryFileWhereTheNameIsAFolder) {
  const TempTree tree;
  tree.Folder("a.html/inside");
  EXPECT_FALSE(PublishFile(tree / "a.html", "x").ok());
  EXPECT_THAT(NamesIn(tree.root()), ElementsAre("a.html"));
}

TEST(PublishFile, UsesUpWhatAKilledRunLeftBehind) {
  const TempTree tree;
  tree.Text(".a.html.obsmon", "half a page, and longer than the whole one");
  EXPECT_THAT(PublishFile(tree / "a.html", "whole"), IsOk());
  EXPECT_EQ(ReadFile(tree / "a.html"), "whole");
  EXPECT_THAT(NamesIn(tree.root()), ElementsAre("a.html"));
}

TEST(PublishFile, WritesNothingByWayOfALinkThatSomeonePutInItsWay) {
  const TempTree tree;
  tree.Text("precious", "not yours");
  tree.Symlink(".a.html.obsmon", (tree / "precious").string());
  EXPECT_FALSE(PublishFile(tree / "a.html", "whole").ok());
  EXPECT_EQ(ReadFile(tree / "precious"), "not yours");
  std::filesystem::remove(tree / "precious");
  EXPECT_FALSE(PublishFile(tree / "a.html", "whole").ok());
  EXPECT_FALSE(std::filesystem::exists(tree / "precious"));
}

TEST(PublishFile, IsWholeForAReaderWhileSeveralPublishIt) {
  const TempTree tree;
  constexpr int kTimes = 50;
  std::vector<std::jthread> publishers;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    publishers.emplace_back([&, letter] {
      for (int n = 1; n <= kTimes; ++n) {
        const auto size = static_cast<std::size_t>(n) * 1'000;
        EXPECT_THAT(PublishFile(tree / "a.html", std::string(size, letter)), IsOk());
        const std::string seen = ReadFile(tree / "a.html");
        EXPECT_EQ(seen.size() % 1'000, 0U);
        EXPECT_EQ(seen.find_first_not_of(seen.front()), std::string::npos);
      }
    });
  }
  publishers.clear();
  EXPECT_THAT(NamesIn(tree.root()), ElementsAre("a.html"));
}

}  // namespace
}  // namespace obsmon
