#include "stream_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon::cli {
namespace {

using absl::StatusCode;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// Options as if each had been given on the command line.
Options Of(const std::vector<std::pair<std::string, std::string>>& values) {
  Options options;
  for (const auto& [name, text] : values) options.given[name].push_back({text, "--" + name});
  return options;
}

class StreamOptionsTest : public testing::Test {
 protected:
  TempTree tree_;
  std::string config_ =
      tree_
          .Text("streams.yaml",
                "streams:\n"
                "- {name: auxtel, input_dir: /a, output_dir: /www/a, grace: 5, num_days: 9}\n"
                "- {name: comcam, input_dir: /c, output_dir: /www/c}\n"
                "- {name: bot, input_dir: /b, output_dir: /www/b}\n")
          .string();
};

TEST_F(StreamOptionsTest, OneStreamIsNamedByItsFolders) {
  ASSERT_OK_AND_ASSIGN(
      const auto streams,
      StreamsOf(Of({{"input_dir", "/data/auxTel"}, {"output_dir", "/www/at"}, {"num_days", "3"}})));
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].stream.input_dir, "/data/auxTel");
  EXPECT_EQ(streams[0].stream.name, "at");
  EXPECT_EQ(streams[0].window.num_days, 3);
}

TEST_F(StreamOptionsTest, RelativeFoldersStayRelativeToWhereTheCommandRuns) {
  ASSERT_OK_AND_ASSIGN(const auto streams, StreamsOf(Of({{"input_dir", "in"}, {"output_dir", "out"}})));
  EXPECT_EQ(streams[0].stream.input_dir, "in");
}

TEST_F(StreamOptionsTest, WithoutInputNothingCanBeLookedAt) {
  EXPECT_THAT(StreamsOf(Of({{"output_dir", "/www"}})),
              FailsWith(StatusCode::kInvalidArgument, StartsWith("no input: give --input_dir")));
  EXPECT_THAT(StreamsOf(Of({{"storage", "/s"}})),
              FailsWith(StatusCode::kInvalidArgument, StartsWith("no input")));
  EXPECT_THAT(StreamsOf(Of({{"storage", "/s"}, {"repo", "/r"}})), IsOk());
}

TEST_F(StreamOptionsTest, AWrongValueIsNamedWithWhatGaveIt) {
  Options options = Of({{"input_dir", "/a"}});
  options.given["num_days"] = {{"", "RSYMON_NUM_DAYS"}};
  EXPECT_THAT(StreamsOf(options),
              FailsWith(StatusCode::kInvalidArgument, "RSYMON_NUM_DAYS: '' is no whole number"));
}

TEST_F(StreamOptionsTest, AFileGivesAllItsStreams) {
  ASSERT_OK_AND_ASSIGN(const auto streams, StreamsOf(Of({{"config", config_}})));
  ASSERT_EQ(streams.size(), 3U);
  EXPECT_EQ(streams[0].stream.grace, seconds{5});
  EXPECT_EQ(streams[2].stream.name, "bot");
}

TEST_F(StreamOptionsTest, OptionsHoldOverWhatTheFileSays) {
  ASSERT_OK_AND_ASSIGN(const auto streams,
                       StreamsOf(Of({{"config", config_}, {"grace", "7"}, {"num_days", "2"}})));
  EXPECT_EQ(streams[0].stream.grace, seconds{7});
  EXPECT_EQ(streams[0].window.num_days, 2);
  EXPECT_EQ(streams[1].stream.grace, seconds{7});
}

TEST_F(StreamOptionsTest, StreamsAreChosenByNameInTheOrderOfTheFile) {
  Options options = Of({{"config", config_}, {"stream", "bot"}, {"stream", "auxtel"}});
  ASSERT_OK_AND_ASSIGN(const auto streams, StreamsOf(options));
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].stream.name, "auxtel");
  EXPECT_EQ(streams[1].stream.name, "bot");
}

TEST_F(StreamOptionsTest, AnUnknownStreamIsRefusedWithTheKnownOnesAndTheNearest) {
  EXPECT_THAT(StreamsOf(Of({{"config", config_}, {"stream", "auxtle"}})),
              FailsWith(StatusCode::kInvalidArgument,
                        "--stream: " + config_ +
                            " has no stream 'auxtle', only auxtel, comcam, bot; did you mean 'auxtel'?"));
}

TEST_F(StreamOptionsTest, AStreamCanOnlyBeChosenFromAFile) {
  EXPECT_THAT(StreamsOf(Of({{"input_dir", "/a"}, {"stream", "a"}})),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("--config")));
}

TEST_F(StreamOptionsTest, FoldersCantBeGivenToSeveralStreamsAtOnce) {
  EXPECT_THAT(
      StreamsOf(Of({{"config", config_}, {"output_dir", "/www/x"}})),
      FailsWith(
          StatusCode::kInvalidArgument,
          "--output_dir belongs to one stream, but there are auxtel, comcam, bot: choose with --stream"));
  ASSERT_OK_AND_ASSIGN(const auto streams,
                       StreamsOf(Of({{"config", config_}, {"stream", "bot"}, {"output_dir", "/www/x"}})));
  EXPECT_EQ(streams[0].stream.output_dir, "/www/x");
}

TEST_F(StreamOptionsTest, OneStreamIsAskedForWhereThereAreSeveral) {
  EXPECT_THAT(OneStreamOf(Of({{"config", config_}})),
              FailsWith(StatusCode::kInvalidArgument,
                        "3 streams in the file: choose one of auxtel, comcam, bot with --stream"));
  ASSERT_OK_AND_ASSIGN(const Stream stream, OneStreamOf(Of({{"config", config_}, {"stream", "comcam"}})));
  EXPECT_EQ(stream.input_dir, "/c");
}

}  // namespace
}  // namespace obsmon::cli
