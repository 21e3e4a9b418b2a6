#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "export/export_parts.h"
#include "obsmon/export.h"
#include "report/night_bins.h"
#include "report/night_in_words.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

void AppendCodeUnit(std::uint32_t unit, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

// The contents of a JSON string. What would act on a terminal is escaped too: a reader gets the same text
// back, and `less` shows no harm.
void AppendJsonText(std::string_view utf8, std::string& out) {
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t length = Utf8Length(utf8, at);
    const char32_t c = DecodeUtf8(utf8, at, length);
    if (c == U'"' || c == U'\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (ActsOnDisplay(c)) {
      AppendCodeUnit(static_cast<std::uint32_t>(c), out);  // all of these are below U+10000
    } else {
      out += utf8.substr(at, length);
    }
    at += length;
  }
}

// One JSON object on one line, member by member.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  void End() { out_ += '}'; }

  void Text(std::string_view key, std::string_view text) {
    Key(key);
    out_ += '"';
    if (std::ranges::all_of(text, IsPlainInQuotes)) {
      out_ += text;
    } else {
      AppendJsonText(IsUtf8(text) ? std::string(text) : EscapeInvalidUtf8(text), out_);
    }
    out_ += '"';
  }
  void TextOrNull(std::string_view key, std::string_view text) {
    if (text.empty()) return Null(key);
    Text(key, text);
  }
  // A member `key`_hex has the bytes of a path that is no UTF-8; other paths need none.
  void Path(std::string_view key, std::string_view path) {
    TextOrNull(key, path);
    if (!IsUtf8(path)) Text(fmt::format("{}_hex", key), HexBytes(path));
  }
  void Integer(std::string_view key, const std::optional<std::int64_t>& value) {
    if (!value) return Null(key);
    Key(key);
    fmt::format_to(std::back_inserter(out_), "{}", *value);
  }
  void Boolean(std::string_view key, bool value) {
    Key(key);
    out_ += value ? "true" : "false";
  }
  void Time(std::string_view key, const std::optional<UtcTime>& time) {
    if (!time) return Null(key);
    Text(key, FormatUtcNanos(*time));
  }
  void Seconds(std::string_view key, const std::optional<std::chrono::nanoseconds>& span) {
    if (!span) return Null(key);
    Key(key);
    AppendSeconds(*span, out_);
  }
  /// `value` is JSON itself.
  void Json(std::string_view key, std::string_view value) {
    Key(key);
    out_ += value;
  }
  void Null(std::string_view key) {
    Key(key);
    out_ += "null";
  }

 private:
  // Keys are words of ours; there is nothing in them to escape.
  void Key(std::string_view key) {
    if (out_.back() != '{') out_ += ", ";
    out_ += '"';
    out_ += key;
    out_ += "\": ";
  }
  std::string& out_;
};

// Of a NightCounts or an ExposureSummary.
template <typename Counts>
std::string CountsObject(const Counts& counts) {
  std::string out;
  JsonObject object(out);
  object.Integer("files", counts.files);
  for (const Verdict verdict : kAllVerdicts) object.Integer(VerdictName(verdict), counts[verdict]);
  object.End();
  return out;
}

std::string LatestObject(const NightCounts& counts) {
  std::string out;
  JsonObject object(out);
  object.Time("created", counts.last_creation);
  object.Time("arrived", counts.last_arrival);
  object.Time("ingested", counts.last_ingest);
  object.End();
  return out;
}

std::string SpanObject(const LatencySummary& latency) {
  const auto span = [&latency](std::chrono::nanoseconds value) {
    return latency.files > 0 ? std::optional(value) : std::nullopt;
  };
  std::string out;
  JsonObject object(out);
  object.Integer("files", latency.files);
  object.Integer("negative", latency.negative);
  object.Seconds("min", span(latency.min));
  object.Seconds("p50", span(latency.p50));
  object.Seconds("p95", span(latency.p95));
  object.Seconds("max", span(latency.max));
  object.End();
  return out;
}

std::string LatencyObject(const Latencies& latency) {
  std::string out;
  for (const LatencyKind& kind : kLatencyKinds) {
    out += fmt::format("{}\"{}\": {}", out.empty() ? "{" : ", ", kind.name, SpanObject(latency.*kind.of));
  }
  return out + '}';
}

std::string RegistryObject(const absl::Status& status) {
  std::string out;
  JsonObject object(out);
  object.Boolean("readable", status.ok());
  object.TextOrNull("trouble", std::string(status.message()));
  object.End();
  return out;
}

std::string VerdictArray(std::span<const Verdict> verdicts) {
  if (verdicts.empty()) return "null";
  std::string out = "[";
  for (const Verdict verdict : verdicts) {
    if (out.size() > 1) out += ", ";
    out += fmt::format("\"{}\"", VerdictName(verdict));
  }
  return out + "]";
}

void AppendIssue(const ScanIssue& issue, std::string& out) {
  JsonObject object(out);
  object.Path("path", issue.path);
  object.Text("trouble", std::string(issue.status.message()));
  object.Boolean("may_hide_files", HidesFiles(issue));
  object.End();
}

