#include "options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/status_matchers.h"

namespace obsmon::cli {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::array kTable = {
    OptionSpec{.name = "input_dir", .value = "DIR", .help = "the input"},
    OptionSpec{.name = "ingest_log", .value = "FILE", .help = "a log"},
    OptionSpec{.name = "num_days", .value = "N", .help = "how many"},
    OptionSpec{.name = "search_links", .kind = OptionKind::kSwitch, .help = "links"},
    OptionSpec{.name = "query_links",
               .kind = OptionKind::kSwitch,
               .alias_of = "search_links",
               .in_environment = false},
    OptionSpec{.name = "stream", .kind = OptionKind::kRepeated, .value = "NAME", .help = "a stream"},
    OptionSpec{.name = "streams_file", .value = "FILE", .help = "begins with another option's name"},
    OptionSpec{.name = "help", .kind = OptionKind::kSwitch, .help = "this", .in_environment = false}};

constexpr CommandSpec kCommand = {.name = "look",
                                  .summary = "Looks",
                                  .arguments = "[NIGHT]",
                                  .max_arguments = 1,
                                  .examples = "  obsmon look\n",
                                  .notes = "Exit status: 0\n",
                                  .options = kTable};

using Environment = std::map<std::string, std::string>;

absl::StatusOr<Options> Read(const std::vector<std::string>& arguments, const Environment& environment = {}) {
  return ReadOptions(kCommand, arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
}

/// The value that holds for an option, or "(none)".
std::string ValueOf(const absl::StatusOr<Options>& options, std::string_view name) {
  EXPECT_THAT(options, IsOk());
  if (!options.ok()) return "(failed)";
  const Given* given = options->Find(name);
  return given == nullptr ? "(none)" : given->text;
}

TEST(Options, TakeTheirValueFromTheNextArgumentOrAfterAnEqualsSign) {
  EXPECT_EQ(ValueOf(Read({"--input_dir", "/data"}), "input_dir"), "/data");
  EXPECT_EQ(ValueOf(Read({"--input_dir=/data"}), "input_dir"), "/data");
  EXPECT_EQ(ValueOf(Read({"--input_dir=a=b"}), "input_dir"), "a=b");
  EXPECT_EQ(ValueOf(Read({"--input_dir="}), "input_dir"), "");
  EXPECT_EQ(ValueOf(Read({"--input_dir", ""}), "input_dir"), "");
}

TEST(Options, MayBeCutShortAsLongAsTheyAreUnambiguous) {
  EXPECT_EQ(ValueOf(Read({"--inp", "/data"}), "input_dir"), "/data");
  EXPECT_EQ(ValueOf(Read({"--ing=x"}), "ingest_log"), "x");
  EXPECT_EQ(ValueOf(Read({"--n=1"}), "num_days"), "1");
}

TEST(Options, ThatAreAmbiguousAreRefusedWithAllThatTheyCouldBe) {
  EXPECT_THAT(
      Read({"--in", "/data"}),
      FailsWith(StatusCode::kInvalidArgument, "--in is ambiguous: it could be --input_dir or --ingest_log"));
  EXPECT_THAT(Read({"--s"}),
              FailsWith(StatusCode::kInvalidArgument,
                        "--s is ambiguous: it could be --search_links, --stream or --streams_file"));
}

TEST(Options, WholeNamesAreNotAmbiguousThoughOthersBeginWithThem) {
  EXPECT_EQ(ValueOf(Read({"--stream", "a"}), "stream"), "a");
}

TEST(Options, MayHaveHyphensForUnderscores) {
  EXPECT_EQ(ValueOf(Read({"--input-dir", "/data"}), "input_dir"), "/data");
  EXPECT_EQ(ValueOf(Read({"--search-l"}), "search_links"), "true");
}

TEST(Options, TakeNegativeNumbersAndSpansForValuesAndOtherOptionsNot) {
  EXPECT_EQ(ValueOf(Read({"--num_days", "-1"}), "num_days"), "-1");
  EXPECT_EQ(ValueOf(Read({"--num_days", "-12h"}), "num_days"), "-12h");
  EXPECT_THAT(Read({"--num_days", "--search_links"}),
              FailsWith(StatusCode::kInvalidArgument, "--num_days needs a value: --num_days N"));
  EXPECT_THAT(Read({"--num_days"}),
              FailsWith(StatusCode::kInvalidArgument, HasSubstr("--num_days needs a value")));
  EXPECT_EQ(ValueOf(Read({"--input_dir", "-"}), "input_dir"), "-");
}

TEST(Options, ThatAreUnknownAreRefusedWithTheNearestOne) {
  EXPECT_THAT(Read({"--inptu_dir", "x"}),
              FailsWith(StatusCode::kInvalidArgument,
                        "'obsmon look' has no option --inptu_dir; did you mean '--input_dir'?"));
  EXPECT_THAT(Read({"--frobnicate"}),
              FailsWith(StatusCode::kInvalidArgument, "'obsmon look' has no option --frobnicate"));
  EXPECT_THAT(Read({"-x"}), FailsWith(StatusCode::kInvalidArgument, HasSubstr("no option -x")));
}

TEST(Options, OfTwoValuesTheLastHolds) {
  EXPECT_EQ(ValueOf(Read({"--num_days", "1", "--num=2"}), "num_days"), "2");
}

TEST(Options, ThatMayBeRepeatedKeepAllValuesInOrder) {
  ASSERT_OK_AND_ASSIGN(const Options options, Read({"--stream", "b", "--stream=a"}));
  EXPECT_THAT(options.given.at("stream"), SizeIs(2));
  EXPECT_EQ(options.given.at("stream")[0].text, "b");
  EXPECT_EQ(options.given.at("stream")[1].text, "a");
}

TEST(Options, SwitchesTakeNoValue) {
  EXPECT_THAT(Read({"--search_links=true"}),
              FailsWith(StatusCode::kInvalidArgument, "--search_links takes no value"));
}

TEST(Options, OldNamesSayWhatTheyMeanNow) {
  ASSERT_OK_AND_ASSIGN(const Options options, Read({"--query_links"}));
  EXPECT_TRUE(options.IsOn("search_links"));
  EXPECT_THAT(options.notes, ElementsAre("--query_links means --search_links now"));
}

TEST(Arguments, StandAnywhereAndEverythingAfterTwoHyphensIsOne) {
  ASSERT_OK_AND_ASSIGN(const Options between, Read({"--num_days", "1", "2020-05-01", "--search_links"}));
  EXPECT_THAT(between.arguments, ElementsAre("2020-05-01"));
  ASSERT_OK_AND_ASSIGN(const Options after, Read({"--", "--num_days"}));
  EXPECT_THAT(after.arguments, ElementsAre("--num_days"));
}

TEST(Arguments, ThatAreTooManyAreNamed) {
  EXPECT_THAT(Read({"one", "two"}),
              FailsWith(StatusCode::kInvalidArgument, "'obsmon look' does not know what to do with 'two'"));
}

TEST(Arguments, ThatAreTooFewShowHowItIsWritten) {
  CommandSpec strict = kCommand;
  strict.arguments = "NIGHT";
  strict.min_arguments = 1;
  EXPECT_THAT(ReadOptions(strict, {}, [](const std::string&) { return std::nullopt; }),
              FailsWith(StatusCode::kInvalidArgument, "too few arguments; write: obsmon look NIGHT"));
}

TEST(Environment, GivesWhatTheCommandLineLeavesOpen) {
  EXPECT_EQ(ValueOf(Read({}, {{"RSYMON_NUM_DAYS", "3"}}), "num_days"), "3");
  EXPECT_EQ(ValueOf(Read({}), "num_days"), "(none)");
}

TEST(Environment, ObsmonsVariableComesBeforeThePrototypes) {
  EXPECT_EQ(ValueOf(Read({}, {{"RSYMON_NUM_DAYS", "3"}, {"OBSMON_NUM_DAYS", "4"}}), "num_days"), "4");
}

TEST(Environment, YieldsToTheCommandLineAlsoWhereThatIsCutShort) {
  EXPECT_EQ(ValueOf(Read({"--num", "5"}, {{"OBSMON_NUM_DAYS", "4"}}), "num_days"), "5");
}

TEST(Environment, AnEmptyValueIsAValue) {
  ASSERT_OK_AND_ASSIGN(const Options options, Read({}, {{"RSYMON_NUM_DAYS", ""}}));
  ASSERT_NE(options.Find("num_days"), nullptr);
  EXPECT_EQ(options.Find("num_days")->text, "");
  EXPECT_EQ(options.Find("num_days")->source, "RSYMON_NUM_DAYS");
}

TEST(Environment, OfOtherSoftwareGivesWhatOurOwnLeavesOpen) {
  constexpr std::array kOptions = {OptionSpec{.name = "index", .further_variables = {"DAF_A", "DAF_B"}}};
  const CommandSpec command{.name = "look", .options = kOptions};
  const auto value = [&](const Environment& environment) {
    return ValueOf(ReadOptions(command, {},
                               [&](const std::string& name) -> std::optional<std::string> {
                                 const auto found = environment.find(name);
                                 if (found == environment.end()) return std::nullopt;
                                 return found->second;
                               }),
                   "index");
  };
  EXPECT_EQ(value({{"DAF_B", "b"}}), "b");
  EXPECT_EQ(value({{"DAF_B", "b"}, {"DAF_A", "a"}}), "a");
  EXPECT_EQ(value({{"DAF_B", "b"}, {"DAF_A", ""}}), "b");
  EXPECT_EQ(value({{"DAF_A", "a"}, {"OBSMON_INDEX", "own"}}), "own");
}

TEST(Environment, SwitchesAreYesOrNo) {
  for (const std::string text : {"true", "yes", "on", "1", "True"}) {
    EXPECT_TRUE(Read({}, {{"RSYMON_SEARCH_LINKS", text}})->IsOn("search_links")) << text;
  }
  for (const std::string text : {"false", "no", "off", "0"}) {
    EXPECT_FALSE(Read({}, {{"RSYMON_SEARCH_LINKS", text}})->IsOn("search_links")) << text;
  }
  for (const std::string text : {"", "maybe"}) {
    EXPECT_THAT(Read({}, {{"RSYMON_SEARCH_LINKS", text}}),
                FailsWith(StatusCode::kInvalidArgument,
                          AllOf(HasSubstr("RSYMON_SEARCH_LINKS"), HasSubstr("'" + text + "'"))));
  }
}

TEST(Environment, KnowsNoOldNamesAndCantAskForHelp) {
  ASSERT_OK_AND_ASSIGN(const Options options, Read({}, {{"RSYMON_QUERY_LINKS", "x"}, {"OBSMON_HELP", "1"}}));
  EXPECT_THAT(options.given, IsEmpty());
}

TEST(Help, IsShownWhateverElseIsWrong) {
  for (const std::string spelling : {"--help", "-h", "--he"}) {
    ASSERT_OK_AND_ASSIGN(const Options options,
                         Read({spelling, "--frobnicate", "a", "b"}, {{"RSYMON_SEARCH_LINKS", "maybe"}}));
    EXPECT_TRUE(options.IsOn("help"));
  }
}

TEST(Help, BeginsWithExamplesAndHasALineForEachOptionButOldNames) {
  EXPECT_EQ(Help(kCommand),
            "Examples:\n"
            "  obsmon look\n"
            "\n"
            "Usage: obsmon look [OPTION]... [NIGHT]\n"
            "Looks.\n"
            "\n"
            "Options:\n"
            "  --input_dir DIR         the input\n"
            "  --ingest_log FILE       a log\n"
            "  --num_days N            how many\n"
            "  --search_links          links\n"
            "  --stream NAME           a stream\n"
            "  --streams_file FILE     begins with another option's name\n"
            "  --help                  this\n"
            "\n"
            "Exit status: 0\n");
}

}  // namespace
}  // namespace obsmon::cli
