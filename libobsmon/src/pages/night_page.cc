#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "obsmon/pages.h"
#include "pages/html.h"
#include "pages/night_data.h"
#include "pages/night_plots.h"
#include "pages/page_parts.h"
#include "report/night_bins.h"
#include "report/night_in_words.h"
#include "report/reason.h"
#include "text/human.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// A verdict's files above this number are counted by folder: a night on which all went wrong must still open
// on a phone.
constexpr std::size_t kMaxListedPerVerdict = 200;
// Likewise for folders, of which a night may have as many as files.
constexpr std::size_t kMaxListedFolders = 1'000;
// Likewise for exposures of which something is wrong.
constexpr std::size_t kMaxListedExposures = 200;
// A list of so many files is open when the page is; a longer one opens when it is asked for.
constexpr std::size_t kMaxOpenFiles = 30;
// Measured: a row of the table of files takes about this much.
constexpr std::size_t kBytesAFile = 400;

using Rows = std::vector<std::uint32_t>;

// Files side by side in the report that lie in one folder: one exposure's, as storage is laid out.
struct FolderCounts {
  std::string_view folder{};
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::array<std::int64_t, kNumVerdicts> by_verdict{};
};

void AddTo(std::vector<FolderCounts>& folders, std::string_view path, std::int64_t bytes, Verdict verdict) {
  const std::string_view folder = FolderPrefixOf(path);
  if (folders.empty() || folders.back().folder != folder) folders.push_back({.folder = folder});
  FolderCounts& last = folders.back();
  ++last.files;
  last.bytes += bytes;
  ++last.by_verdict[static_cast<std::size_t>(verdict)];
}

void AddTo(std::vector<FolderCounts>& folders, const FileRow& file) {
  AddTo(folders, file.path, file.size_bytes.value_or(0), file.verdict);
}

// What is the matter with files of one exposure that have one verdict. The first file's reason stands for
// all: it is the same but for times.
struct ExposureProblem {
  std::string_view exposure{};  // its obs_id, or the folder where the names tell none
  Verdict verdict{};
  std::uint32_t first_row = 0;
  std::int64_t files = 0;
  std::vector<std::string_view> detectors{};
};

// "R22_S00 S01 S02, R30_S11": a raft is named once.
std::string DetectorsInWords(const std::vector<std::string_view>& detectors) {
  constexpr std::size_t kMaxNamed = 12;
  std::string out;
  std::string_view raft;
  for (std::size_t i = 0; i < std::min(detectors.size(), kMaxNamed); ++i) {
    const std::string_view detector = detectors[i];
    const std::string_view its_raft = detector.substr(0, detector.find('_'));
    if (i > 0 && its_raft == raft && its_raft.size() < detector.size()) {
      out += ' ';
      out += detector.substr(its_raft.size() + 1);
    } else {
      if (i > 0) out += ", ";
      out += detector;
    }
    raft = its_raft;
  }
  if (detectors.size() > kMaxNamed)
    out += fmt::format(" and {} more", HumanCount(static_cast<std::int64_t>(detectors.size() - kMaxNamed)));
  return out;
}

class NightPage {
 public:
  // `data` is the name of the data that the page loads; empty: it stands alone.
  NightPage(const NightReport& report, std::string_view data)
      : report_(report), data_(data), files_(report.files()), page_(ExpectedBytes(report)) {
    for (std::uint32_t row = 0; row < files_.size(); ++row) {
      const Verdict verdict = files_.VerdictOf(row);
      const Concern concern = ConcernOf(verdict);
      if (concern == Concern::kAttention || concern == Concern::kWait) RowsOf(verdict).push_back(row);
    }
  }

