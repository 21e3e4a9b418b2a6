#include "report/night_in_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace obsmon {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

NightCounts Counts(std::initializer_list<std::pair<Verdict, std::int64_t>> counts) {
  NightCounts result;
  for (const auto& [verdict, files] : counts) {
    result[verdict] = files;
    result.files += files;
  }
  return result;
}

TEST(NightInWords, BeginsWithWhatIsGravest) {
  EXPECT_EQ(
      NightInWords({.state = NightState::kNeedsAttention,
                    .counts = Counts({{Verdict::kIngested, 100},
                                      {Verdict::kArtifactGone, 1},
                                      {Verdict::kNotIngested, 3},
                                      {Verdict::kFailed, 2}})}),
      "Needs attention: 2 ingests failed, 3 files arrived but are not ingested, 1 ingested file is gone");
}

TEST(NightInWords, SaysThatAllIsIngested) {
  EXPECT_EQ(NightInWords({.state = NightState::kComplete, .counts = Counts({{Verdict::kIngested, 1'234}})}),
            "Complete: all 1,234 files are ingested");
  EXPECT_EQ(NightInWords({.state = NightState::kComplete, .counts = Counts({{Verdict::kIngested, 1}})}),
            "Complete: its one file is ingested");
}

TEST(NightInWords, SaysWhatNobodyMeantToIngest) {
  EXPECT_EQ(NightInWords({.state = NightState::kComplete,
                          .counts = Counts({{Verdict::kIngested, 5}, {Verdict::kNotFits, 2}})}),
            "Complete: all that should be is ingested: 5 of 7 files (the rest: 2 not FITS)");
}

TEST(NightInWords, DoesNotCallANightWithoutFilesComplete) {
  EXPECT_EQ(NightInWords({.state = NightState::kComplete}),
            "No files: none has arrived, and the registry lists none");
}

TEST(NightInWords, SaysWhatIsOnItsWay) {
  EXPECT_EQ(NightInWords({.state = NightState::kInProgress,
                          .counts = Counts(
                              {{Verdict::kIngested, 8}, {Verdict::kInFlight, 1}, {Verdict::kSettling, 2}})}),
            "In progress: 3 files are on their way (1 in flight, 2 settling); 8 of 11 ingested so far");
}

TEST(NightInWords, NeverSaysNotIngestedWhereTheRegistryCouldNotBeRead) {
  EXPECT_EQ(NightInWords({.state = NightState::kUnknown,
                          .counts = Counts({{Verdict::kUnknown, 30}}),
                          .registry_readable = false}),
            "Unknown: the registry could not be read, so what is ingested is not known");
}

TEST(NightInWords, TellsOfANightThatCouldNotBeAskedWhatTheLookBeforeHadFound) {
  EXPECT_EQ(NightInWords({.state = NightState::kUnknown,
                          .counts = Counts({{Verdict::kNotIngested, 9}}),
                          .registry_readable = false}),
            "Unknown: the registry could not be read, so what is ingested is not known; at the look before: "
            "9 files arrived but are not ingested");
}

TEST(NightInWords, SaysNotThatTheRegistryListsNoneWhereItsFilesLieElsewhere) {
  EXPECT_EQ(NightInWords({.state = NightState::kComplete, .num_elsewhere = 2}),
            "No files: none has arrived; what the registry lists, 2 files, lies in other nights' folders");
}

TEST(NightInWords, AddsToEveryProblemWhatCouldNotBeRead) {
  EXPECT_THAT(NightInWords({.state = NightState::kNeedsAttention,
                            .counts = Counts({{Verdict::kNotIngested, 1}}),
                            .num_issues = 2}),
              testing::EndsWith("1 file arrived but is not ingested; 2 entries could not be read"));
  EXPECT_THAT(NightInWords({.state = NightState::kNeedsAttention,
                            .counts = Counts({{Verdict::kNotIngested, 1}}),
                            .num_issues = 2,
                            .num_hiding = 1}),
              testing::EndsWith("2 entries could not be read, so this may not be all"));
}

TEST(NightInWords, TellsOfFilesThatCannotBeJudged) {
  EXPECT_EQ(NightInWords({.state = NightState::kUnknown, .counts = Counts({{Verdict::kUnknown, 2}})}),
            "Unknown: whether 2 files are ingested can't be told");
}

TEST(NightInWords, KnowsAWordForEveryVerdictThatNeedsAttention) {
  for (const Verdict verdict : kAllVerdicts) {
    if (ConcernOf(verdict) != Concern::kAttention) continue;
    EXPECT_THAT(NightDetail({.state = NightState::kNeedsAttention, .counts = Counts({{verdict, 7}})}),
                HasSubstr("7 "))
        << VerdictName(verdict);
  }
}

TEST(GravestFirst, HasEveryVerdictOnce) {
  EXPECT_THAT(kGravestFirst, UnorderedElementsAreArray(kAllVerdicts));
}

TEST(ManifestsInWords, SayOfHowManyExposuresItIsKnownWhatToExpect) {
  EXPECT_EQ(ManifestsInWords({}), "");
  EXPECT_EQ(ManifestsInWords({.exposures = 12}), "12 exposures, each with a manifest");
  EXPECT_EQ(ManifestsInWords({.exposures = 12, .without_manifest = 12}),
            "12 exposures, no manifest: whether all files arrived is not known");
  EXPECT_EQ(ManifestsInWords({.exposures = 12, .without_manifest = 3}),
            "12 exposures, 3 without a manifest: of these whether all files arrived is not known");
}

TEST(WrongClockInWords, SaysOfHowManyAndByHowMuch) {
  EXPECT_EQ(WrongClockInWords({.files = 5, .negative = 2, .min = -std::chrono::minutes{2}}),
            "of 2 files it ended up to 2 min before it began: a clock is wrong, or they were touched later");
}

}  // namespace
}  // namespace obsmon
