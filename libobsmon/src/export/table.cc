#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "export/export_parts.h"
#include "obsmon/export.h"
#include "report/night_bins.h"
#include "report/night_in_words.h"
#include "text/human.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

// One name longer than this does not push all reasons off the screen.
constexpr std::size_t kMaxAlignedPath = 80;
constexpr std::size_t kVerdictWidth = 13;
constexpr std::size_t kNumberWidth = 10;
constexpr std::size_t kLabelWidth = 21;
// A terminal is no place for a thousand of them; JSON has all.
constexpr std::size_t kMaxIssues = 20;

std::string PadRight(std::string text, std::size_t width) {
  const std::size_t taken = DisplayWidth(text);
  if (taken < width) text.append(width - taken, ' ');
  return text;
}

std::string PadLeft(const std::string& text, std::size_t width) {
  const std::size_t taken = DisplayWidth(text);
  return taken < width ? std::string(width - taken, ' ') + text : text;
}

std::string_view AnsiColor(Concern concern) {
  switch (concern) {
    case Concern::kNone:
      return "\x1b[32m";
    case Concern::kWait:
      return "\x1b[36m";
    case Concern::kAttention:
      return "\x1b[1;31m";
    case Concern::kUnknown:
      return "\x1b[33m";
  }
  return "";
}

Concern ConcernOf(NightState state) {
  switch (state) {
    case NightState::kComplete:
      return Concern::kNone;
    case NightState::kInProgress:
      return Concern::kWait;
    case NightState::kNeedsAttention:
      return Concern::kAttention;
    case NightState::kUnknown:
      return Concern::kUnknown;
  }
  return Concern::kUnknown;
}

class TableWriter {
 public:
  TableWriter(const NightReport& report, std::ostream& out, const ExportOptions& options)
      : report_(report),
        out_(out),
        color_(options.color),
        wanted_(options),
        only_problems_(options.verdicts.empty()) {}

  void Write() {
    Title();
    Troubles();
    Counts();
    Times();
    Files();
  }

 private:
  void Title() {
    const NightFacts night = FactsOf(report_);
    if (!report_.stream.empty()) out_ << EscapeForDisplay(report_.stream) << ", ";
    out_ << "night of " << report_.night.ToString() << ", as found at " << HumanTime(report_.as_of) << '\n';
    out_ << Colored(std::string(NightHeadline(night)), ConcernOf(night.state));
    if (const std::string detail = NightDetail(night); !detail.empty()) out_ << ": " << detail;
    out_ << '\n';
  }

  void Troubles() {
    const absl::Status& registry = report_.evidence.registry_status;
    if (!registry.ok()) {
      out_ << "Registry: " << EscapeForDisplay(std::string(registry.message())) << '\n';
    }
    const std::vector<ScanIssue>& issues = report_.evidence.issues;
    if (issues.empty()) return;
    out_ << "\nCould not be read\n";
    for (std::size_t i = 0; i < std::min(issues.size(), kMaxIssues); ++i) {
      out_ << "  " << EscapeForDisplay(issues[i].path) << ": "
           << EscapeForDisplay(std::string(issues[i].status.message())) << '\n';
    }
    if (issues.size() > kMaxIssues) {
      out_ << "  and " << issues.size() - kMaxIssues << " more; --format json lists them all\n";
    }
  }

  void Counts() {
    out_ << '\n' << PadRight("Verdict", kVerdictWidth) << PadLeft("files", kNumberWidth);
    out_ << PadLeft("share", kNumberWidth) << '\n';
    for (const Verdict verdict : kAllVerdicts) {
      const std::int64_t count = report_.counts[verdict];
      if (count == 0 && verdict != Verdict::kIngested && verdict != Verdict::kNotIngested) continue;
      const std::string share = report_.counts.files == 0 ? "-" : HumanShare(count, report_.counts.files);
      out_ << Colored(PadRight(std::string(VerdictLabel(verdict)), kVerdictWidth),
                      count == 0 ? Concern::kNone : obsmon::ConcernOf(verdict))
           << PadLeft(HumanCount(count), kNumberWidth) << PadLeft(share, kNumberWidth) << '\n';
    }
    out_ << PadRight("all", kVerdictWidth) << PadLeft(HumanCount(report_.counts.files), kNumberWidth) << '\n';
  }