// The members of a file, the same in every form.
void AddFile(const FileRow& file, UtcTime as_of, JsonObject& object) {
  object.Path("path", file.path);
  object.TextOrNull("obs_id", file.obs_id);
  object.TextOrNull("detector", file.detector);
  object.Text("verdict", VerdictName(file.verdict));
  object.Text("reason", Reason(file, as_of));
  object.Boolean("in_storage", file.in_storage);
  object.Integer("size_bytes", file.size_bytes);
  object.Time("created", file.creation_time);
  object.Time("arrived", file.arrival_time);
  object.Path("ingest_path", file.ingest_path);
  object.TextOrNull("ingest_night", file.ingest_night ? file.ingest_night->ToString() : std::string());
  object.Time("ingested", file.ingest_time);
  object.Seconds("delta_seconds", DeltaOf(file));
  object.TextOrNull("match", MatchBasisName(file.basis));
  object.TextOrNull("message", file.message);
  object.Time("expected_since", file.expected_since);
}

// An array with each of its elements on a line of its own, so that the text can be searched and compared by
// lines. Holds one element at a time.
class LineArray {
 public:
  LineArray(std::string_view key, std::ostream& out) : out_(out) { out_ << ",\n\"" << key << "\": ["; }
  /// The buffer for the next element.
  std::string& Next() {
    element_ = first_ ? "\n" : ",\n";
    first_ = false;
    return element_;
  }
  void Write() { out_.write(element_.data(), static_cast<std::streamsize>(element_.size())); }
  void End() { out_ << (first_ ? "]" : "\n]"); }

 private:
  std::ostream& out_;
  std::string element_;
  bool first_ = true;
};

void WriteHead(const NightReport& report, std::ostream& out) {
  std::string head;
  JsonObject object(head);
  object.Integer("schema", kExportSchema);
  object.Text("stream", report.stream);
  object.Text("night", report.night.ToString());
  object.Time("as_of", report.as_of);
  object.Text("state", NightStateName(report.state));
  object.Text("summary", NightInWords(FactsOf(report)));
  out << head << ",\n\"counts\": " << CountsObject(report.counts)
      << ",\n\"latest\": " << LatestObject(report.counts)
      << ",\n\"latency_seconds\": " << LatencyObject(report.latency)
      << ",\n\"registry\": " << RegistryObject(report.evidence.registry_status);
}

void WriteExposures(const NightReport& report, std::ostream& out) {
  out << fmt::format(",\n\"exposures\": {{\"all\": {}, \"without_manifest\": {}", report.counts.exposures,
                     report.counts.without_manifest);
  LineArray each("each", out);
  for (const ExposureSummary& exposure : report.exposures) {
    JsonObject object(each.Next());
    object.Text("obs_id", exposure.obs_id);
    object.Text("manifest", ManifestStateName(exposure.manifest));
    object.Json("counts", CountsObject(exposure));
    object.Time("first_created", exposure.first_creation);
    object.Time("last_arrived", exposure.last_arrival);
    object.Json("latency_seconds", LatencyObject(exposure.latency));
    object.End();
    each.Write();
  }
  each.End();
  out << '}';
}

void WriteThroughTheNight(const NightReport& report, std::ostream& out) {
  const CreatedElsewhere elsewhere = CreatedElsewhereOf(report);
  std::string created;
  JsonObject object(created);
  object.Integer("files", elsewhere.files);
  object.Time("earliest", elsewhere.files > 0 ? std::optional(elsewhere.earliest) : std::nullopt);
  object.Time("latest", elsewhere.files > 0 ? std::optional(elsewhere.latest) : std::nullopt);
  object.End();
  out << ",\n\"created_elsewhere\": " << created;
  const NightBins night = BinsOf(report);
  LineArray bins("through_the_night", out);
  for (std::size_t bin = 0; bin < kNightBins && !night.empty(); ++bin) {
    JsonObject one(bins.Next());
    one.Time("begin", night.bins[bin].begin);
    one.Time("end", night.EndOf(bin));
    one.Integer("arrived", night.bins[bin].arrived);
    one.Integer("ingested", night.bins[bin].ingested);
    one.Json("creation_to_ingest_seconds", SpanObject(night.bins[bin].creation_to_ingest));
    one.End();
    bins.Write();
  }
  bins.End();
}

}  // namespace

void WriteJson(const NightReport& report, std::ostream& out, const ExportOptions& options) {
  WriteHead(report, out);
  WriteExposures(report, out);
  WriteThroughTheNight(report, out);
  LineArray issues("issues", out);
  for (const ScanIssue& issue : report.evidence.issues) {
    AppendIssue(issue, issues.Next());
    issues.Write();
  }
  issues.End();
  out << ",\n\"only_verdicts\": " << VerdictArray(options.verdicts);
  const WantedVerdicts wanted(options);
  LineArray files("files", out);
  for (const FileRow& file : report.files()) {
    if (!wanted.Has(file.verdict)) continue;
    JsonObject object(files.Next());
    AddFile(file, report.as_of, object);
    object.End();
    files.Write();
  }
  files.End();
  out << "}\n";
}

void WriteJsonLines(const NightReport& report, std::ostream& out, const ExportOptions& options) {
  const WantedVerdicts wanted(options);
  const std::string night = report.night.ToString();
  std::string line;
  for (const FileRow& file : report.files()) {
    if (!wanted.Has(file.verdict)) continue;
    line.clear();
    JsonObject object(line);
    object.Integer("schema", kExportSchema);
    object.Text("stream", report.stream);
    object.Text("night", night);
    AddFile(file, report.as_of, object);
    object.End();
    line += '\n';
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
  }
}

}  // namespace obsmon
