#include "obsmon/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>
#include <utility>

#include "pages/sample_nights.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Json(const NightReport& report, const ExportOptions& options = {}) {
  std::ostringstream out;
  WriteJson(report, out, options);
  return out.str();
}

std::string Csv(const NightReport& report, const ExportOptions& options = {}) {
  std::ostringstream out;
  WriteCsv(report, out, options);
  return out.str();
}

std::string Table(const NightReport& report, const ExportOptions& options = {}) {
  std::ostringstream out;
  WriteTable(report, out, options);
  return out.str();
}

std::ptrdiff_t LinesOf(const std::string& text) { return std::ranges::count(text, '\n'); }

// That both are right as a whole is checked with Python's own parsers, in check_exports.py.

TEST(WriteJson, BeginsWithItsSchema) {
  EXPECT_THAT(Json(samples::CalmNight()), StartsWith("{\"schema\": 2, "));
}

TEST(WriteJson, WritesOneFileALineSoThatItCanBeSearched) {
  const std::string one = Json(samples::CalmNight(1));
  const std::string two = Json(samples::CalmNight(2));
  EXPECT_EQ(LinesOf(two) - LinesOf(one), 11) << "ten files and their exposure";
}

TEST(WriteJson, SendsNothingThatActsOnATerminal) {
  EXPECT_THAT(Json(samples::TroubledNight()),
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xE2\x80\xAE")), HasSubstr("\\u202e"),
                    HasSubstr("esc\\u001b[31mred.fits")));
}

TEST(WriteJson, KeepsTheCountsWholeWhereOnlySomeFilesAreAskedFor) {
  constexpr std::array kOnly = {Verdict::kFailed};
  EXPECT_THAT(Json(samples::TroubledNight(), {.verdicts = kOnly}),
              AllOf(HasSubstr("\"only_verdicts\": [\"failed\"]"), HasSubstr("\"not_ingested\": 29"),
                    HasSubstr("000018_R22_S00.fits"), Not(HasSubstr("000005_R22_S00.fits"))));
}

TEST(WriteCsv, HasAHeaderAndARowAFile) {
  const std::string csv = Csv(samples::CalmNight(2));
  EXPECT_THAT(csv, StartsWith("night,path,obs_id,detector,verdict,reason,"));
  EXPECT_EQ(LinesOf(csv), 21);
}

TEST(WriteCsv, OfANightWithoutFilesIsItsHeader) { EXPECT_EQ(LinesOf(Csv(samples::EmptyNight())), 1); }

TEST(WriteCsv, LetsNoSpreadsheetRunAFileName) {
  EXPECT_THAT(Csv(samples::TroubledNight()), HasSubstr("\n2020-05-01,'=cmd|' /C calc'!A0.fits,"));
}

TEST(WriteCsv, GuardsACellWhateverSignOfAFormulaItBeginsWith) {
  for (const std::string sign : {"=", "+", "-", "@", "\t", "\r"}) {
    NightEvidence evidence;
    evidence.transfers.Append({.path = sign + "1.fits"});
    NightMatch match = MatchNight(evidence.transfers, evidence.ingests, samples::AsOf());
    EXPECT_THAT(
        Csv(MakeReport("comCam", samples::kNight, samples::AsOf(), std::move(evidence), std::move(match))),
        HasSubstr("'" + sign + "1.fits"));
  }
}

TEST(WriteTable, SaysTheVerdictInItsSecondLine) {
  EXPECT_THAT(Table(samples::CalmNight()),
              StartsWith("comCam, night of 2020-05-01, as found at 2020-05-02 06:00:00Z\nComplete: "));
}

TEST(WriteTable, ListsWhatNeedsAttentionOrIsOnItsWayAndNoMore) {
  EXPECT_THAT(Table(samples::TroubledNight()),
              AllOf(HasSubstr("MC_O_20200501_000005_R22_S00.fits"), HasSubstr(".fits.x7Kq2b"),
                    Not(HasSubstr("MC_O_20200501_000001_R22_S00.fits")), Not(HasSubstr("expectedSensors"))));
}

TEST(WriteTable, ListsTheVerdictsAskedFor) {
  constexpr std::array kOnly = {Verdict::kIngested};
  EXPECT_THAT(Table(samples::TroubledNight(), {.verdicts = kOnly}),
              AllOf(HasSubstr("MC_O_20200501_000001_R22_S00.fits"), Not(HasSubstr("000005_R22_S00.fits"))));
}

TEST(WriteTable, SendsColoursOnlyWhenAskedAndNeverThoseOfAName) {
  EXPECT_THAT(Table(samples::TroubledNight()),
              AllOf(Not(HasSubstr("\x1b")), HasSubstr("esc\\x1b[31mred.fits")));
  EXPECT_THAT(Table(samples::TroubledNight(), {.color = true}),
              AllOf(HasSubstr("\x1b[1;31mNeeds attention\x1b[0m"), HasSubstr("esc\\x1b[31mred.fits")));
}

// The words of an ingest, of a rule or of a registry's row are as little ours as a name is.
TEST(WriteTable, SendsATerminalNothingThatAReasonBringsAlong) {
  NightEvidence evidence;
  evidence.transfers.Append({.path = "a.fits", .size_bytes = 57'600, .file_id = {1, 2}});
  evidence.ingests.Append({.path = "a.fits",
                           .night = samples::kNight,
                           .status = IngestStatus::kFailed,
                           .message = "no header\x1b]0;owned\x07\xE2\x80\xAE in HDU\xff",
                           .file_id = {1, 2}});
  NightMatch match = MatchNight(evidence.transfers, evidence.ingests, samples::AsOf());
  EXPECT_THAT(
      Table(MakeReport("comCam", samples::kNight, samples::AsOf(), std::move(evidence), std::move(match))),
      AllOf(HasSubstr(R"(no header\x1b]0;owned\x07\u{202e} in HDU\xff)"), Not(HasSubstr("\x1b"))));
}

TEST(WriteTable, SaysWhyTheRegistryCouldNotBeRead) {
  EXPECT_THAT(Table(samples::UnknownNight()),
              HasSubstr("\nRegistry: /data/comCam/gen2repo/registry.sqlite3 was locked"));
}

TEST(Exports, AreTheSameForTheSameReport) {
  EXPECT_EQ(Json(samples::TroubledNight()), Json(samples::TroubledNight()));
  EXPECT_EQ(Csv(samples::TroubledNight()), Csv(samples::TroubledNight()));
  EXPECT_EQ(Table(samples::TroubledNight()), Table(samples::TroubledNight()));
}

}  // namespace
}  // namespace obsmon