  std::string Render() && {
    const std::string night = report_.night.ToString();
    const std::string_view gap = report_.stream.empty() ? "" : " ";
    BeginPage({.title = fmt::format("{}{}Transfer and Ingestion for Nite of {}", report_.stream, gap, night),
               .state = report_.state,
               .back = fmt::format("All nights{}{}", report_.stream.empty() ? "" : " of ", report_.stream),
               .has_script = !data_.empty(),
               .data = data_},
              page_);
    page_.Raw("<h1>");
    if (!report_.stream.empty()) page_.Raw("<small><bdi>").Text(report_.stream).Raw("</bdi></small> ");
    page_.Raw("Night of <time>").Text(night).Raw("</time></h1>\n");
    VerdictLine(FactsOf(report_), page_);
    page_.Raw("<p class=\"note\">As found at ")
        .Time(report_.as_of)
        .Raw(
            ". This page is written anew only when a look finds a change; the "
            "<a href=\"index.html\">list of nights</a> tells when the last look was.</p>\n");
    if (!data_.empty()) LivePlace(report_.as_of, night, page_);
    RegistryBanner();
    Numbers();
    if (!data_.empty() && !files_.empty()) page_.Raw("<div id=\"map\"></div>\n");
    Issues();
    Section("attention", "What needs attention", Concern::kAttention);
    Section("waiting", "On its way", Concern::kWait);
    NightPlots(report_, page_);
    AllFiles();
    EndPage(page_);
    return std::move(page_).Finish();
  }

 private:
  static std::size_t ExpectedBytes(const NightReport& report) {
    return 65'536 + std::min(report.files().size(), kMaxListedFiles) * kBytesAFile;
  }

  Rows& RowsOf(Verdict verdict) { return rows_[static_cast<std::size_t>(verdict)]; }

  void RegistryBanner() {
    if (report_.evidence.registry_status.ok()) return;
    page_
        .Raw(
            "<div class=\"banner\"><p><strong>The registry could not be read.</strong> "
            "What is ingested is therefore not known; below is what has arrived.</p><p><bdi>")
        .Text(std::string(report_.evidence.registry_status.message()))
        .Raw("</bdi></p></div>\n");
  }

  void Numbers() {
    page_.Raw("<section aria-labelledby=\"numbers\">\n<h2 id=\"numbers\">In numbers</h2>\n");
    Bar();
    page_.Raw("<div class=\"numbers\">\n");
    CountsTable();
    Times();
    page_.Raw("</div>\n</section>\n");
  }

