#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "obsmon/transfers.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Night kNight = Night::Parse("2020-05-01").value();

std::vector<std::string> PathsOf(const TransferTable& files) {
  std::vector<std::string> paths;
  for (const TransferRow& file : files) paths.emplace_back(file.path);
  return paths;
}

/// Paths of the files in flight.
std::vector<std::string> InFlight(const TransferTable& files) {
  std::vector<std::string> paths;
  for (const TransferRow& file : files) {
    if (file.state == TransferState::kInFlight) paths.emplace_back(file.path);
  }
  return paths;
}

MATCHER_P2(IssueAt, path, message, "is an issue at that path, with that message") {
  const ScanIssue& issue = arg;
  *result_listener << issue.path << ": " << issue.status;
  return issue.path == path &&
         testing::ExplainMatchResult(message, std::string(issue.status.message()), result_listener);
}

/// The scan of the one night that all these tests are about.
absl::StatusOr<TransferScan> Scan(const TempTree& tree, const ScanOptions& options = {}) {
  return ScanTransfers(tree / "storage", kNight, options);
}

// ---- What is known

// Knows each path that it was given by its file's identity, and says that it has 7 bytes: so a test sees
// which files were asked.
class Known final : public KnownTransfers {
 public:
  void Add(const std::string& path, const FileId& file_id) { files_.emplace(path, file_id); }
  std::optional<TransferRow> Find(std::string_view path, const FileId& file_id,
                                  FolderChange /*of_its_folder*/) const override {
    const auto found = files_.find(std::string(path));
    if (found == files_.end() || found->second != file_id) return std::nullopt;
    return TransferRow{.path = found->first, .size_bytes = 7, .creation_time = UtcTime{}, .file_id = file_id};
  }

 private:
  std::map<std::string, FileId> files_;
};

TEST(ScanTransfers, DoesNotAskForRegularFilesThatAreKnown) {
  const TempTree tree;
  for (const char* path : {"a.fits", "sub/b.fits", "c.fits", ".d.fits.x7Kq2b", ".~tmp~/e.fits"}) {
    tree.File(std::string("storage/2020-05-01/") + path);
  }
  tree.Symlink("storage/2020-05-01/f.fits", tree / "storage/2020-05-01/a.fits", UtcTime{});
  ASSERT_OK_AND_ASSIGN(const TransferScan asked, Scan(tree));
  Known known;
  for (const TransferRow& file : asked.files) {
    FileId id = file.file_id;
    if (file.path.ends_with("/c.fits")) ++id.inode;  // what is there now is another
    known.Add(std::string(file.path), id);
  }
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree, {.known = &known}));
  EXPECT_EQ(PathsOf(scan.files), PathsOf(asked.files));
  for (std::size_t row = 0; row < scan.files.size(); ++row) {
    const TransferRow file = scan.files[row];
    const bool is_known = file.path.ends_with("/a.fits") || file.path.ends_with("/b.fits");
    EXPECT_EQ(file.size_bytes, is_known ? 7 : 57'600) << file.path;
    EXPECT_EQ(file.file_id, asked.files[row].file_id) << file.path;
    EXPECT_EQ(file.state, asked.files[row].state) << file.path;
  }
  EXPECT_EQ(scan.folders, asked.folders);
}

TEST(ScanTransfers, CountsThePlainFilesOfFoldersThatHoldNothingElse) {
  const TempTree tree;
  for (const char* path : {"plain/a.fits", "plain/b.fits", "hides/a.fits", "hides/.log", "receives/a.fits",
                           "receives/.b.fits.x7Kq2b", "links/a.fits", "holds/a.fits", "holds/folder/b.fits",
                           "partial/.~tmp~/a.fits"}) {
    tree.File(std::string("storage/2020-05-01/") + path);
  }
  std::filesystem::create_directory(tree / "storage/2020-05-01/empty");
  tree.Symlink("storage/2020-05-01/links/b.fits", tree / "storage/2020-05-01/plain/a.fits", UtcTime{});
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  const std::string prefix = (tree / "storage/2020-05-01/").string();
  std::map<std::string, std::int64_t> plain;
  for (const FolderStamp& folder : scan.folders) {
    if (folder.num_plain_files) plain.emplace(folder.path.substr(prefix.size()), *folder.num_plain_files);
  }
  EXPECT_THAT(plain, ElementsAre(std::pair("empty", 0), std::pair("holds/folder", 1), std::pair("plain", 2)));
}

