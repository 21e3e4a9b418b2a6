#include "monitor/scanned_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "obsmon/registry.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

class ScannedFilesTest : public testing::Test {
 protected:
  // The size stands for the file: it is another one for each.
  std::optional<std::int64_t> SizeOf(const std::string& path) const {
    const std::optional<FoundFile> found = scanned_.Find(path);
    return found ? std::optional(found->size_bytes) : std::nullopt;
  }

  void SetUp() override {
    std::int64_t size = 0;
    for (const char* path :
         {"2020-05-01/a.fits", "2020-05-01/b.fits", "2020-05-01/MC_1/a.fits", "2020-05-01/MC_1/c.fits",
          "2020-05-01/MC_1-x/a.fits", "20200501/a.fits", "/pending/2020-05-01/d.fits"}) {
      files_.Append({.path = path, .size_bytes = ++size});
    }
  }

  TransferTable files_;
  const std::vector<std::string> names_ = {"/data/storage", "/mnt/7/storage"};
  const ScannedFiles scanned_{files_, names_};
};

TEST_F(ScannedFilesTest, AreFoundByEachNameOfStorage) {
  EXPECT_EQ(SizeOf("/data/storage/2020-05-01/a.fits"), 1);
  EXPECT_EQ(SizeOf("/mnt/7/storage/2020-05-01/b.fits"), 2);
  EXPECT_EQ(SizeOf("/data/storage/2020-05-01/MC_1/a.fits"), 3);
  EXPECT_EQ(SizeOf("/data/storage/2020-05-01/MC_1/c.fits"), 4);
  EXPECT_EQ(SizeOf("/data/storage/2020-05-01/MC_1-x/a.fits"), 5);
  EXPECT_EQ(SizeOf("/data/storage/20200501/a.fits"), 6);
}

TEST_F(ScannedFilesTest, OfThePlacesBesideStorageAreFoundByTheirPath) {
  EXPECT_EQ(SizeOf("/pending/2020-05-01/d.fits"), 7);
}

TEST_F(ScannedFilesTest, OthersAreNot) {
  for (const char* path :
       {"/data/storage/2020-05-01/MC_1/b.fits", "/data/storage/2020-05-01/MC_2/a.fits",
        "/data/storage/2020-05-01", "/data/storage/2020-05-01/0.fits", "/data/storage/2020-05-01/z.fits",
        "/elsewhere/2020-05-01/a.fits", "2020-05-01", "", "/"}) {
    EXPECT_EQ(SizeOf(path), std::nullopt) << path;
  }
}

TEST(ScannedFiles, OfANightWithoutFilesAreNone) {
  const TransferTable files;
  const std::vector<std::string> names = {"/data/storage"};
  EXPECT_EQ(ScannedFiles(files, names).Find("/data/storage/2020-05-01/a.fits"), std::nullopt);
}

}  // namespace
}  // namespace obsmon
