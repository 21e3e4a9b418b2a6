#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "obsmon/stream.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class ReadStreamsTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<StreamConfig>> Read(std::string_view yaml) {
    return ReadStreams(tree_.Text("etc/streams.yaml", yaml));
  }
  TempTree tree_;
};

TEST_F(ReadStreamsTest, ReadsEachStreamWithItsFoldersAndItsWindow) {
  ASSERT_OK_AND_ASSIGN(const auto streams, Read(R"(
streams:
  - name: auxtel
    input_dir: /data/auxTel
    output_dir: /www/auxTel
  - name: comcam
    storage: /data/comcam/storage
    repo: /repo/comcam
    output_dir: /www/comcam
    gen: 2
    num_days: 30
    last_day: 2020-05-04
)"));
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].stream.name, "auxtel");
  EXPECT_EQ(streams[0].stream.StorageFolder(), "/data/auxTel/storage");
  EXPECT_EQ(streams[0].stream.output_dir, "/www/auxTel");
  EXPECT_TRUE(streams[0].window.IsDefault());
  EXPECT_EQ(streams[1].stream.StorageFolder(), "/data/comcam/storage");
  EXPECT_EQ(streams[1].stream.RepoFolder(), "/repo/comcam");
  EXPECT_EQ(streams[1].stream.generation, RegistryGeneration::kGen2);
  EXPECT_EQ(streams[1].window.num_days, 30);
  EXPECT_EQ(streams[1].window.last_day, Night::Parse("2020-05-04").value());
}