// Knows a folder and its files, of which one was never there: so a test sees whether the folder was listed.
class KnownFolder final : public KnownTransfers {
 public:
  std::optional<FolderStamp> FindFolder(std::string_view path) const override {
    return path == folder.path ? std::optional(folder) : std::nullopt;
  }
  std::optional<std::vector<TransferRow>> FilesOf(std::string_view path) const override {
    EXPECT_EQ(path, "2020-05-01/sub");
    return files;
  }

  FolderStamp folder{};
  std::optional<std::vector<TransferRow>> files{};
};

class ScanOfAKnownFolder : public testing::Test {
 protected:
  ScanOfAKnownFolder() {
    for (const char* name : {"a.fits", "b.fits"}) tree_.File(std::string("storage/2020-05-01/sub/") + name);
    known_.folder = StampFolder(tree_ / "storage/2020-05-01/sub").value();
    known_.folder.num_plain_files = 2;
    known_.files = {{.path = "2020-05-01/sub/a.fits", .size_bytes = 7},
                    {.path = "2020-05-01/sub/never there.fits", .size_bytes = 8}};
  }
  std::vector<std::string> Found() const {
    const absl::StatusOr<TransferScan> scan = Scan(tree_, {.known = &known_});
    EXPECT_THAT(scan, IsOk());
    return scan.ok() ? PathsOf(scan->files) : std::vector<std::string>();
  }

  const std::vector<std::string> there_ = {"2020-05-01/sub/a.fits", "2020-05-01/sub/b.fits"};
  TempTree tree_;
  KnownFolder known_;
};

TEST_F(ScanOfAKnownFolder, DoesNotListItWhileItIsAsItWas) {
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree_, {.known = &known_}));
  EXPECT_EQ(std::vector<TransferRow>(scan.files.begin(), scan.files.end()), known_.files);
  ASSERT_THAT(scan.folders, SizeIs(3));  // and the night's, by both of its names
  EXPECT_EQ(scan.folders[1], known_.folder);
}

TEST_F(ScanOfAKnownFolder, ListsItWhenItHasChanged) {
  SetTimes(tree_ / "storage/2020-05-01/sub", Utc("2020-05-02T12:00:00"), Utc("2020-05-02T12:00:00"));
  EXPECT_EQ(Found(), there_);
}

TEST_F(ScanOfAKnownFolder, ListsItWhenItHeldMoreThanPlainFiles) {
  known_.folder.num_plain_files.reset();
  EXPECT_EQ(Found(), there_);
}

TEST_F(ScanOfAKnownFolder, ListsItWhenNotAllOfItsFilesAreKnown) {
  known_.files->pop_back();
  EXPECT_EQ(Found(), there_);
  known_.files.reset();
  EXPECT_EQ(Found(), there_);
}

TEST_F(ScanOfAKnownFolder, ListsWhatHasItsNameNow) {
  std::filesystem::rename(tree_ / "storage/2020-05-01/sub", tree_ / "storage/2020-05-01/other");
  tree_.File("storage/2020-05-01/sub/c.fits");
  EXPECT_THAT(Found(),
              ElementsAre("2020-05-01/other/a.fits", "2020-05-01/other/b.fits", "2020-05-01/sub/c.fits"));
}

// ---- What is found

TEST(ScanTransfers, FindsTheFilesOfANightAtAnyDepthSortedByFolderThenName) {
  const TempTree tree;
  tree.File("storage/2020-05-01/b.fits");
  tree.File("storage/2020-05-01/a.fits");
  tree.File("storage/2020-05-01/sub/deeper/deepest/z.fits");  // the prototype saw two levels
  tree.File("storage/2020-05-01/sub/y.json");
  tree.File("storage/2020-05-01/sub-2/x.fits");
  tree.File("storage/2020-05-02/of-another-night.fits");
  tree.File("storage/readme.txt");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files),
              ElementsAre("2020-05-01/a.fits", "2020-05-01/b.fits", "2020-05-01/sub/y.json",
                          "2020-05-01/sub-2/x.fits", "2020-05-01/sub/deeper/deepest/z.fits"));
  EXPECT_THAT(scan.issues, IsEmpty());
}

