#include "obsmon/pages.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pages/sample_nights.h"
#include "report/reason.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;

std::size_t CountIn(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The text from the first `begin` on; empty where there is none.
std::string From(const std::string& page, std::string_view begin) {
  const std::size_t at = page.find(begin);
  return at == std::string::npos ? "" : page.substr(at);
}

TEST(NightPageName, IsThePrototypesSoThatOldLinksHold) {
  EXPECT_EQ(NightPageName(Night::Parse("20200501").value()), "2020-05-01.html");
}

TEST(NightPage, KeepsThePrototypesTitle) {
  EXPECT_THAT(RenderNightPage(samples::CalmNight()),
              HasSubstr("<title>comCam Transfer and Ingestion for Nite of 2020-05-01</title>"));
}

TEST(NightPage, SaysItsVerdictBeforeAnythingElseThenCountsThenProblemsThenAllFiles) {
  const std::string page = RenderNightPage(samples::TroubledNight());
  const std::size_t verdict = page.find("Needs attention:</strong> 1 ingest failed");
  const std::size_t counts = page.find("Files by verdict");
  const std::size_t issues = page.find("What could not be read");
  const std::size_t attention = page.find("What needs attention");
  const std::size_t waiting = page.find("On its way");
  const std::size_t files = page.find("All files");
  EXPECT_THAT(verdict, Lt(counts));
  EXPECT_THAT(counts, Lt(issues));
  EXPECT_THAT(issues, Lt(attention));
  EXPECT_THAT(attention, Lt(waiting));
  EXPECT_THAT(waiting, Lt(files));
  EXPECT_NE(files, std::string::npos);
}

TEST(NightPage, ShowsEveryVerdictAsAWord) {
  const NightReport report = samples::TroubledNight();
  const std::string page = RenderNightPage(report);
  for (const Verdict verdict : kAllVerdicts) {
    if (report.counts[verdict] == 0) continue;
    EXPECT_THAT(page, HasSubstr(fmt::format(">{}</span>", VerdictLabel(verdict))));
    EXPECT_THAT(From(page, "All files"), HasSubstr(fmt::format(">{}</td>", VerdictLabel(verdict))));
  }
}

TEST(NightPage, GivesTheReasonOfEachFileThatNeedsAttention) {
  const NightReport report = samples::CatastrophicNight(2);
  const std::string page = RenderNightPage(report);
  const std::string files = page.substr(page.find("<details"));
  EXPECT_EQ(CountIn(files, LastingReason(report.files()[0], report.as_of)), 9U);
}

// It stays as it is until a look finds a change: an age would be that of an hour nobody can tell.
TEST(NightPage, TellsOfInstantsNotOfAges) {
  const NightReport report = samples::TroubledNight();
  const std::string page = RenderNightPage(report);
  EXPECT_THAT(page, Not(HasSubstr(" ago")));
  EXPECT_THAT(page, HasSubstr("arrived whole at 2020-05-0"));
  EXPECT_THAT(From(page, "<details"), HasSubstr("<th scope=\"col\">Created</th><th scope=\"col\">Why</th>"));
}

TEST(NightPage, SaysForEachExposureWhatIsWrongWithWhichDetectors) {
  EXPECT_THAT(
      From(RenderNightPage(samples::CatastrophicNight(2)), "By exposure"),
      HasSubstr("MC_O_20200501_000001</th><td><span class=\"badge v-not_ingested\">not ingested</span></td>"
                "<td>9</td><td>R22_S00 S01 S02 S10 S11 S12 S20 S21 S22</td>"));
}

TEST(NightPage, LinksAnExposureToTheViewOfItsFilesWhereItHasTheScript) {
  const NightReport report = samples::CatastrophicNight(2);
  EXPECT_THAT(RenderNight(report).page.contents,
              HasSubstr("<a href=\"#exposure=MC_O_20200501_000001&amp;verdict=not_ingested\">"));
  EXPECT_THAT(RenderNightPage(report), Not(HasSubstr("<script")));
}

TEST(NightPage, GroupsWhatNeedsAttentionByExposureFolder) {
  const std::string attention = From(RenderNightPage(samples::TroubledNight()), "What needs attention");
  EXPECT_THAT(attention, HasSubstr("<code>2020-05-01/MC_O_20200501_000005/</code> 9 files</th>"));
}

TEST(NightPage, MarksWhatOnlyTheRegistryKnowsAndWhatAnotherNightHas) {
  EXPECT_THAT(RenderNightPage(samples::TroubledNight()),
              AllOf(HasSubstr("registry only</em>"), HasSubstr("under 2020-05-02</em>")));
}

TEST(NightPage, SaysLoudlyThatTheRegistryCouldNotBeReadAndWhy) {
  const std::string page = RenderNightPage(samples::UnknownNight());
  EXPECT_THAT(page, AllOf(HasSubstr("The registry could not be read."), HasSubstr("locked by a writer"),
                          Not(HasSubstr("What needs attention"))));
}

TEST(NightPage, NamesEachFolderThatCouldNotBeRead) {
  EXPECT_THAT(
      RenderNightPage(samples::TroubledNight()),
      HasSubstr("<code>/data/comCam/storage/2020-05-01/MC_O_20200501_000020</code> Permission denied"));
}

// Each file has an arrival, and may have an ingest: added up they would be more than there are files.
TEST(NightPage, SaysHowManyArrivalsAndHowManyIngestsItsPlotsDoNotShow) {
  const UtcTime late = samples::AsOf() + std::chrono::hours{200};
  NightEvidence evidence;
  for (const std::uint64_t inode : {1U, 2U}) {
    evidence.transfers.Append({.path = fmt::format("2020-05-01/{}.fits", inode),
                               .size_bytes = 57'600,
                               .creation_time = samples::AsOf() - std::chrono::hours{6},
                               .arrival_time = late,
                               .file_id = {.device = 1, .inode = inode}});
  }
  evidence.ingests.Append({.path = "raw/1.fits",
                           .night = samples::kNight,
                           .file_id = {.device = 1, .inode = 1},
                           .ingest_time = late});
  NightMatch match = MatchNight(evidence.transfers, evidence.ingests, samples::AsOf());
  const NightReport report =
      MakeReport("comCam", samples::kNight, samples::AsOf(), std::move(evidence), std::move(match));
  EXPECT_THAT(RenderNightPage(report),
              HasSubstr("<span>2 arrivals and 1 ingest lie outside of these hours</span>"));
}

TEST(NightPage, OfANightWithoutFilesSaysSo) {
  EXPECT_THAT(RenderNightPage(samples::EmptyNight()),
              AllOf(HasSubstr("No files:</strong>"), Not(HasSubstr("All files</h2>"))));
}

TEST(NightPage, LetsNoNameBecomeMarkup) {
  const std::string page = RenderNightPage(samples::TroubledNight());
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img")), Not(HasSubstr("\x1b")),
                          Not(HasSubstr("\xE2\x80\xAE")), Not(HasSubstr("\xFF")), Not(HasSubstr("<b>"))));
  EXPECT_THAT(page,
              AllOf(HasSubstr("&lt;img src=x onerror=alert(1)&gt;.fits"), HasSubstr("a\\nb\\tc\\rd.fits"),
                    HasSubstr("not \\xff utf-8 \\xc3.fits"), HasSubstr("reversed\\u{202e}stif")));
}

