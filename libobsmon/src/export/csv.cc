#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "export/export_parts.h"
#include "obsmon/export.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

constexpr std::string_view kHeaderLine =
    "night,path,obs_id,detector,verdict,reason,in_storage,size_bytes,created,arrived,ingest_path,ingest_"
    "night,ingested,"
    "delta_seconds,match,message,expected_since,path_hex,ingest_path_hex\n";

bool NeedsQuotes(char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; }

// A spreadsheet would run a text that begins so.
bool LooksLikeFormula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

// One line of a CSV file, cell by cell.
class CsvLine {
 public:
  explicit CsvLine(std::string& out) : out_(out) { out_.clear(); }
  void End() { out_ += '\n'; }

  void Text(std::string_view text) {
    Separate();
    const bool quoted = std::ranges::any_of(text, NeedsQuotes);
    if (quoted) out_ += '"';
    if (LooksLikeFormula(text)) out_ += '\'';
    // A quotation mark ends a piece and begins the next, so that it stands there twice.
    for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"')) {
      out_ += text.substr(0, at + 1);
      out_ += '"';
      text.remove_prefix(at + 1);
    }
    out_ += text;
    if (quoted) out_ += '"';
  }
  void Path(std::string_view path) { Text(IsUtf8(path) ? std::string(path) : EscapeInvalidUtf8(path)); }
  void Hex(std::string_view path) { Text(IsUtf8(path) ? std::string() : HexBytes(path)); }
  void Time(const std::optional<UtcTime>& time) { Text(time ? FormatUtcNanos(*time) : std::string()); }
  // Numbers are no texts: a minus sign is no formula.
  void Integer(const std::optional<std::int64_t>& value) {
    Separate();
    if (value) fmt::format_to(std::back_inserter(out_), "{}", *value);
  }
  void Seconds(const std::optional<std::chrono::nanoseconds>& span) {
    Separate();
    if (span) AppendSeconds(*span, out_);
  }

 private:
  void Separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

void FileLine(const NightReport& report, const FileRow& file, std::string& line) {
  CsvLine csv(line);
  csv.Text(report.night.ToString());
  csv.Path(file.path);
  csv.Text(file.obs_id);
  csv.Text(file.detector);
  csv.Text(VerdictName(file.verdict));
  csv.Path(Reason(file, report.as_of));
  csv.Text(file.in_storage ? "true" : "false");
  csv.Integer(file.size_bytes);
  csv.Time(file.creation_time);
  csv.Time(file.arrival_time);
  csv.Path(file.ingest_path);
  csv.Text(file.ingest_night ? file.ingest_night->ToString() : std::string());
  csv.Time(file.ingest_time);
  csv.Seconds(DeltaOf(file));
  csv.Text(MatchBasisName(file.basis));
  csv.Path(file.message);
  csv.Time(file.expected_since);
  csv.Hex(file.path);
  csv.Hex(file.ingest_path);
  csv.End();
}

}  // namespace

void WriteCsv(const NightReport& report, std::ostream& out, const ExportOptions& options) {
  const WantedVerdicts wanted(options);
  out << kHeaderLine;
  std::string line;
  for (const FileRow& file : report.files()) {
    if (!wanted.Has(file.verdict)) continue;
    FileLine(report, file, line);
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
  }
}

}  // namespace obsmon