TEST(ScanTransfers, TakesBothSpellingsOfANightsFolder) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  tree.File("storage/20200501/a.fits");
  tree.File("storage/20200502/b.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/a.fits", "20200501/a.fits"));
}

// For tools that know the other spelling: its files are there once.
TEST(ScanTransfers, CountsFilesOnceWhereOneSpellingIsALinkToTheOther) {
  const TempTree compact;
  compact.File("storage/20200501/a.fits");
  compact.Symlink("storage/2020-05-01", "20200501");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(compact));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("20200501/a.fits"));
  EXPECT_THAT(scan.issues, IsEmpty());

  const TempTree dashed;
  dashed.File("storage/2020-05-01/a.fits");
  dashed.Symlink("storage/20200501", dashed / "storage/2020-05-01");
  ASSERT_OK_AND_ASSIGN(const TransferScan other, Scan(dashed));
  EXPECT_THAT(PathsOf(other.files), ElementsAre("2020-05-01/a.fits"));

  // A later look notices where the link is led elsewhere.
  dashed.File("elsewhere/b.fits");
  std::filesystem::remove(dashed / "storage/20200501");
  dashed.Symlink("storage/20200501", dashed / "elsewhere");
  EXPECT_FALSE(AreUnchanged(other.folders));
  ASSERT_OK_AND_ASSIGN(const TransferScan both, Scan(dashed));
  EXPECT_THAT(PathsOf(both.files), ElementsAre("2020-05-01/a.fits", "20200501/b.fits"));
}

TEST(ScanTransfers, OfANightWithoutAFolderIsAnEmptyTableAndStampsBothAbsentFolders) {
  const TempTree tree;
  tree.Folder("storage");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_TRUE(scan.files.empty());
  EXPECT_THAT(scan.issues, IsEmpty());
  EXPECT_THAT(scan.folders, ElementsAre(FolderStamp{.path = tree / "storage/2020-05-01"},
                                        FolderStamp{.path = tree / "storage/20200501"}));
}

