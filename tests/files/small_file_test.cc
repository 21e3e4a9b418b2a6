#include "files/small_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using ::testing::HasSubstr;

TEST(SmallFile, IsReadWhole) {
  const TempTree tree;
  tree.Text("streams.yaml", std::string("a\0b\n", 4));
  EXPECT_THAT(ReadSmallFile(tree.root() / "streams.yaml"), IsOkAndHolds(std::string("a\0b\n", 4)));
}

TEST(SmallFile, ThatIsNotThereOrTooLargeIsNamedInTheError) {
  const TempTree tree;
  EXPECT_THAT(ReadSmallFile(tree.root() / "none"),
              FailsWith(absl::StatusCode::kNotFound, HasSubstr("/none: ")));
  tree.Text("large", std::string((std::size_t{1} << 20) + 1, 'x'));
  EXPECT_THAT(ReadSmallFile(tree.root() / "large", 1),
              FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("/large: larger than 1 MiB")));
}

// Anyone who may write to storage may leave one there, under the name of a list of expected files.
TEST(SmallFile, ThatIsAPipeWhichNobodyWritesToIsEmptyAndHoldsNoOneUp) {
  const TempTree tree;
  const std::string pipe = (tree.root() / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(ReadSmallFile(pipe), IsOkAndHolds(""));
}

}  // namespace
}  // namespace obsmon