  // The shares of the verdicts in one bar. It says nothing that the table does not, so it is hidden from
  // screen readers. Every verdict gets a sliver that can be seen, however small its share.
  void Bar() {
    constexpr std::int64_t kWidth = 1000;
    constexpr std::int64_t kSliver = 6;
    const std::int64_t files = report_.counts.files;
    if (files == 0) return;
    std::int64_t shown = 0;
    for (const Verdict verdict : kAllVerdicts) shown += report_.counts[verdict] > 0 ? 1 : 0;
    const std::int64_t shared = kWidth - shown * kSliver;
    std::int64_t x = 0;
    page_.Raw(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    for (const Verdict verdict : kAllVerdicts) {
      const std::int64_t count = report_.counts[verdict];
      if (count == 0) continue;
      const std::int64_t width = kSliver + shared * count / files;
      page_.Raw("<rect class=\"v-").Text(VerdictName(verdict)).Raw("\" x=\"");
      page_.Text(fmt::format("{}", x)).Raw("\" width=\"").Text(fmt::format("{}", width));
      page_.Raw("\" height=\"10\"/>");
      x += width;
    }
    page_.Raw("</svg>\n");
  }

  void CountsTable() {
    page_.Raw(
        "<table class=\"counts\">\n<caption>Files by verdict</caption>\n<thead><tr><th scope=\"col\">Verdict"
        "</th><th scope=\"col\">Files</th><th scope=\"col\">Share</th><th scope=\"col\">Meaning</th></tr>"
        "</thead>\n<tbody>\n");
    for (const Verdict verdict : kAllVerdicts) {
      const std::int64_t count = report_.counts[verdict];
      // These two are what a reader looks for; that there are none is an answer.
      const bool always = verdict == Verdict::kIngested || verdict == Verdict::kNotIngested;
      if (count == 0 && !always) continue;
      page_.Raw(count == 0 ? Markup("<tr class=\"zero\">") : Markup("<tr>")).Raw("<th scope=\"row\">");
      VerdictBadge(verdict, page_);
      page_.Raw("</th><td>")
          .Count(count)
          .Raw("</td><td>")
          .Text(report_.counts.files == 0 ? "\u2013" : HumanShare(count, report_.counts.files))
          .Raw("</td><td>")
          .Text(VerdictMeaning(verdict))
          .Raw("</td></tr>\n");
    }
    page_.Raw("</tbody>\n<tfoot><tr><th scope=\"row\">all files</th><td>")
        .Count(report_.counts.files)
        .Raw("</td><td></td><td></td></tr></tfoot>\n</table>\n");
  }

  void Times() {
    const NightCounts& counts = report_.counts;
    page_.Raw("<dl class=\"times\">\n<div><dt>Latest creation</dt><dd>")
        .Time(counts.last_creation)
        .Raw("</dd></div>\n<div><dt>Latest arrival</dt><dd>")
        .Time(counts.last_arrival)
        .Raw("</dd></div>\n<div><dt>Latest ingest</dt><dd>")
        .Time(counts.last_ingest)
        .Raw("</dd></div>\n");
    if (const std::string manifests = ManifestsInWords(counts); !manifests.empty()) {
      page_.Raw("<div><dt>Exposures</dt><dd>").Text(manifests).Raw("</dd></div>\n");
    }
    Latency("From creation to arrival", report_.latency.creation_to_arrival);
    Latency("From arrival to ingest", report_.latency.arrival_to_ingest);
    Latency("From creation to ingest", report_.latency.creation_to_ingest);
    if (const std::string elsewhere = InWords(CreatedElsewhereOf(report_)); !elsewhere.empty()) {
      page_.Raw("<div><dt>Other times</dt><dd>").Text(elsewhere).Raw("</dd></div>\n");
    }
    page_.Raw("</dl>\n");
  }

  void Latency(Markup label, const LatencySummary& latency) {
    if (latency.files == 0) return;
    page_.Raw("<div><dt>")
        .Raw(label)
        .Raw("</dt><dd>half within ")
        .Text(HumanDuration(latency.p50))
        .Raw(" (p50)<br>95\u00a0% within ")
        .Text(HumanDuration(latency.p95))
        .Raw(" (p95)<br>the longest ")
        .Text(HumanDuration(latency.max))
        .Raw(" (max)<br><small>of ")
        .Text(CountOf(latency.files, "file", "files"))
        .Raw("</small>");
    if (latency.negative > 0) page_.Raw("<br>").Text(WrongClockInWords(latency));
    page_.Raw("</dd></div>\n");
  }

  void Issues() {
    const std::vector<ScanIssue>& issues = report_.evidence.issues;
    if (issues.empty()) return;
    page_.Raw("<section aria-labelledby=\"issues\">\n<h2 id=\"issues\">What could not be read</h2>\n")
        .Raw("<ul class=\"issues\">\n");
    for (std::size_t i = 0; i < std::min(issues.size(), kMaxListedPerVerdict); ++i) {
      page_.Raw("<li><code>")
          .Text(issues[i].path)
          .Raw("</code> ")
          .Text(std::string(issues[i].status.message()))
          .Raw("</li>\n");
    }
    if (issues.size() > kMaxListedPerVerdict) {
      page_.Raw("<li>and ").Count(ToCount(issues.size() - kMaxListedPerVerdict)).Raw(" more</li>\n");
    }
    page_.Raw("</ul>\n</section>\n");
  }

  // The files whose verdicts are of this concern, each with its reason; nothing where there are none.
  void Section(Markup id, Markup heading, Concern concern) {
    if (report_.counts.Of(concern) == 0) return;
    page_.Raw("<section aria-labelledby=\"").Raw(id).Raw("\">\n<h2 id=\"").Raw(id).Raw("\">");
    page_.Raw(heading).Raw("</h2>\n");
    ByExposure(concern);
    for (const Verdict verdict : kGravestFirst) {
      if (ConcernOf(verdict) == concern && !RowsOf(verdict).empty()) FilesOf(verdict);
    }
    page_.Raw("</section>\n");
  }

  // In the order of the report; files of one exposure and one verdict that lie apart are brought together.
  std::vector<ExposureProblem> ProblemsOf(Concern concern) {
    std::vector<ExposureProblem> problems;
    absl::flat_hash_map<std::pair<std::string_view, Verdict>, std::size_t> places;
    for (const Verdict verdict : kGravestFirst) {
      if (ConcernOf(verdict) != concern) continue;
      for (const std::uint32_t row : RowsOf(verdict)) {
        const FileRow file = files_[row];
        const std::string_view exposure = file.obs_id.empty() ? FolderPrefixOf(file.path) : file.obs_id;
        const auto [place, is_new] = places.try_emplace(std::pair(exposure, verdict), problems.size());
        if (is_new) problems.push_back({.exposure = exposure, .verdict = verdict, .first_row = row});
        ExposureProblem& problem = problems[place->second];
        ++problem.files;
        if (!file.detector.empty() &&
            (problem.detectors.empty() || problem.detectors.back() != file.detector)) {
          problem.detectors.push_back(file.detector);
        }
      }
    }
    return problems;
  }

  void ByExposure(Concern concern) {
    std::vector<ExposureProblem> problems = ProblemsOf(concern);
    std::ranges::stable_sort(problems, {}, &ExposureProblem::exposure);
    page_
        .Raw(
            "<table class=\"exposures\">\n<caption class=\"quiet\">By exposure</caption>\n<thead><tr><th "
            "scope=\"col\">")
        .Raw(
            "Exposure</th><th scope=\"col\">Verdict</th><th scope=\"col\">Files</th><th "
            "scope=\"col\">Detectors</th>")
        .Raw("<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    std::size_t listed = std::min(problems.size(), kMaxListedExposures);
    // An exposure has a row for each verdict: the last one is listed whole.
    while (listed > 0 && listed < problems.size() &&
           problems[listed].exposure == problems[listed - 1].exposure) {
      ++listed;
    }
    for (std::size_t i = 0; i < listed; ++i) ExposureRow(problems[i]);
    page_.Raw("</tbody>\n</table>\n");
    if (problems.size() > listed) {
      std::int64_t more = 0;
      for (std::size_t i = listed; i < problems.size(); ++i) {
        if (problems[i].exposure != problems[i - 1].exposure) ++more;
      }
      page_.Raw("<p>And ").Text(CountOf(more, "more exposure", "more exposures")).Raw(".</p>\n");
    }
  }

  void ExposureRow(const ExposureProblem& problem) {
    page_.Raw("<tr><th scope=\"row\">");
    const FileRow first = files_[problem.first_row];
    if (data_.empty() || first.obs_id.empty()) {
      page_.Text(problem.exposure.empty() ? "\u2013" : problem.exposure);
    } else {
      page_.Raw("<a href=\"#exposure=").Link(problem.exposure).Raw("&amp;verdict=");
      page_.Link(VerdictName(problem.verdict)).Raw("\">").Text(problem.exposure).Raw("</a>");
    }
    page_.Raw("</th><td>");
    VerdictBadge(problem.verdict, page_);
    page_.Raw("</td><td>").Count(problem.files).Raw("</td><td>");
    page_.Text(problem.detectors.empty() ? "\u2013" : DetectorsInWords(problem.detectors));
    page_.Raw("</td><td>").Text(LastingReason(first, report_.as_of));
    if (problem.files > 1) page_.Raw(" <small>(the first of them)</small>");
    page_.Raw("</td></tr>\n");
  }

  void FilesOf(Verdict verdict) {
    const Rows& rows = RowsOf(verdict);
    const std::size_t listed = std::min(rows.size(), kMaxListedPerVerdict);
    page_.Raw(rows.size() <= kMaxOpenFiles ? Markup("<details open>") : Markup("<details>"));
    page_.Raw("<summary><h3>");
    VerdictBadge(verdict, page_);
    page_.Raw(" <small>").Text(CountOf(ToCount(rows.size()), "file", "files"));
    page_.Raw("</small></h3></summary>\n<table class=\"reasons\">\n<caption class=\"quiet\">Files: ");
    page_.Text(VerdictLabel(verdict));
    page_.Raw(
        "</caption>\n<thead><tr><th scope=\"col\">File</th><th scope=\"col\">File size</th>"
        "<th scope=\"col\">Created</th><th scope=\"col\">Why</th></tr></thead>\n");
    for (std::size_t at = 0; at < listed;) at = FolderGroup(rows, at, listed);
    page_.Raw("</table>\n");
    if (rows.size() > listed) Rest(verdict, rows, listed);
    page_.Raw("</details>\n");
  }

  // Writes the files from rows[at] on that share its folder; returns where the next folder begins. A folder
  // with one file needs no line of its own.
  std::size_t FolderGroup(const Rows& rows, std::size_t at, std::size_t end) {
    const std::string_view folder = FolderPrefixOf(files_[rows[at]].path);
    std::size_t next = at + 1;
    while (next < end && FolderPrefixOf(files_[rows[next]].path) == folder) ++next;
    std::size_t all = next;  // with those that are no longer listed
    while (all < rows.size() && FolderPrefixOf(files_[rows[all]].path) == folder) ++all;
    page_.Raw("<tbody>\n");
    const bool has_line = next - at > 1;
    if (has_line) {
      page_.Raw("<tr class=\"folder\"><th scope=\"rowgroup\" colspan=\"4\"><code>")
          .Text(folder)
          .Raw("</code> ")
          .Text(CountOf(ToCount(all - at), "file", "files"))
          .Raw("</th></tr>\n");
    }
    for (std::size_t i = at; i < next; ++i) ReasonRow(files_[rows[i]], has_line);
    page_.Raw("</tbody>\n");
    return next;
  }

  void ReasonRow(const FileRow& file, bool below_its_folder) {
    page_.Raw("<tr><th scope=\"row\">");
    if (below_its_folder) {
      page_.Text(NameOf(file.path));
    } else {
      Path(file.path);
    }
    RegistryOnlyTag(file);
    page_.Raw("</th><td>").Size(file.size_bytes).Raw("</td><td>");
    page_.Time(file.creation_time).Raw("</td><td>").Text(LastingReason(file, report_.as_of));
    page_.Raw("</td></tr>\n");
  }

  // The folder recedes, and a line breaks rather after it than within a name. An absent path is a dash.
  void Path(std::string_view path) {
    if (path.empty()) {
      page_.Raw("\u2013");
    } else {
      page_.Raw("<span>").Text(FolderPrefixOf(path)).Raw("</span>").Text(NameOf(path));
    }
  }

  void RegistryOnlyTag(const FileRow& file) {
    if (file.expected_since) {
      page_.Raw(" <em class=\"tag\">not there</em>");
    } else if (!file.in_storage) {
      page_.Raw(" <em class=\"tag\">registry only</em>");
    }
  }

  void Rest(Verdict verdict, const Rows& rows, std::size_t from) {
    std::vector<FolderCounts> folders;
    for (std::size_t i = from; i < rows.size(); ++i) AddTo(folders, files_[rows[i]]);
    page_.Raw("<p>And ")
        .Count(ToCount(rows.size() - from))
        .Raw(" more, counted by folder; ")
        .Raw("<code>obsmon night ")
        .Text(report_.night.ToString())
        .Raw(" \u2026 --verdict ")
        .Text(VerdictName(verdict))
        .Raw(" --format csv</code> lists them all.</p>\n");
    FolderTable(folders, "Files that are not listed above, by folder");
  }

  void AllFiles() {
    if (files_.empty()) return;
    page_.Raw("<section aria-labelledby=\"files\">\n<h2 id=\"files\">All files</h2>\n<div id=\"list\">\n");
    if (files_.size() > kMaxListedFiles) {
      AllFolders();
    } else {
      FileTable();
    }
    page_.Raw("</div>\n</section>\n");
  }

  void AllFolders() {
    std::vector<FolderCounts> folders;
    // Of the most, those in storage, three columns tell what is asked; a whole row would be made of ten.
    const TransferTable& stored = report_.evidence.transfers;
    for (std::size_t row = 0; row < stored.size(); ++row) {
      AddTo(folders, stored.path()[row], stored.size_bytes()[row], report_.match.verdict[row]);
    }
    for (std::size_t row = stored.size(); row < files_.size(); ++row) AddTo(folders, files_[row]);
    page_.Raw("<p>")
        .Text(CountOf(ToCount(files_.size()), "file", "files"))
        .Raw(" are too many for one page, so they are counted by folder here; ")
        .Raw("<code>obsmon night ")
        .Text(report_.night.ToString())
        .Raw(" \u2026 --format csv</code> lists each of them.</p>\n");
    FolderTable(folders, "All files, by folder");
  }

  void FolderTable(const std::vector<FolderCounts>& folders, Markup caption) {
    std::array<std::int64_t, kNumVerdicts> sums{};
    for (const FolderCounts& folder : folders) {
      for (std::size_t v = 0; v < kNumVerdicts; ++v) sums[v] += folder.by_verdict[v];
    }
    page_.Raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table of folders\">")
        .Raw("<table class=\"folders\">\n<caption>")
        .Raw(caption)
        .Raw("</caption>\n<thead><tr><th scope=\"col\">Folder</th><th scope=\"col\">Files</th>")
        .Raw("<th scope=\"col\">Size</th>");
    for (const Verdict verdict : kAllVerdicts) {
      if (sums[static_cast<std::size_t>(verdict)] == 0) continue;
      page_.Raw("<th scope=\"col\">");
      VerdictBadge(verdict, page_);
      page_.Raw("</th>");
    }
    page_.Raw("</tr></thead>\n<tbody>\n");
    const std::size_t listed = std::min(folders.size(), kMaxListedFolders);
    for (std::size_t i = 0; i < listed; ++i) FolderRow(folders[i], sums);
    page_.Raw("</tbody>\n</table></div>\n");
    if (folders.size() > listed) {
      page_.Raw("<p>And ").Count(ToCount(folders.size() - listed)).Raw(" more folders.</p>\n");
    }
  }

  void FolderRow(const FolderCounts& folder, const std::array<std::int64_t, kNumVerdicts>& sums) {
    page_.Raw("<tr><th scope=\"row\">").Text(folder.folder).Raw("</th><td>").Count(folder.files);
    page_.Raw("</td><td>").Size(folder.bytes).Raw("</td>");
    for (std::size_t v = 0; v < kNumVerdicts; ++v) {
      if (sums[v] == 0) continue;
      const bool bad = folder.by_verdict[v] > 0 && ConcernOf(kAllVerdicts[v]) == Concern::kAttention;
      page_.Raw(bad ? Markup("<td class=\"bad\">") : Markup("<td>"));
      page_.Count(folder.by_verdict[v]).Raw("</td>");
    }
    page_.Raw("</tr>\n");
  }

  // The prototype's columns under the prototype's names, and the verdict.
  void FileTable() {
    page_.Raw(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table of all files\">"
        "<table class=\"files\">\n<caption>");
    page_.Text(CountOf(ToCount(files_.size()), "file", "files"));
    page_.Raw(
        ", in the order of their folders</caption>\n<thead><tr><th scope=\"col\">Transfer path</th>"
        "<th scope=\"col\">File size</th><th scope=\"col\">Creation time</th>"
        "<th scope=\"col\">Ingest path</th><th scope=\"col\">Ingest time</th>"
        "<th scope=\"col\">Delta time</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
    for (const FileRow& file : files_) FileTableRow(file);
    page_.Raw("</tbody>\n</table></div>\n");
  }

  void FileTableRow(const FileRow& file) {
    page_.Raw("<tr><th scope=row>");
    Path(file.path);
    RegistryOnlyTag(file);
    page_.Raw("</th><td>").Size(file.size_bytes).Raw("</td><td>").Time(file.creation_time).Raw("</td><td>");
    Path(file.ingest_path);
    if (file.ingest_night && *file.ingest_night != report_.night) {
      page_.Raw(" <em class=\"tag\">under ").Text(file.ingest_night->ToString()).Raw("</em>");
    }
    page_.Raw("</td><td>").Time(file.ingest_time).Raw("</td><td>").Span(Delta(file));
    page_.Raw("</td><td class=\"v-").Text(VerdictName(file.verdict)).Raw("\">");
    page_.Text(VerdictLabel(file.verdict)).Raw("</td></tr>\n");
  }

  static std::optional<std::chrono::nanoseconds> Delta(const FileRow& file) {
    if (!file.ingest_time || !file.creation_time) return std::nullopt;
    return *file.ingest_time - *file.creation_time;
  }

  static std::int64_t ToCount(std::size_t n) { return static_cast<std::int64_t>(n); }

  const NightReport& report_;
  std::string_view data_;
  const NightReport::Files files_;
  std::array<Rows, kNumVerdicts> rows_{};  // of the verdicts that are listed with their reasons
  Html page_;
};

}  // namespace

std::string NightPageName(Night night) { return night.ToString() + ".html"; }

std::string RenderNightPage(const NightReport& report) { return NightPage(report, "").Render(); }

NightPages RenderNight(const NightReport& report, std::string_view second_name) {
  NightPages pages{.night = report.night, .second_name = std::string(second_name)};
  pages.data = MakeNightData(report);
  pages.page = {.name = NightPageName(report.night),
                .contents = NightPage(report, pages.data.front().name).Render()};
  return pages;
}

}  // namespace obsmon
