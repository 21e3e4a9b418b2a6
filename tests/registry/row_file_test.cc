#include "registry/row_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

// Says of each file that it is this one, which is not on the disk: so a test sees who was asked.
constexpr FoundFile kKnown{.file_id = {.device = 7, .inode = 8}, .size_bytes = 9, .mtime = UtcTime{}};

class Known final : public KnownFiles {
 public:
  explicit Known(std::string path) : path_(std::move(path)) {}
  std::optional<FoundFile> Find(std::string_view path) const override {
    return path == path_ ? std::optional(kKnown) : std::nullopt;
  }

 private:
  std::string path_;
};

class RowFiles : public testing::Test {
 protected:
  RowFile LookAt(const char* name, const KnownFiles& known) {
    const std::string folder = tree_ / "raw";
    const absl::StatusOr<Directory> opened = Directory::Open(folder);
    EXPECT_THAT(opened, IsOk());
    return LookAtRowFile(*opened, folder, name, known);
  }

  const TempTree tree_;
  const std::filesystem::path file_ = tree_.File("storage/a.fits", 57'600);
};

TEST_F(RowFiles, ALinkToAFileThatIsKnownIsNotFollowed) {
  tree_.Symlink("raw/link.fits", file_, Utc("2020-05-02T03:20:00"));
  const RowFile file = LookAt("link.fits", Known(file_));
  EXPECT_EQ(file.artifact, ArtifactState::kPresent);
  EXPECT_EQ(file.link_target, file_.string());
  EXPECT_EQ(file.ingest_time, Utc("2020-05-02T03:20:00"));
  EXPECT_EQ(file.file_id, kKnown.file_id);
  EXPECT_EQ(file.size_bytes, kKnown.size_bytes);
  EXPECT_EQ(file.file_time, kKnown.mtime);
}

TEST_F(RowFiles, ALinkToAnyOtherFileIsFollowed) {
  tree_.Symlink("raw/link.fits", file_, Utc("2020-05-02T03:20:00"));
  const RowFile file = LookAt("link.fits", Known("/elsewhere/a.fits"));
  EXPECT_EQ(file.artifact, ArtifactState::kPresent);
  EXPECT_EQ(file.size_bytes, 57'600);
  EXPECT_NE(file.file_id, kKnown.file_id);
}

// "raw/../storage" need not be "storage": raw may itself be a link to a folder elsewhere.
TEST_F(RowFiles, ALinkWhoseTextIsNoPlainPathIsFollowedWhateverIsKnown) {
  const Known known(file_);
  tree_.Symlink("raw/relative.fits", "../storage/a.fits", Utc("2020-05-02T03:20:00"));
  tree_.Symlink("raw/detour.fits", tree_ / "raw/../storage/a.fits", Utc("2020-05-02T03:20:00"));
  for (const char* name : {"relative.fits", "detour.fits"}) {
    const RowFile file = LookAt(name, known);
    EXPECT_EQ(file.link_target, file_.string()) << name;
    EXPECT_EQ(file.size_bytes, 57'600) << name;
  }
}

TEST_F(RowFiles, ALinkWhoseTargetIsGoneAndNotKnownIsGone) {
  tree_.Symlink("raw/link.fits", tree_ / "storage/gone.fits", Utc("2020-05-02T03:20:00"));
  EXPECT_EQ(LookAt("link.fits", KnownFiles()).artifact, ArtifactState::kGone);
}

TEST_F(RowFiles, ALinkThatIsStillAsItWasNeedsNoQuestionWhileItLeadsToTheSameFile) {
  const std::string target = file_.string();
  KnownLink link{.target = target, .made_at = Utc("2020-05-02T03:20:00"), .file_id = kKnown.file_id};
  const std::optional<RowFile> file = RecallLink(link, Known(target));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->artifact, ArtifactState::kPresent);
  EXPECT_EQ(file->link_target, target);
  EXPECT_EQ(file->ingest_time, link.made_at);
  EXPECT_EQ(file->size_bytes, kKnown.size_bytes);

  EXPECT_FALSE(RecallLink(link, KnownFiles()).has_value());
  link.file_id.inode += 1;
  EXPECT_FALSE(RecallLink(link, Known(target)).has_value());
}

TEST_F(RowFiles, AFileThatARowNamesOutsideOfTheRepositoryIsAskedForOnlyWhereItIsNotKnown) {
  const std::string folder = tree_ / "storage";
  ASSERT_OK_AND_ASSIGN(const Directory opened, Directory::Open(folder));
  EXPECT_EQ(LookAtNamedFile(opened, folder, file_, Known(file_)).size_bytes, kKnown.size_bytes);
  EXPECT_EQ(LookAtNamedFile(opened, folder, file_, KnownFiles()).size_bytes, 57'600);
  EXPECT_EQ(LookAtNamedFile(opened, folder, folder + "/gone.fits", KnownFiles()).artifact,
            ArtifactState::kGone);
}

}  // namespace
}  // namespace obsmon
