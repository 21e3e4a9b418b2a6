#include "pages/night_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "pages/js_text.h"
#include "pages/name_table.h"
#include "text/digest.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// Rows of one data file: some 400 kB, which a browser takes in within a frame or two.
constexpr std::size_t kRowsAChunk = 32'768;
// Up to so many, one file holds all.
constexpr std::size_t kRowsInOneFile = 16'384;

// Numbers one below the other, each as its difference to the last that there was; '!' is none.
class Column {
 public:
  void Add(const std::optional<std::int64_t>& value) {
    if (!value) {
      text_ += '!';
      return;
    }
    AppendVlq(*value - last_, text_);
    last_ = *value;
  }
  void Add(const std::optional<UtcTime>& time) {
    Add(time ? std::optional(Milliseconds(*time)) : std::nullopt);
  }
  void Write(std::string_view key, std::string& out) const {
    fmt::format_to(std::back_inserter(out), "{}:\"{}\",\n", key, text_);
  }

 private:
  std::string text_;
  std::int64_t last_ = 0;
};

// What few rows have, by row.
class Sparse {
 public:
  void Add(std::size_t row, std::string_view value) {
    fmt::format_to(std::back_inserter(text_), "{}:", row);
    AppendJsString(value, text_);
    text_ += ',';
  }
  void Write(std::string_view key, std::string& out) const {
    fmt::format_to(std::back_inserter(out), "{}:{{{}}},\n", key,
                   std::string_view(text_).substr(0, text_.size() - (text_.empty() ? 0 : 1)));
  }

 private:
  std::string text_;
};

// Sizes, times and datasets of some rows.
class Chunk {
 public:
  Chunk(Night night, std::size_t first) : night_(night), first_(first) {}

  void Add(const FileRow& file) {
    const std::size_t row = first_ + rows_++;
    size_.Add(file.size_bytes);
    created_.Add(file.creation_time);
    arrived_.Add(file.arrival_time);
    ingested_.Add(file.ingest_time);
    datasets_.Add({.path = file.ingest_path});
    if (!file.message.empty()) messages_.Add(row, file.message);
    if (file.ingest_night && *file.ingest_night != night_) under_.Add(row, file.ingest_night->ToString());
  }
  std::size_t rows() const { return rows_; }

  std::string Script() {
    std::string out;
    out.reserve(rows_ * 16);
    fmt::format_to(std::back_inserter(out), "obsmon.chunk({{first:{},rows:{},\n", first_, rows_);
    size_.Write("size", out);
    created_.Write("created", out);
    arrived_.Write("arrived", out);
    ingested_.Write("ingested", out);
    messages_.Write("messages", out);
    under_.Write("under", out);
    out += "datasets:{";
    datasets_.Write(out);
    out += "}});\n";
    return out;
  }

 private:
  Night night_;
  std::size_t first_;
  std::size_t rows_ = 0;
  Column size_, created_, arrived_, ingested_;
  NameTable datasets_;
  Sparse messages_, under_;
};

// Texts in the order in which they first come, and their places.
class Dictionary {
 public:
  std::int32_t PlaceOf(std::string_view text) {
    if (text.empty()) return NameTable::kNone;
    if (!texts_.empty() && text == last_) return last_place_;
    last_ = text;
    const auto [found, is_new] = places_.try_emplace(text, static_cast<std::int32_t>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return last_place_ = found->second;
  }
  void Write(std::string_view key, std::string& out) const {
    fmt::format_to(std::back_inserter(out), "{}:[", key);
    for (const std::string_view text : texts_) {
      AppendJsString(text, out);
      out += ',';
    }
    out += "],\n";
  }

 private:
  std::vector<std::string_view> texts_;
  absl::flat_hash_map<std::string_view, std::int32_t> places_;
  std::string_view last_{};
  std::int32_t last_place_ = NameTable::kNone;
};

// First rows and ends of runs of rows.
using RowRuns = std::vector<std::pair<std::size_t, std::size_t>>;

class NightData {
 public:
  explicit NightData(const NightReport& report) : report_(report) {}

