#include "text/utc_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

TEST(UtcText, IsReadAsDatabasesAndListsWriteIt) {
  EXPECT_EQ(ParseUtcText("2024-10-03 01:02:03"), Utc("2024-10-03T01:02:03"));
  EXPECT_EQ(ParseUtcText("2024-02-29T12:00:00Z"), Utc("2024-02-29T12:00:00"));
  EXPECT_EQ(ParseUtcText("2024-10-03 01:02:03.5"),
            Utc("2024-10-03T01:02:03") + std::chrono::milliseconds{500});
  EXPECT_EQ(ParseUtcText("2024-10-03 01:02:03.456789"),
            Utc("2024-10-03T01:02:03") + std::chrono::microseconds{456'789});
  EXPECT_EQ(ParseUtcText("2024-02-29 12:00:00.000000001Z"),
            Utc("2024-02-29T12:00:00") + std::chrono::nanoseconds{1});
}

TEST(UtcText, IsRefusedWhereItIsNoTimeOrNotInUtc) {
  for (const std::string_view text :
       {"", "2024-10-03", "2024-13-03 01:02:03", "2024-02-30T12:00:00", "2024-10-03 24:00:00",
        "2024-10-03 01:02:60", "2024-10-03 01:02:0x", "2024-10-03 01:02:03.", "2024-10-03 01:02:03.x",
        "2024-10-03 01:02:03.-5", "2024-10-03 01:02:03.1234567890", "2024-10-03 01:02:03+00",
        "2024-10-03T01:02:03+02:00", "2024-10-03_01:02:03", "9999-10-03 01:02:03", "0001-10-03 01:02:03",
        // Beyond obsmon's instants: how long ago it was could not be said.
        "1700-01-01 00:00:00", "2200-01-01 00:00:00"}) {
    EXPECT_EQ(ParseUtcText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace obsmon