TEST(NightPage, EscapesTheStreamsNameInTitleAndHeading) {
  NightReport report = samples::CalmNight(1);
  report.stream = "</title><h1>\"";
  EXPECT_THAT(RenderNightPage(report),
              AllOf(Not(HasSubstr("</title><h1>")), HasSubstr("&lt;/title&gt;&lt;h1&gt;&quot;")));
}

TEST(NightPage, IsTheSameForTheSameReport) {
  EXPECT_EQ(RenderNightPage(samples::TroubledNight()), RenderNightPage(samples::TroubledNight()));
}

TEST(NightPage, ListsAllFilesUpToTheLimitAndFoldersAboveIt) {
  const std::string at_limit = RenderNightPage(samples::CalmNight(kMaxListedFiles / 10));
  EXPECT_EQ(CountIn(at_limit, "<tr><th scope=row>"), kMaxListedFiles);
  const std::string above = RenderNightPage(samples::CalmNight(kMaxListedFiles / 10 + 1));
  EXPECT_EQ(CountIn(above, "<tr><th scope=row>"), 0U);
  EXPECT_THAT(above, AllOf(HasSubstr("All files, by folder"),
                           HasSubstr("<code>obsmon night 2020-05-01 \u2026 --format csv</code>"),
                           HasSubstr("2020-05-01/MC_O_20200501_000200/</th><td>10</td>")));
}