TEST(ScanTransfers, TellsSizeTimesAndIdentityOfEachFile) {
  const TempTree tree;
  const UtcTime created = Utc("2020-05-02T03:04:05") + std::chrono::nanoseconds{6};
  struct stat expected {};
  ASSERT_EQ(stat(tree.File("storage/2020-05-01/a.fits", 12'345, created).c_str(), &expected), 0);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  ASSERT_EQ(scan.files.size(), 1U);
  const TransferRow file = scan.files[0];
  EXPECT_EQ(file.size_bytes, 12'345);
  EXPECT_EQ(file.creation_time, created);
  EXPECT_EQ(file.arrival_time, UtcTime(std::chrono::seconds(expected.st_ctim.tv_sec) +
                                       std::chrono::nanoseconds(expected.st_ctim.tv_nsec)));
  EXPECT_EQ(file.file_id, (FileId{.device = expected.st_dev, .inode = expected.st_ino}));
  EXPECT_EQ(file.state, TransferState::kArrived);
}

TEST(ScanTransfers, KeepsNamesByteForByte) {
  const TempTree tree;
  const std::vector<std::string> names = {"a'quote\".fits", "a\nnewline.fits", "a<b>&.fits",
                                          "a\xff\xfe.fits", "é.fits",          std::string(255, 'n')};
  for (const std::string& name : names) tree.File("storage/2020-05-01/" + name);
  std::vector<std::string> expected;
  for (const std::string& name : names) expected.push_back("2020-05-01/" + name);
  std::ranges::sort(expected);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_EQ(PathsOf(scan.files), expected);
}

TEST(ScanTransfers, SortsBytesAsUnsigned) {
  const TempTree tree;
  tree.File("storage/2020-05-01/\xc3\xa9.fits");
  tree.File("storage/2020-05-01/z.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/z.fits", "2020-05-01/\xc3\xa9.fits"));
}

TEST(ScanTransfers, ListsEveryNameOfAFileThatHasSeveral) {
  const TempTree tree;
  tree.HardLink("storage/20200501/b.fits", tree.File("storage/2020-05-01/a.fits"));
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  ASSERT_EQ(scan.files.size(), 2U);
  EXPECT_EQ(scan.files[0].file_id, scan.files[1].file_id);
}

TEST(ScanTransfers, TellsFilesOfTwoDevicesApart) {
  struct stat here {};
  struct stat there {};
  const TempTree tree;
  if (stat(tree.root().c_str(), &here) != 0 || stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev ||
      access("/dev/shm", W_OK) != 0) {
    GTEST_SKIP() << "needs a second file system at /dev/shm";
  }
  std::string other = "/dev/shm/obsmon-test-XXXXXX";
  ASSERT_NE(mkdtemp(other.data()), nullptr);
  std::filesystem::copy_file(tree.File("storage/2020-05-01/a.fits"), other + "/b.fits");
  tree.Symlink("storage/2020-05-01/b.fits", other + "/b.fits");
  const absl::StatusOr<TransferScan> scan = Scan(tree);
  std::filesystem::remove_all(other);
  ASSERT_THAT(scan, IsOk());
  ASSERT_EQ(scan->files.size(), 2U);
  EXPECT_EQ(scan->files[0].file_id.device, here.st_dev);
  EXPECT_EQ(scan->files[1].file_id.device, there.st_dev);
}

// ---- What is in flight, and what is hidden

TEST(ScanTransfers, SeesRsyncsTemporaryNamesInFlight) {
  const TempTree tree;
  tree.File("storage/2020-05-01/.a.fits.x7Kq2b", 4096);
  tree.File("storage/2020-05-01/sub/.b.fits.000000", 4096);
  tree.File("storage/2020-05-01/c.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(InFlight(scan.files),
              ElementsAre("2020-05-01/.a.fits.x7Kq2b", "2020-05-01/sub/.b.fits.000000"));
  EXPECT_THAT(scan.files, SizeIs(3));
  EXPECT_EQ(scan.num_hidden, 0);
}

TEST(ScanTransfers, SeesAllBelowFoldersOfPartialTransfersInFlight) {
  const TempTree tree;
  tree.File("storage/2020-05-01/exposure/.~tmp~/a.fits");
  tree.File("storage/2020-05-01/.rsync-partial/b.fits");
  tree.File("storage/2020-05-01/.rsync-partial/deeper/.c");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(InFlight(scan.files),
              ElementsAre("2020-05-01/.rsync-partial/b.fits", "2020-05-01/.rsync-partial/deeper/.c",
                          "2020-05-01/exposure/.~tmp~/a.fits"));
}

TEST(ScanTransfers, TakesTheNamesOfPartialFoldersFromItsOptions) {
  const TempTree tree;
  tree.File("storage/2020-05-01/incoming/a.fits");
  tree.File("storage/2020-05-01/.rsync-partial/b.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree, {.partial_folders = {"incoming"}}));
  EXPECT_THAT(InFlight(scan.files), ElementsAre("2020-05-01/incoming/a.fits"));
  EXPECT_EQ(scan.num_hidden, 1);  // .rsync-partial is now a hidden folder as any other
}

TEST(ScanTransfers, TakesAFileForArrivedThoughItBearsTheNameOfAPartialFolder) {
  const TempTree tree;
  tree.File("storage/2020-05-01/incoming");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree, {.partial_folders = {"incoming"}}));
  EXPECT_THAT(InFlight(scan.files), IsEmpty());
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/incoming"));
}

TEST(ScanTransfers, CountsHiddenEntriesAndEntersNoHiddenFolder) {
  const TempTree tree;
  tree.File("storage/2020-05-01/.nfs000000000001");
  tree.File("storage/2020-05-01/.snapshot/a.fits");  // the prototype entered these
  tree.File("storage/2020-05-01/.a.fits.x7Kq2b/in-a-folder-that-looks-like-a-transfer.fits");
  tree.File("storage/2020-05-01/b.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/b.fits"));
  EXPECT_EQ(scan.num_hidden, 3);
  EXPECT_THAT(scan.issues, IsEmpty());
}

// ---- Links

TEST(ScanTransfers, FollowsLinksToFilesAndToFoldersOfStorage) {
  const TempTree tree;
  tree.File("elsewhere/a.fits", 111);
  tree.File("storage/folder/b.fits", 222);
  tree.Symlink("storage/2020-05-01/link.fits", tree / "elsewhere/a.fits");
  tree.Symlink("storage/2020-05-01/sub", "../folder");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/link.fits", "2020-05-01/sub/b.fits"));
  EXPECT_THAT(scan.files.size_bytes(), ElementsAre(111, 222));
}

TEST(ScanTransfers, FollowsALinkThatIsTheNightsFolder) {
  const TempTree tree;
  tree.File("big-disk/a.fits");
  tree.Symlink("storage/2020-05-01", tree / "big-disk");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/a.fits"));
}

TEST(ScanTransfers, TakesWhatLiesInTheFolderThatANightsLinkLeadsToForPartOfStorage) {
  const TempTree tree;
  tree.File("big-disk/night/real/a.fits");
  tree.Symlink("big-disk/night/alias", "real");
  tree.Symlink("storage/2020-05-01", tree / "big-disk/night");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/alias/a.fits", "2020-05-01/real/a.fits"));
  EXPECT_THAT(scan.issues, IsEmpty());
}

TEST(ScanTransfers, DoesNotEnterAFolderToWhichALinkLeadsOutOfStorage) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  tree.File("home/secret/diary.fits");
  tree.File("storage-of-others/b.fits");  // which begins with the name of storage
  tree.Symlink("storage/2020-05-01/loot", tree / "home");
  tree.Symlink("storage/2020-05-01/other", tree / "storage-of-others");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/a.fits"));
  EXPECT_THAT(
      scan.issues,
      ElementsAre(IssueAt(tree / "storage/2020-05-01/loot",
                          fmt::format("leads out of storage, to {}; not entered", (tree / "home").string())),
                  IssueAt(tree / "storage/2020-05-01/other", HasSubstr("leads out of storage"))));
}

