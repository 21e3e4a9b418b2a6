#include "files/checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>

#include "files/directory.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::HasSubstr;

// Of "abc": RFC 7693, appendix A.
constexpr std::string_view kAbc =
    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
constexpr Checksum kFirstOfAbc = 0xba80'a53f'981c'4d0d;

FoundFile Found(const std::filesystem::path& file) {
  const FileFacts facts =
      Directory::Open(file.parent_path()).value().Stat(file.filename().c_str(), FollowLinks::kYes).value();
  return {.file_id = facts.file_id, .size_bytes = facts.size_bytes, .mtime = facts.mtime};
}

class ChecksumTest : public testing::Test {
 protected:
  void SetUp() override {
    if (absl::IsUnimplemented(ChecksumMaker::Make().status())) GTEST_SKIP() << "a build without libcrypto";
  }
  TempTree tree_;
};

TEST_F(ChecksumTest, IsTheOneThatAButlerRecords) {
  EXPECT_EQ(ParseChecksum(kAbc), kFirstOfAbc);
  for (const auto& [contents, checksum] : {std::pair<std::string, Checksum>{"abc", kFirstOfAbc},
                                           {"", 0x786a'02f7'4201'5903},
                                           {std::string(3'000'000, 'x'), 0xc8d8'df79'867d'525b}}) {
    const auto file = tree_.Text("a.fits", contents);
    EXPECT_THAT(ReadChecksum(file, Found(file), {}), IsOkAndHolds(checksum));
  }
}

TEST_F(ChecksumTest, OfAnotherKindIsNone) {
  for (const std::string& text :
       {std::string(), std::string(kAbc.substr(0, 64)), std::string(128, 'g'), std::string(kAbc) + "00"}) {
    EXPECT_EQ(ParseChecksum(text), kNoChecksum) << text;
  }
}

TEST_F(ChecksumTest, IsOfTheVeryFileThatWasFoundOrOfNone) {
  const auto file = tree_.Text("a.fits", "abc");
  const FoundFile found = Found(file);
  EXPECT_THAT(ReadChecksum(tree_.Symlink("link.fits", file), found, {}), IsOkAndHolds(kFirstOfAbc));
  std::filesystem::rename(tree_.Text("b.fits", "abc"), file);
  EXPECT_THAT(ReadChecksum(file, found, {}),
              FailsWith(absl::StatusCode::kAborted, HasSubstr("replaced or written")));
  std::filesystem::remove(file);
  EXPECT_THAT(ReadChecksum(file, found, {}), FailsWith(absl::StatusCode::kNotFound, HasSubstr("No such")));
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);  // nobody waits for its writer
  EXPECT_THAT(ReadChecksum(file, found, {}), FailsWith(absl::StatusCode::kAborted, HasSubstr("replaced")));
}

TEST_F(ChecksumTest, IsGivenUpWhenNobodyWantsItAnyLonger) {
  const auto file = tree_.Text("a.fits", "abc");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(ReadChecksum(file, Found(file), stop.get_token()),
              FailsWith(absl::StatusCode::kCancelled, HasSubstr("")));
}

}  // namespace
}  // namespace obsmon