TEST(NightPage, OfACatastropheStaysSmallAndAccountsForEveryFile) {
  const std::string page = RenderNightPage(samples::CatastrophicNight(41'000));  // 410,000 files
  EXPECT_THAT(page.size(), Lt(2'000'000U));
  EXPECT_THAT(page, AllOf(HasSubstr("369,000 files arrived but are not ingested"),
                          HasSubstr("And 368,800 more, counted by folder"), HasSubstr("more folders.")));
}

TEST(IndexPage, PutsProblemsInWordsAboveTheTableOfNights) {
  const std::string page = RenderIndexPage("comCam", samples::Nights(40), samples::AsOf());
  EXPECT_THAT(page.find("360 files arrived but are not ingested"), Lt(page.find("<table")));
  EXPECT_THAT(page, AllOf(HasSubstr("3 of 40 nights to look at"), HasSubstr("locked by a writer"),
                          HasSubstr("Last looked at <time>2020-05-02 06:00:00Z</time>")));
}

TEST(IndexPage, LinksEveryNightNewestFirst) {
  const std::string table =
      From(RenderIndexPage("comCam", samples::Nights(40), samples::AsOf()), "<table class=\"nights\"");
  EXPECT_EQ(CountIn(table, "<a href=\""), 40U);
  EXPECT_THAT(table.find("href=\"2020-05-01.html\""), Lt(table.find("href=\"2020-04-30.html\"")));
}

TEST(IndexPage, ShowsThePrototypesNumbersOfNightsThatOnlyItHasSeenAndSaysSo) {
  NightSummary night;
  night.night = samples::kNight;
  night.state = NightState::kComplete;
  night.legacy = {.n_files = 71, .n_ingest = 60, .n_small = 4, .n_not_fits = 3, .n_error = 5};
  night.from_prototype = true;
  EXPECT_THAT(RenderIndexPage("comCam", std::vector{night}, samples::AsOf()),
              AllOf(HasSubstr("seen by the prototype only"), HasSubstr("<td>71</td><td>60</td>"),
                    HasSubstr("<td class=\"bad\">5</td><td>4 small, 3 not FITS</td>")));
}

TEST(IndexPage, SaysThatAllIsWell) {
  EXPECT_THAT(
      RenderIndexPage("comCam", std::vector{samples::SummaryOf(samples::CalmNight())}, samples::AsOf()),
      AllOf(HasSubstr("All is well: 1 night in view"), Not(HasSubstr("What needs attention"))));
}

TEST(IndexPage, CallsNothingWellThatIsInProgress) {
  std::vector<NightSummary> nights(2, samples::SummaryOf(samples::CalmNight()));
  nights[0].state = NightState::kInProgress;
  EXPECT_THAT(RenderIndexPage("comCam", nights, samples::AsOf()),
              AllOf(HasSubstr("<p class=\"verdict in_progress\"><strong>1 of 2 nights in progress."),
                    Not(HasSubstr("All is well"))));
}

TEST(IndexPage, SaysWhereNoFilesHaveArrived) {
  std::vector<NightSummary> nights(2, samples::SummaryOf(samples::EmptyNight()));
  EXPECT_THAT(RenderIndexPage("comCam", nights, samples::AsOf()),
              HasSubstr("<p class=\"verdict nothing\"><strong>No files in 2 nights.</strong>"));
  nights[1] = samples::SummaryOf(samples::CalmNight());
  EXPECT_THAT(RenderIndexPage("comCam", nights, samples::AsOf()),
              HasSubstr("All is well: 2 nights in view; no files in the latest night."));
}

TEST(IndexPage, WithoutNightsSaysSo) {
  EXPECT_THAT(RenderIndexPage("comCam", {}, samples::AsOf()), HasSubstr("No night has been looked at yet"));
}

TEST(SummaryPage, SaysHowEachStreamIsBeforeItsNights) {
  const std::string page = RenderSummaryPage(samples::Streams(), samples::AsOf());
  EXPECT_THAT(page.find("How the streams are"), Lt(page.find("Nights of comCam")));
  EXPECT_THAT(page, AllOf(HasSubstr("Its history could not be read"), HasSubstr("is no database")));
}

TEST(SummaryPage, SaysWhenEachStreamWasLastLookedAtAndWhoseMonitorSeemsToHaveStopped) {
  const std::string page = RenderSummaryPage(samples::Streams(), samples::AsOf());
  EXPECT_THAT(page, AllOf(HasSubstr("Summary made at <time>2020-05-02 06:00:00Z</time>"),
                          HasSubstr("<td>last looked at <time>2020-05-02 05:45:00Z</time></td>"),
                          HasSubstr("seems to have stopped: its last look was 3 h 05 min before this page "
                                    "was made, at <time>2020-05-02 02:55:00Z</time>")));
}

TEST(SummaryPage, TakesAStreamWhoseMonitorHasStoppedForUnknownUnlessItNeedsAttention) {
  std::vector<StreamSummary> streams = samples::Streams();
  const std::string page = RenderSummaryPage(std::span(streams).subspan(1, 1), samples::AsOf());
  EXPECT_THAT(page, HasSubstr("<span class=\"badge unknown\">Unknown</span></td><td>At its last look "
                              "<time>2020-05-01</time>: "));
  EXPECT_THAT(page, HasSubstr("fill='%238a6a1c'")) << "the icon of what is unknown";
  streams[0].last_look = streams[1].last_look;
  EXPECT_THAT(RenderSummaryPage(std::span(streams).first(1), samples::AsOf()),
              HasSubstr("<span class=\"badge needs_attention\">Needs attention</span></td><td><time>"));
}

TEST(SummaryPage, CallsAMonitorStoppedByTheAgeThatItsStreamAllows) {
  std::vector<StreamSummary> streams = samples::Streams();
  streams[1].max_age = std::chrono::minutes{185};
  const std::string page = RenderSummaryPage(streams, samples::AsOf());
  EXPECT_THAT(page, Not(HasSubstr("seems to have stopped")));
}

TEST(SummaryPage, NamesTheTableOfEachStreamForWhoHearsIt) {
  EXPECT_THAT(RenderSummaryPage(samples::Streams(), samples::AsOf()),
              AllOf(HasSubstr("aria-label=\"Table of nights of comCam\""),
                    HasSubstr("aria-label=\"Table of nights of aux &amp; &quot;Tel&quot;\"")));
}

TEST(SummaryPage, LinksToTheStreamsPagesWithTheirFolder) {
  const std::string page = RenderSummaryPage(samples::Streams(), samples::AsOf());
  EXPECT_THAT(page,
              AllOf(HasSubstr("href=\"comCam/index.html\""), HasSubstr("href=\"comCam/2020-04-30.html\""),
                    HasSubstr("href=\"aux%20%26%20%22Tel%22/2020-05-01.html\"")));
}

TEST(SummaryPage, ShowsAStreamWithoutALinkAsText) {
  const std::vector<StreamSummary> streams = {{.name = "<ts8>"}};
  EXPECT_THAT(RenderSummaryPage(streams, samples::AsOf()),
              AllOf(HasSubstr("<bdi>&lt;ts8&gt;</bdi>"), Not(HasSubstr("href=\"\""))));
}

}  // namespace
}  // namespace obsmon