TEST(ScanTransfers, SaysOfADanglingLinkWhereItLeads) {
  const TempTree tree;
  tree.Symlink("storage/2020-05-01/a.fits", "/no/such/file");
  tree.File("storage/2020-05-01/b.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/b.fits"));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01/a.fits",
                                               "a link to /no/such/file, which does not exist")));
  EXPECT_FALSE(scan.issues.front().leaves_nothing_out) << "its disk may be away";
}

TEST(ScanTransfers, DoesNotTakeANightWhoseLinkDanglesForANightWithoutFiles) {
  const TempTree tree;
  tree.Symlink("storage/2020-05-01", "/disk/not/mounted");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01",
                                               "a link to /disk/not/mounted, which does not exist")));
}

TEST(ScanTransfers, NeverEntersAFolderThatItIsInAlready) {
  const TempTree tree;
  tree.File("storage/2020-05-01/sub/a.fits");
  tree.Symlink("storage/2020-05-01/sub/up", "..");
  tree.Symlink("storage/2020-05-01/sub/self", ".");
  tree.Symlink("storage/2020-05-01/sub/top", "../..");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/sub/a.fits"));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01/sub/self", HasSubstr("leads back")),
                                       IssueAt(tree / "storage/2020-05-01/sub/top", HasSubstr("leads back")),
                                       IssueAt(tree / "storage/2020-05-01/sub/up", HasSubstr("leads back"))));
  EXPECT_THAT(scan.issues, testing::Each(testing::Field(&ScanIssue::leaves_nothing_out, true)));
}