TEST_F(ReadStreamsTest, ReadsListsAndMapsOfAGen3Stream) {
  ASSERT_OK_AND_ASSIGN(const auto streams, Read(R"(
streams:
  - name: latiss
    storage: /data/latiss
    repo: /repo/oga
    output_dir: /www/latiss
    instrument: LATISS
    collection: [LATISS/raw/all, LATISS/raw/guider]
    dataset_type: raw
    detector_names: {R00_S00: RXX_S00}
    pending_folder: ../incoming/
    bad_folder: /data/bad
)"));
  const Stream& stream = streams[0].stream;
  EXPECT_EQ(stream.instrument, "LATISS");
  EXPECT_THAT(stream.collections, testing::ElementsAre("LATISS/raw/all", "LATISS/raw/guider"));
  EXPECT_THAT(stream.dataset_types, testing::ElementsAre("raw"));
  EXPECT_THAT(stream.detector_names, testing::ElementsAre(DetectorAlias{"R00_S00", "RXX_S00"}));
  EXPECT_EQ(stream.pending_folder, tree_ / "incoming");
  EXPECT_EQ(stream.bad_folder, "/data/bad");
}

TEST_F(ReadStreamsTest, DefaultsHoldForEachStreamThatDoesNotSayOtherwise) {
  ASSERT_OK_AND_ASSIGN(const auto streams, Read(R"(
defaults: {grace: 2min, search_links: yes}
streams:
  - {name: a, input_dir: /a, output_dir: /www/a}
  - {name: b, input_dir: /b, output_dir: /www/b, grace: 5, search_links: off}
)"));
  EXPECT_EQ(streams[0].stream.grace, minutes{2});
  EXPECT_TRUE(streams[0].stream.search_links);
  EXPECT_EQ(streams[1].stream.grace, seconds{5});
  EXPECT_FALSE(streams[1].stream.search_links);
}

TEST_F(ReadStreamsTest, ReadsRulesByWhichFilesAreIgnored) {
  ASSERT_OK_AND_ASSIGN(const auto streams, Read(R"(
streams:
  - name: a
    input_dir: /a
    output_dir: /www/a
    ignore:
      - {detector: "R10_S1?", reason: "off, since Monday"}
      - reason: |
          darks,
          and so on
        pattern: "dark,*.fits"
)"));
  EXPECT_THAT(streams[0].stream.ignore,
              ElementsAre(IgnoreRule{.detector = "R10_S1?", .reason = "off, since Monday"},
                          IgnoreRule{.pattern = "dark,*.fits", .reason = "darks, and so on "}));
  const auto with_rule = [this](const std::string& rule) {
    return Read("streams:\n- {input_dir: /a, output_dir: /b, ignore: [" + rule + "]}\n");
  };
  EXPECT_THAT(with_rule("{detectors: R10}"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("did you mean 'detector'")));
  EXPECT_THAT(with_rule("{detector: R10}"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("must say why")));
  EXPECT_THAT(with_rule("{}"), FailsWith(StatusCode::kInvalidArgument, HasSubstr("must name")));
  EXPECT_THAT(with_rule("R10"), FailsWith(StatusCode::kInvalidArgument, HasSubstr("list rules")));
}

TEST_F(ReadStreamsTest, ReadsAQueryForWhatShouldArriveAsAMapOrKeyByKey) {
  for (const std::string_view written :
       {"expected: {sql: 'sqlite:///t.sqlite3', query: 'SELECT {night} AS path'}",
        "expected_sql: 'sqlite:///t.sqlite3', expected_query: 'SELECT {night} AS path'"}) {
    ASSERT_OK_AND_ASSIGN(const auto streams, Read("streams: [{name: a, input_dir: /a, output_dir: /b, " +
                                                  std::string(written) + "}]"));
    EXPECT_EQ(streams[0].stream.expected.uri, "sqlite:///" + (tree_ / "etc/t.sqlite3").string());
    EXPECT_EQ(streams[0].stream.expected.query, "SELECT {night} AS path");
  }
  EXPECT_THAT(Read("streams:\n- {input_dir: /a, output_dir: /b, expected: {sqll: x}}\n"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("did you mean 'sql'")));
  EXPECT_THAT(Read("streams:\n- {input_dir: /a, output_dir: /b, expected: x}\n"),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("'expected' must be a map")));
}

TEST_F(ReadStreamsTest, RelativeFoldersStartAtTheFilesOwnFolder) {
  ASSERT_OK_AND_ASSIGN(const auto streams,
                       Read("streams: [{name: a, input_dir: ../data/a, output_dir: www/a/}]"));
  EXPECT_EQ(streams[0].stream.input_dir, tree_ / "data/a");
  EXPECT_EQ(streams[0].stream.output_dir, tree_ / "etc/www/a");
}

TEST_F(ReadStreamsTest, AStreamWithoutANameGetsTheOneOfItsOutput) {
  ASSERT_OK_AND_ASSIGN(const auto streams, Read("streams: [{input_dir: /a, output_dir: /www/auxTel/}]"));
  EXPECT_EQ(streams[0].stream.name, "auxTel");
}

TEST_F(ReadStreamsTest, NamesAWrongKeyItsLineAndTheNearestRightOne) {
  EXPECT_THAT(Read("streams:\n"
                   "  - name: a\n"
                   "    input_dir: /a\n"
                   "    ouptut_dir: /www/a\n"),
              FailsWith(StatusCode::kInvalidArgument,
                        (tree_ / "etc/streams.yaml").string() +
                            ":4: no such key: 'ouptut_dir'; did you mean 'output_dir'?"));
}

TEST_F(ReadStreamsTest, NamesAWrongKeyOfTheDefaultsAndOfTheFile) {
  EXPECT_THAT(
      Read("defaults:\n  grase: 5\nstreams: []\n"),
      FailsWith(StatusCode::kInvalidArgument, EndsWith(":2: no such key: 'grase'; did you mean 'grace'?")));
  EXPECT_THAT(Read("stream: []\n"),
              FailsWith(StatusCode::kInvalidArgument,
                        EndsWith(":1: no such key: 'stream'; did you mean 'streams'?")));
  EXPECT_THAT(Read("colour: red\n"),
              FailsWith(StatusCode::kInvalidArgument, EndsWith(":1: no such key: 'colour'")));
}

struct WrongFile {
  std::string_view yaml;
  std::string_view message;
};

class ReadStreamsRefuses : public ReadStreamsTest, public testing::WithParamInterface<WrongFile> {};

TEST_P(ReadStreamsRefuses, WithAMessageThatNamesTheLine) {
  EXPECT_THAT(Read(GetParam().yaml),
              FailsWith(StatusCode::kInvalidArgument, EndsWith(std::string(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    WrongFiles, ReadStreamsRefuses,
    testing::Values(
        WrongFile{"", ": no list of streams; it must begin with 'streams:'"},
        WrongFile{"- a\n- b\n", ": no list of streams; it must begin with 'streams:'"},
        WrongFile{"just words", ": no list of streams; it must begin with 'streams:'"},
        WrongFile{"defaults: {}\n", ":1: 'streams' must be a list of at least one stream"},
        WrongFile{"\nstreams: []\n", ":2: 'streams' must be a list of at least one stream"},
        WrongFile{"streams: auxtel\n", ":1: 'streams' must be a list of at least one stream"},
        WrongFile{"streams:\n  - auxtel\n", ":2: a stream must be written as 'key: value' lines"},
        WrongFile{"streams:\n  - ~\n", ":2: a stream must be written as 'key: value' lines"},
        WrongFile{"defaults: 5\nstreams: [{}]\n", ":1: a stream must be written as 'key: value' lines"},
        WrongFile{"defaults: {name: a}\nstreams: [{}]\n",
                  ":1: 'name' belongs to one stream and can't be a default"},
        WrongFile{"streams:\n- name: a\n  input_dir: /a\n  output_dir: /o\n  num_days: many\n",
                  ":5: num_days: 'many' is no whole number"},
        WrongFile{"streams:\n- name: a\n  num_days: [1, 2]\n", ":3: 'num_days' must have one plain value"},
        WrongFile{"streams:\n- name: a\n  input_dir:\n", ":3: 'input_dir' must have one plain value"},
        WrongFile{"streams:\n- name: a\n  search_links: perhaps\n",
                  ":3: search_links: 'perhaps' is neither yes nor no: write true or false"},
        WrongFile{"streams:\n- name: a\n  gen: 4\n",
                  ":3: gen: '4' is no generation of repositories: write 2 or 3"},
        WrongFile{
            "streams:\n- name: a\n  last_day: 202102015\n",
            ":3: last_day: '202102015' is no night: write a day of the calendar as YYYY-MM-DD or YYYYMMDD"},
        WrongFile{"streams:\n- name: a\n  registry: {events: 'sqlite:////e'}\n",
                  ":3: registry_events: event tables are in a PostgreSQL database: write "
                  "postgresql://user@host/database"},
        WrongFile{"streams:\n- name: a\n  name: b\n", ":3: 'name' is given twice"},
        WrongFile{"streams:\n- {[a]: b}\n", ":2: a key must be a plain word"},
        WrongFile{"streams:\n- name: a\n  output_dir: /www/a\n",
                  ":2: stream 'a' has no input_dir, nor both of storage and repo"},
        WrongFile{"streams:\n- name: a\n  storage: /s\n  output_dir: /www/a\n",
                  ":2: stream 'a' has no input_dir, nor both of storage and repo"},
        WrongFile{"streams:\n- name: a\n  input_dir: /a\n", ":2: stream 'a' has no output_dir"},
        WrongFile{"streams:\n- input_dir: /a\n", ":2: stream 'a' has no output_dir"},
        WrongFile{"streams:\n"
                  "- {name: a, input_dir: /a, output_dir: /www/a}\n"
                  "- {name: a, input_dir: /b, output_dir: /www/b}\n",
                  ":3: the stream of line 2 is named 'a' as well"},
        WrongFile{"streams:\n"
                  "- {name: a, input_dir: /a, output_dir: /www/a}\n"
                  "- {name: b, input_dir: /b, output_dir: /www/./a/}\n",
                  ":3: stream 'a' of line 2 has the output_dir /www/a as well"},
        WrongFile{",\n", ": no list of streams; it must begin with 'streams:'"},
        WrongFile{"streams: [{}]\n---\nstreams: [{}]\n",
                  ":2: a second document; write all streams into one"}));

TEST_F(ReadStreamsTest, TurnsBrokenYamlIntoASentenceWithItsLine) {
  for (const std::string_view yaml :
       {"streams:\n  - name: [a\n", "streams:\n\t- name: a\n", "streams:\n  - *nowhere\n", "a: b: c\n", "'",
        "\"\\q\"", "%YAML 99.9.9\n---\nx", "? ? ?\n!!", "\x00\x01\xff\xfe"}) {
    EXPECT_THAT(Read(yaml), FailsWith(StatusCode::kInvalidArgument, HasSubstr("streams.yaml:"))) << yaml;
  }
}

TEST_F(ReadStreamsTest, SurvivesNestingMeantToOverflowTheStack) {
  EXPECT_THAT(Read(std::string(900'000, '[')),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("streams.yaml")));
  EXPECT_THAT(Read(std::string(900'000, '{')),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("streams.yaml")));
}

TEST_F(ReadStreamsTest, RefusesAFileThatIsTooLargeToBeAListOfStreams) {
  EXPECT_THAT(Read(std::string((1 << 20) + 1, '#')),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("larger than 1 MiB")));
}

TEST_F(ReadStreamsTest, SaysThatThereIsNoFile) {
  EXPECT_THAT(ReadStreams(tree_ / "none.yaml"),
              FailsWith(StatusCode::kNotFound, HasSubstr("none.yaml: No such file")));
}

TEST_F(ReadStreamsTest, SaysThatTheFileIsAFolder) {
  EXPECT_THAT(ReadStreams(tree_.root()),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("Is a directory")));
}

TEST_F(ReadStreamsTest, SaysThatTheFileMayNotBeRead) {
  const std::filesystem::path file = tree_.Text("secret.yaml", "streams: []");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const WithoutRoot without_root;
  EXPECT_THAT(ReadStreams(file),
              FailsWith(StatusCode::kPermissionDenied, HasSubstr("secret.yaml: Permission denied")));
}

}  // namespace
}  // namespace obsmon