  std::vector<PageFile> Make() && {
    const NightReport::Files files = report_.files();
    const bool in_one_file = files.size() <= kRowsInOneFile;
    Chunk chunk(report_.night, 0);
    for (std::size_t row = 0; row < files.size(); ++row) {
      if (!in_one_file && chunk.rows() == kRowsAChunk) {
        KeepApart(chunk);
        chunk = Chunk(report_.night, row);
      }
      const FileRow file = files[row];
      AddName(row, file);
      chunk.Add(file);
    }
    if (!in_one_file && chunk.rows() > 0) KeepApart(chunk);
    std::string script = Script(files.size());
    if (in_one_file) script += chunk.Script();
    files_.insert(files_.begin(), NamedByContents(std::move(script)));
    return std::move(files_);
  }

 private:
  void AddName(std::size_t row, const FileRow& file) {
    names_.Add({.path = file.path,
                .obs_id = file.obs_id,
                .exposure = exposures_.PlaceOf(file.obs_id),
                .detector = detectors_.PlaceOf(file.detector),
                .letter = static_cast<char>('a' + static_cast<int>(file.verdict))});
    if (file.expected_since) {
      AddTo(absent_, row);
    } else if (!file.in_storage) {
      AddTo(registry_only_, row);
    }
  }

  static void AddTo(RowRuns& runs, std::size_t row) {
    if (runs.empty() || runs.back().second != row) runs.emplace_back(row, row);
    runs.back().second = row + 1;
  }

  static void Write(std::string_view key, const RowRuns& runs, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{}:[", key);
    for (const auto& [first, end] : runs) fmt::format_to(std::back_inserter(out), "[{},{}],", first, end);
    out += "],\n";
  }

  PageFile NamedByContents(std::string contents) const {
    std::string name = fmt::format("{}/{}-{:016x}.js", kPageDataFolder, report_.night.ToString(),
                                   Digest().Add(contents).value());
    return {.name = std::move(name), .contents = std::move(contents)};
  }

  void KeepApart(Chunk& chunk) {
    files_.push_back(NamedByContents(chunk.Script()));
    fmt::format_to(std::back_inserter(chunks_), "[\"{}\",{}],", NameOf(files_.back().name), chunk.rows());
  }

  std::string Script(std::size_t rows) {
    std::string out;
    fmt::format_to(std::back_inserter(out), "obsmon.night({{night:\"{}\",asOf:{},rows:{},\nverdicts:[",
                   report_.night.ToString(), Milliseconds(report_.as_of), rows);
    for (const Verdict verdict : kAllVerdicts) {
      fmt::format_to(std::back_inserter(out), "[\"{}\",\"{}\",{}],", VerdictName(verdict),
                     VerdictLabel(verdict), static_cast<int>(ConcernOf(verdict)));
    }
    out += "],\n";
    exposures_.Write("exposures", out);
    detectors_.Write("detectors", out);
    names_.Write(out);
    Write("registryOnly", registry_only_, out);
    Write("absent", absent_, out);
    out += "chunks:[" + chunks_ + "]});\n";
    return out;
  }

  const NightReport& report_;
  Dictionary exposures_, detectors_;
  NameTable names_;
  RowRuns registry_only_;  // what only the registry knows
  RowRuns absent_;         // what is expected, and nowhere
  std::string chunks_;
  std::vector<PageFile> files_;
};

}  // namespace

std::vector<PageFile> MakeNightData(const NightReport& report) { return NightData(report).Make(); }

std::size_t NumDataFiles(std::size_t num_files) {
  return num_files <= kRowsInOneFile ? 1 : 1 + (num_files + kRowsAChunk - 1) / kRowsAChunk;
}

}  // namespace obsmon