TEST(ScanTransfers, ListsAFolderUnderEachNameThatLeadsToIt) {
  const TempTree tree;
  tree.File("storage/2020-05-01/real/a.fits");
  tree.Symlink("storage/2020-05-01/alias", "real");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/alias/a.fits", "2020-05-01/real/a.fits"));
}

TEST(ScanTransfers, SaysOfALinkThatLeadsToItselfWhatTheSystemSays) {
  const TempTree tree;
  tree.Symlink("storage/2020-05-01/a.fits", "a.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(scan.issues,
              ElementsAre(IssueAt(tree / "storage/2020-05-01/a.fits", "Too many levels of symbolic links")));
}

// ---- Trouble with single entries

TEST(ScanTransfers, NamesAFolderThatItMayNotListAndReportsTheRest) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a/secret.fits");
  tree.File("storage/2020-05-01/b/seen.fits");
  std::filesystem::permissions(tree / "storage/2020-05-01/a", std::filesystem::perms(0));
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/b/seen.fits"));
  ASSERT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01/a", "Permission denied")));
  EXPECT_TRUE(absl::IsPermissionDenied(scan.issues[0].status));
}

TEST(ScanTransfers, NamesAFolderThatItMayListButNotEnterOnceAndNotOnceAFile) {
  const TempTree tree;
  for (int i = 0; i < 5; ++i) tree.File(fmt::format("storage/2020-05-01/a/{}.fits", i));
  std::filesystem::permissions(tree / "storage/2020-05-01/a", std::filesystem::perms(0444));
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01/a", "Permission denied")));
}

TEST(ScanTransfers, NamesANightsFolderThatItMayNotRead) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  tree.File("storage/20200501/b.fits");
  std::filesystem::permissions(tree / "storage/2020-05-01", std::filesystem::perms(0));
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("20200501/b.fits"));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01", "Permission denied")));
}

TEST(ScanTransfers, NamesAFileThatStandsWhereANightsFolderBelongs) {
  const TempTree tree;
  tree.File("storage/2020-05-01");
  tree.File("storage/20200501/a.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("20200501/a.fits"));
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01", HasSubstr("no folder"))));
}

TEST(ScanTransfers, NamesWhatIsNeitherFileNorFolderAndNeverOpensIt) {
  const TempTree tree;
  tree.Folder("storage/2020-05-01");
  ASSERT_EQ(mkfifo((tree / "storage/2020-05-01/pipe").c_str(), 0600), 0);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_TRUE(scan.files.empty());
  EXPECT_THAT(scan.issues, ElementsAre(IssueAt(tree / "storage/2020-05-01/pipe", HasSubstr("pipe, socket"))));
}

TEST(ScanTransfers, NamesAFolderTooDeepToBeOpened) {
  const TempTree tree;
  const std::filesystem::path top = tree.Folder("storage/2020-05-01");
  // Made step by step, for the whole path is longer than a system call takes.
  int at = open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int depth = 0; depth < 20; ++depth) {
    const std::string name(250, 'd');
    ASSERT_EQ(mkdirat(at, name.c_str(), 0700), 0);
    const int below = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(at);
    at = below;
  }
  close(at);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  ASSERT_THAT(scan.issues, SizeIs(1));
  EXPECT_THAT(std::string(scan.issues[0].status.message()), HasSubstr("too long"));
}

// ---- Trouble with storage itself

TEST(ScanTransfers, FailsWhereThereIsNoStorage) {
  const TempTree tree;
  EXPECT_THAT(Scan(tree), FailsWith(absl::StatusCode::kNotFound,
                                    AllOf(HasSubstr((tree / "storage").string()), HasSubstr("no such"))));
  EXPECT_THAT(ScanTransfers("", kNight), FailsWith(absl::StatusCode::kNotFound, HasSubstr("no such")));
}

TEST(ScanTransfers, FailsWhereStorageIsNoFolder) {
  const TempTree tree;
  tree.File("storage");
  EXPECT_THAT(Scan(tree), FailsWith(absl::StatusCode::kFailedPrecondition,
                                    AllOf(HasSubstr((tree / "storage").string()), HasSubstr("no folder"))));
}

