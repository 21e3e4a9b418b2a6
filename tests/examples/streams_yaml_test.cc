#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "obsmon/stream.h"
#include "support/status_matchers.h"

namespace obsmon {
namespace {

TEST(ExampleStreamsYaml, IsReadAsItsCommentsSay) {
  ASSERT_OK_AND_ASSIGN(const auto streams, ReadStreams(OBSMON_SOURCE_DIR "/examples/streams.yaml"));
  ASSERT_EQ(streams.size(), 4u);
  EXPECT_EQ(streams[0].stream.name, "auxTel");
  EXPECT_EQ(streams[0].stream.StorageFolder(), "/data/auxTel/storage");
  EXPECT_EQ(streams[0].stream.RepoFolder(), "/data/auxTel/gen2repo");
  EXPECT_EQ(streams[0].stream.grace, std::chrono::minutes{2});
  EXPECT_EQ(streams[0].stream.busy_timeout, std::chrono::seconds{30});
  EXPECT_EQ(streams[1].stream.StorageFolder(), "/data/comCam/storage");
  EXPECT_EQ(streams[1].stream.RepoFolder(), "/repo/comCam");
  EXPECT_EQ(streams[1].window.num_days, 30);
  EXPECT_EQ(streams[2].stream.instrument, "LATISS");
  EXPECT_EQ(streams[2].stream.bad_folder, "/data/latiss/bad");
  EXPECT_EQ(streams[2].stream.expected.uri, "postgresql://reader@db.example.org/telemetry");
  EXPECT_EQ(streams[2].stream.detector_names, (std::vector<DetectorAlias>{{"R00_S00", "RXX_S00"}}));
  EXPECT_TRUE(streams[3].stream.search_links);
}

}  // namespace
}  // namespace obsmon
