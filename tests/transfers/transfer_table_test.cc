#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "obsmon/transfers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAre;

TEST(TransferTable, GivesBackItsRowsAsTheyWereAppended) {
  TransferTable table;
  table.Append({.path = "2020-05-01/a.fits",
                .size_bytes = 10'000,
                .creation_time = Utc("2020-05-01T18:00:00"),
                .arrival_time = Utc("2020-05-01T18:00:30"),
                .file_id = {.device = 1, .inode = 2}});
  table.Append({.path = "2020-05-01/.b.fits.x7Kq2b", .state = TransferState::kInFlight});
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table[0].path, "2020-05-01/a.fits");
  EXPECT_EQ(table[0].size_bytes, 10'000);
  EXPECT_EQ(table[0].creation_time, Utc("2020-05-01T18:00:00"));
  EXPECT_EQ(table[0].arrival_time, Utc("2020-05-01T18:00:30"));
  EXPECT_EQ(table[0].state, TransferState::kArrived);
  EXPECT_EQ(table[1].path, "2020-05-01/.b.fits.x7Kq2b");
  EXPECT_EQ(table[1].state, TransferState::kInFlight);
}

TEST(TransferTable, TakesTheRowsOfAnotherAfterItsOwn) {
  const std::vector<TransferRow> rows = {
      {.path = "2020-05-01/a.fits", .size_bytes = 1, .file_id = {.device = 1, .inode = 2}},
      {.path = "2020-05-01/b.fits", .creation_time = Utc("2020-05-01T18:00:00")},
      {.path = "/bad/c.fits", .arrival_time = Utc("2020-05-01T18:00:30"), .place = TransferPlace::kBad},
      {.path = "2020-05-01/.d.fits.x7Kq2b", .state = TransferState::kInFlight, .checksum = 7}};
  TransferTable table;
  table.Append(rows[0]);
  TransferTable others;
  for (std::size_t row = 1; row < rows.size(); ++row) others.Append(rows[row]);
  table.Append(others);
  table.Append(TransferTable());
  EXPECT_TRUE(std::ranges::equal(table, rows));
}

TEST(TransferTable, KeepsInodesOf63BitsAndMore) {
  // Lustre's inode numbers use all 64 bits; the prototype's database refused them ("datatype mismatch").
  const std::vector<FileId> ids = {{.device = 1, .inode = 0x7fff'ffff'ffff'ffff},
                                   {.device = 1, .inode = 0x8000'0000'0000'0000},
                                   {.device = 0xffff'ffff'ffff'ffff, .inode = 0xffff'ffff'ffff'ffff}};
  TransferTable table;
  for (const FileId& id : ids) table.Append({.path = "2020-05-01/a.fits", .file_id = id});
  EXPECT_TRUE(std::ranges::equal(table.file_id(), ids));
  EXPECT_EQ(table[1].file_id.inode, 0x8000'0000'0000'0000);
}

TEST(TransferTable, TellsTheSameInodeOnTwoDevicesApart) {
  // inode * 10000 + device is 20'002 for both of these.
  TransferTable table;
  table.Append({.path = "2020-05-01/a.fits", .file_id = {.device = 2, .inode = 2}});
  table.Append({.path = "2020-05-01/b.fits", .file_id = {.device = 10'002, .inode = 1}});
  EXPECT_NE(table[0].file_id, table[1].file_id);
}

TEST(TransferTable, ReadsAsRowsInALoopAndAsColumns) {
  TransferTable table;
  for (const std::string path : {"n/a", "n/b\n", "n/\xff"}) table.Append({.path = path, .size_bytes = 7});
  std::vector<std::string> paths;
  for (const TransferRow& file : table) paths.emplace_back(file.path);
  EXPECT_THAT(paths, ElementsAre("n/a", "n/b\n", "n/\xff"));
  EXPECT_THAT(table.size_bytes(), ElementsAre(7, 7, 7));
  EXPECT_EQ(table.path()[2], "n/\xff");
}

}  // namespace
}  // namespace obsmon