TEST(ScanTransfers, FailsWhereStorageMayNotBeEntered) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  std::filesystem::permissions(tree / "storage", std::filesystem::perms(0444));
  const WithoutRoot ordinary_user;
  EXPECT_THAT(Scan(tree), FailsWith(absl::StatusCode::kPermissionDenied,
                                    AllOf(HasSubstr((tree / "storage").string()), HasSubstr("entered"))));
}

TEST(ScanTransfers, NeedsNoRightToListStorageItself) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  std::filesystem::permissions(tree / "storage", std::filesystem::perms(0111));
  const WithoutRoot ordinary_user;
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  EXPECT_THAT(PathsOf(scan.files), ElementsAre("2020-05-01/a.fits"));
}

TEST(ScanTransfers, SaysAbsolutePathsWhereItWasGivenARelativeOneOrASlashAtItsEnd) {
  const TempTree tree;
  tree.Symlink("storage/2020-05-01/a.fits", "gone");
  const std::filesystem::path relative = std::filesystem::relative(tree / "storage") / "";
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, ScanTransfers(relative, kNight));
  ASSERT_THAT(scan.issues, SizeIs(1));
  EXPECT_TRUE(std::filesystem::path(scan.issues[0].path).is_absolute());
  EXPECT_THAT(scan.issues[0].path,
              AllOf(HasSubstr("/storage/2020-05-01/a.fits"), testing::Not(HasSubstr("//"))));
}

// ---- Stamps

TEST(ScanTransfers, StampsEveryFolderThatItLookedInto) {
  const TempTree tree;
  tree.File("storage/20200501/sub/deeper/a.fits");
  tree.File("storage/20200501/.~tmp~/b.fits");
  tree.File("storage/20200501/.snapshot/c.fits");
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  std::vector<std::string> paths;
  for (const FolderStamp& stamp : scan.folders) paths.push_back(stamp.path);
  EXPECT_THAT(paths, ElementsAre(tree / "storage/2020-05-01", tree / "storage/20200501",
                                 tree / "storage/20200501/.~tmp~", tree / "storage/20200501/sub",
                                 tree / "storage/20200501/sub/deeper"));
  EXPECT_TRUE(AreUnchanged(scan.folders));
  EXPECT_EQ(scan.folders[1], StampFolder(tree / "storage/20200501").value());
}

TEST(ScanTransfers, GivesStampsThatTellOfANewFileAtAnyDepth) {
  const TempTree tree;
  tree.File("storage/2020-05-01/sub/deeper/a.fits");
  const UtcTime long_ago = Utc("2020-05-02T12:00:00");
  SetTimes(tree / "storage/2020-05-01/sub/deeper", long_ago, long_ago);
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, Scan(tree));
  ASSERT_TRUE(AreUnchanged(scan.folders));
  tree.File("storage/2020-05-01/sub/deeper/b.fits");
  EXPECT_FALSE(AreUnchanged(scan.folders));
}

// ---- Threads, cancellation, a tree that changes

TEST(ScanTransfers, GivesTheSameAnswerForAnyNumberOfThreads) {
  const TempTree tree;
  for (int folder = 0; folder < 30; ++folder) {
    for (int file = 0; file < 20; ++file) {
      tree.File(fmt::format("storage/2020-05-01/{:02}/{}/{}.fits", folder, folder % 3, file));
    }
    tree.Symlink(fmt::format("storage/2020-05-01/{:02}/dangling", folder), "nowhere");
    tree.Symlink(fmt::format("storage/2020-05-01/{:02}/loop", folder), "..");
  }
  for (int file = 0; file < 2000; ++file) tree.File(fmt::format("storage/20200501/{}.fits", file), 0);

  ASSERT_OK_AND_ASSIGN(const TransferScan one, Scan(tree, {.control = {.num_threads = 1}}));
  EXPECT_EQ(one.files.size(), 2600U);
  EXPECT_EQ(one.issues.size(), 60U);
  for (const int threads : {0, 2, 7, 16}) {
    ASSERT_OK_AND_ASSIGN(const TransferScan many, Scan(tree, {.control = {.num_threads = threads}}));
    EXPECT_EQ(PathsOf(many.files), PathsOf(one.files)) << threads;
    EXPECT_TRUE(std::ranges::equal(many.files.file_id(), one.files.file_id())) << threads;
    EXPECT_TRUE(std::ranges::equal(many.issues, one.issues, {}, &ScanIssue::path, &ScanIssue::path))
        << threads;
    EXPECT_EQ(many.folders, one.folders) << threads;
  }
}

