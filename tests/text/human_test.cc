#include "text/human.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <string>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string SpanOf(nanoseconds span) {
  std::string out;
  AppendSpan(span, out);
  return out;
}

TEST(HumanCount, GroupsThousands) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1'000), "1,000");
  EXPECT_EQ(HumanCount(410'000), "410,000");
  EXPECT_EQ(HumanCount(-1'234'567), "-1,234,567");
  EXPECT_EQ(HumanCount(-123), "-123");
}

TEST(HumanCount, TakesTheSingularForOneAlone) {
  EXPECT_EQ(CountOf(0, "file", "files"), "0 files");
  EXPECT_EQ(CountOf(1, "file", "files"), "1 file");
  EXPECT_EQ(CountOf(2'000, "file", "files"), "2,000 files");
}

TEST(HumanSize, IsExactBelowTenThousandBytesWhereTooSmallIsDecided) {
  EXPECT_EQ(HumanSize(0), "0 B");
  EXPECT_EQ(HumanSize(9'999), "9,999 B");
  EXPECT_EQ(HumanSize(10'000), "10.0 kB");
}

TEST(HumanSize, TakesTheNextUnitRatherThanAThousandOfOne) {
  EXPECT_EQ(HumanSize(999'949), "999.9 kB");
  EXPECT_EQ(HumanSize(999'950), "1.0 MB");
  EXPECT_EQ(HumanSize(33'567'120), "33.6 MB");
  EXPECT_EQ(HumanSize(std::numeric_limits<std::int64_t>::max()), "9.2 EB");
}

TEST(HumanTime, IsWhatHtmlTakesForATime) {
  EXPECT_EQ(HumanTime(Utc("2020-05-02T00:28:59") + nanoseconds{999'999'999}), "2020-05-02 00:28:59Z");
  EXPECT_EQ(HumanTime(UtcTime{} - nanoseconds{1}), "1969-12-31 23:59:59Z");
}

TEST(HumanSpan, IsExactToTheSecond) {
  EXPECT_EQ(SpanOf(milliseconds{28'190}), "28.1 s");
  EXPECT_EQ(SpanOf(seconds{60}), "1 min 00 s");
  EXPECT_EQ(SpanOf(seconds{3'912}), "1 h 05 min 12 s");
  EXPECT_EQ(SpanOf(std::chrono::hours{100}), "100 h 00 min 00 s");
}

TEST(HumanSpan, SaysThatAFileWasIngestedBeforeItWasMade) {
  EXPECT_EQ(SpanOf(-milliseconds{2'500}), "\u22122.5 s");
}

TEST(HumanShare, NeverCallsAllWhatIsNotAll) {
  EXPECT_EQ(HumanShare(409'999, 410'000), ">99.9 %");
  EXPECT_EQ(HumanShare(410'000, 410'000), "100 %");
  EXPECT_EQ(HumanShare(1, 410'000), "<0.1 %");
  EXPECT_EQ(HumanShare(0, 410'000), "0 %");
  EXPECT_EQ(HumanShare(973, 1'000), "97.3 %");
}

TEST(HumanDuration, UsesTheUnitsThatAReaderWantsAtThatSize) {
  EXPECT_EQ(HumanDuration(milliseconds{840}), "0.8 s");
  EXPECT_EQ(HumanDuration(seconds{42}), "42 s");
  EXPECT_EQ(HumanDuration(minutes{12}), "12 min");
  EXPECT_EQ(HumanDuration(hours{3} + minutes{5}), "3 h 05 min");
  EXPECT_EQ(HumanDuration(hours{52}), "2 d 4 h");
  EXPECT_EQ(HumanDuration(-seconds{37}), "\u221237 s");
}

}  // namespace
}  // namespace obsmon
