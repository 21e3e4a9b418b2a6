#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "obsmon/registry.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::ElementsAreArray;

// Rows of which no two have the same in any column.
std::vector<IngestRow> Rows() {
  return {{},
          {.path = "raw/a.fits",
           .night = Night::Parse("2020-05-01").value(),
           .exposure = 2020050100012,
           .detector = 4,
           .storage_stem = "MC_O_20200501_000012_R22_S11",
           .status = IngestStatus::kFailed,
           .message = "header",
           .artifact = ArtifactState::kUnreadable,
           .file_id = {.device = 1, .inode = 2},
           .size_bytes = 57'600,
           .ingested_size_bytes = 57'601,
           .ingested_checksum = 77,
           .link_target = "/storage/a.fits",
           .ingest_time = Utc("2020-05-02T03:20:00"),
           .file_time = Utc("2020-05-02T03:10:00")}};
}

TEST(IngestTable, GivesRowsBackAsTheyWere) {
  const std::vector<IngestRow> rows = Rows();
  IngestTable table;
  for (const IngestRow& row : rows) table.Append(row);
  EXPECT_THAT(std::vector<IngestRow>(table.begin(), table.end()), ElementsAreArray(rows));
}

TEST(IngestTable, TakesAllRowsOfAnother) {
  const std::vector<IngestRow> rows = Rows();
  IngestTable part;
  IngestTable table;
  for (const IngestRow& row : rows) {
    part.Append(row);
    table.Append(row);
  }
  table.Append(part);
  EXPECT_THAT(std::vector<IngestRow>(table.begin(), table.end()),
              ElementsAreArray({rows[0], rows[1], rows[0], rows[1]}));
}

}  // namespace
}  // namespace obsmon