TEST(ScanTransfers, EndsWhenItIsAskedToStop) {
  const TempTree tree;
  tree.File("storage/2020-05-01/a.fits");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Scan(tree, {.control = {.stop = stop.get_token()}}),
              FailsWith(absl::StatusCode::kCancelled, HasSubstr("2020-05-01")));
}

// Knows nothing, and takes its time to say so, as a disk far away does.
class Slow final : public KnownTransfers {
 public:
  std::optional<TransferRow> Find(std::string_view /*path*/, const FileId& /*file_id*/,
                                  FolderChange /*of_its_folder*/) const override {
    ++num_asked_;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return std::nullopt;
  }
  int num_asked() const { return num_asked_; }

 private:
  mutable std::atomic<int> num_asked_{0};
};

// Each of these folders leads to the next by two links: by all the ways through them there are 2^20 files.
TEST(ScanTransfers, FollowsNoLinksFromLinkToLinkForEver) {
  const TempTree tree;
  for (int i = 0; i < 20; ++i) {
    tree.File(fmt::format("storage/2020-05-01/f{:02}/x.fits", i));
    for (const char* link : {"a", "b"}) {
      std::filesystem::create_directory_symlink(fmt::format("../f{:02}", i + 1),
                                                tree / fmt::format("storage/2020-05-01/f{:02}/{}", i, link));
    }
  }
  ASSERT_OK_AND_ASSIGN(const TransferScan scan, ScanTransfers(tree / "storage", kNight));
  EXPECT_LE(scan.files.size(), 20U * (1 + 2 + 4));
  ASSERT_FALSE(scan.issues.empty());
  EXPECT_THAT(scan.issues,
              Contains(Field(&ScanIssue::status, FailsWith(absl::StatusCode::kFailedPrecondition,
                                                           HasSubstr("is reached by a link in a folder")))));
}

TEST(ScanTransfers, GivesItsCallerWhatProgressThrowsAndAsksForNothingMore) {
  const TempTree tree;
  for (int folder = 0; folder < 100; ++folder) {
    tree.File(fmt::format("storage/2020-05-01/{:02}/a.fits", folder));
  }
  for (const int threads : {1, 4}) {
    const Slow slow;
    int num_heard = 0;
    const Progress progress = [&](std::string_view /*stage*/, std::int64_t /*done*/, std::int64_t /*total*/) {
      ++num_heard;
      throw std::runtime_error("thrown by the listener");
    };
    const ScanOptions options{.known = &slow, .control = {.progress = progress, .num_threads = threads}};
    EXPECT_THAT([&] { Scan(tree, options).IgnoreError(); },
                testing::ThrowsMessage<std::runtime_error>("thrown by the listener"));
    EXPECT_EQ(num_heard, 1);
    EXPECT_LT(slow.num_asked(), 100) << threads;
  }
}

TEST(ScanTransfers, GoesOnWhereFoldersVanishUnderIt) {
  const TempTree tree;
  tree.File("storage/2020-05-01/stays/a.fits");
  std::atomic<bool> scan_is_done{false};
  std::jthread remover([&] {
    while (!scan_is_done) {
      tree.File("storage/2020-05-01/goes/b.fits", 0);
      std::filesystem::remove_all(tree / "storage/2020-05-01/goes");
    }
  });
  for (int look = 0; look < 50; ++look) {
    const absl::StatusOr<TransferScan> scan = Scan(tree);
    EXPECT_THAT(scan, IsOk());
    EXPECT_THAT(scan->issues, IsEmpty());
    EXPECT_THAT(PathsOf(scan->files), testing::Contains("2020-05-01/stays/a.fits"));
  }
  scan_is_done = true;
}

}  // namespace
}  // namespace obsmon