  void Times() {
    const NightCounts& counts = report_.counts;
    out_ << '\n';
    Time("Latest creation", counts.last_creation);
    Time("Latest arrival", counts.last_arrival);
    Time("Latest ingest", counts.last_ingest);
    if (const std::string manifests = ManifestsInWords(counts); !manifests.empty()) {
      out_ << PadRight("Exposures", kLabelWidth) << manifests << '\n';
    }
    Latency("Creation to arrival", report_.latency.creation_to_arrival);
    Latency("Arrival to ingest", report_.latency.arrival_to_ingest);
    Latency("Creation to ingest", report_.latency.creation_to_ingest);
    if (const std::string elsewhere = InWords(CreatedElsewhereOf(report_)); !elsewhere.empty()) {
      out_ << PadRight("Other times", kLabelWidth) << elsewhere << '\n';
    }
  }

  void Latency(std::string label, const LatencySummary& latency) {
    if (latency.files == 0) return;
    out_ << PadRight(std::move(label), kLabelWidth) << "half within " << HumanDuration(latency.p50)
         << ", 95 % within " << HumanDuration(latency.p95) << ", the longest " << HumanDuration(latency.max)
         << " (of " << CountOf(latency.files, "file", "files") << ")\n";
    if (latency.negative == 0) return;
    out_ << PadRight("", kLabelWidth) << WrongClockInWords(latency) << '\n';
  }

  void Time(std::string label, const std::optional<UtcTime>& time) {
    out_ << PadRight(std::move(label), kLabelWidth) << (time ? HumanTime(*time) : "-") << '\n';
  }

  bool IsShown(Verdict verdict) const {
    if (!only_problems_) return wanted_.Has(verdict);
    const Concern concern = obsmon::ConcernOf(verdict);
    return concern == Concern::kAttention || concern == Concern::kWait;
  }

  void Files() {
    std::size_t path_width = 4;
    for (const FileRow& file : report_.files()) {
      if (IsShown(file.verdict)) path_width = std::max(path_width, DisplayWidth(PathOf(file)));
    }
    path_width = std::min(path_width, kMaxAlignedPath);
    bool has_heading = false;
    for (const Verdict verdict : kGravestFirst) {
      if (!IsShown(verdict) || report_.counts[verdict] == 0) continue;
      if (!has_heading) Heading(path_width);
      has_heading = true;
      for (const FileRow& file : report_.files()) {
        if (file.verdict == verdict) File(file, path_width);
      }
    }
  }

  void Heading(std::size_t path_width) {
    out_ << '\n'
         << PadRight("Verdict", kVerdictWidth) << PadLeft("size", kNumberWidth) << "  "
         << PadRight("File", path_width) << "  Why\n";
  }

  void File(const FileRow& file, std::size_t path_width) {
    out_ << Colored(PadRight(std::string(VerdictLabel(file.verdict)), kVerdictWidth),
                    obsmon::ConcernOf(file.verdict))
         << PadLeft(file.size_bytes ? HumanSize(*file.size_bytes) : "-", kNumberWidth) << "  "
         << PadRight(PathOf(file), path_width) << "  " << EscapeForDisplay(Reason(file, report_.as_of))
         << '\n';
  }

  static std::string PathOf(const FileRow& file) {
    return EscapeForDisplay(file.path) + std::string(file.in_storage       ? ""
                                                     : file.expected_since ? " (not there)"
                                                                           : " (registry only)");
  }

  std::string Colored(std::string text, Concern concern) const {
    return color_ ? fmt::format("{}{}\x1b[0m", AnsiColor(concern), text) : text;
  }

  const NightReport& report_;
  std::ostream& out_;
  const bool color_;
  const WantedVerdicts wanted_;
  const bool only_problems_;
};

}  // namespace

void WriteTable(const NightReport& report, std::ostream& out, const ExportOptions& options) {
  TableWriter(report, out, options).Write();
}

}  // namespace obsmon
