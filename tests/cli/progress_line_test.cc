#include "progress_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

namespace obsmon::cli {
namespace {

using std::chrono::milliseconds;

class ProgressLineTest : public testing::Test {
 protected:
  std::chrono::steady_clock::time_point now_{};
  std::ostringstream terminal_;
  ProgressLine line_{terminal_, [this] { return now_; }};
};

TEST_F(ProgressLineTest, ShowsNothingOfWorkThatIsDoneWithinASecond) {
  line_.Begin("auxtel");
  line_.Show("scan", 1, 10);
  now_ += milliseconds{999};
  line_.Show("scan", 10, 10);
  line_.Clear();
  EXPECT_EQ(terminal_.str(), "");
}

TEST_F(ProgressLineTest, RewritesOneLineAfterASecondAndTakesItAway) {
  line_.Begin("auxtel");
  line_.Show("scan", 1, 10);
  now_ += milliseconds{1000};
  line_.Show("scan", 2, 10);
  line_.Show("registry", 3, 0);
  EXPECT_EQ(terminal_.str(), "\r\x1b[Kauxtel: scan 2 of 10\r\x1b[Kauxtel: registry 3");
  terminal_.str("");
  line_.Clear();
  line_.Clear();
  EXPECT_EQ(terminal_.str(), "\r\x1b[K");
}

TEST_F(ProgressLineTest, GivesEachWorkItsOwnSecond) {
  line_.Begin("auxtel");
  line_.Show("scan", 1, 10);
  now_ += milliseconds{1500};
  line_.Begin("comcam");
  line_.Show("scan", 1, 10);
  EXPECT_EQ(terminal_.str(), "");
}

TEST_F(ProgressLineTest, DoesNotSendTheControlCharactersOfAName) {
  line_.Begin("\x1b[31mred");
  line_.Show("scan", 1, 10);
  now_ += milliseconds{1000};
  line_.Show("scan", 2, 10);
  EXPECT_EQ(terminal_.str(), "\r\x1b[K\\x1b[31mred: scan 2 of 10");
}

TEST(ProgressLineWithoutAClock, ShowsNothing) {
  std::ostringstream terminal;
  ProgressLine line(terminal, {});
  line.Begin("auxtel");
  line.Show("scan", 1, 10);
  EXPECT_EQ(terminal.str(), "");
}

}  // namespace
}  // namespace obsmon::cli
