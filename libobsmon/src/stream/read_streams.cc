// streams.yaml. yaml-cpp's exceptions end here.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "files/small_file.h"
#include "obsmon/stream.h"
#include "status_macros.h"
#include "text/nearest.h"

namespace obsmon {
namespace {

constexpr std::array<std::string_view, 2> kTopKeys = {"defaults", "streams"};
// Keys that begin with one of these may be written as a map: `registry: {sql: …}` for `registry_sql: …`.
constexpr std::array<std::string_view, 2> kMaps = {"registry", "expected"};
constexpr std::array<std::string_view, 5> kRuleKeys = {"pattern", "detector", "observation_type", "missing",
                                                       "reason"};

/// Keeps where the document that was read last begins, and nothing else.
class DocumentStart final : public YAML::EventHandler {
 public:
  const YAML::Mark& place() const { return place_; }

  void OnDocumentStart(const YAML::Mark& mark) override { place_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  YAML::Mark place_;
};

/// Where the second document of `text` begins, if it has one. YAML::LoadAll would tell, but takes what is no
/// YAML for documents without end: yaml-cpp 0.7 never gets past a comma between them.
std::optional<YAML::Mark> SecondDocument(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStart start;
  if (!parser.HandleNextDocument(start) || !parser.HandleNextDocument(start)) return std::nullopt;
  return start.place();
}

/// Reads one file's nodes; carries what every message needs.
class StreamReader {
 public:
  explicit StreamReader(const std::filesystem::path& file)
      : file_(file), base_(AbsolutePath(file).parent_path()) {}

  absl::StatusOr<std::vector<StreamConfig>> Read(const std::string& text) const {
    const YAML::Node top = YAML::Load(text);
    if (!top.IsMap()) {
      return absl::InvalidArgumentError(
          fmt::format("{}: no list of streams; it must begin with 'streams:'", file_.native()));
    }
    if (const std::optional<YAML::Mark> second = SecondDocument(text)) {
      return Wrong(*second, "a second document; write all streams into one");
    }
    OBSMON_RETURN_IF_ERROR(CheckKeys(top, kTopKeys));
    StreamConfig defaults;
    if (const YAML::Node node = top["defaults"]) {
      OBSMON_RETURN_IF_ERROR(SetFields(node, defaults));
      if (const YAML::Node name = node["name"]) {
        return Wrong(name, "'name' belongs to one stream and can't be a default");
      }
    }
    const YAML::Node list = top["streams"];
    if (!list || !list.IsSequence() || list.size() == 0) {
      return Wrong(list ? list : top, "'streams' must be a list of at least one stream");
    }
    return ReadList(list, defaults);
  }

  absl::Status SyntaxError(const YAML::Exception& error) const {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: {}", file_.native(), error.mark.line + 1, error.msg));
  }

 private:
  absl::Status Wrong(const YAML::Mark& place, std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file_.native(), place.line + 1, what));
  }
  absl::Status Wrong(const YAML::Node& node, std::string_view what) const { return Wrong(node.Mark(), what); }

  static int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

  absl::StatusOr<std::vector<StreamConfig>> ReadList(const YAML::Node& list,
                                                     const StreamConfig& defaults) const {
    std::vector<StreamConfig> streams;
    std::vector<int> lines;
    for (const YAML::Node& node : list) {
      StreamConfig config = defaults;
      OBSMON_RETURN_IF_ERROR(SetFields(node, config));
      if (config.stream.name.empty()) config.stream.name = config.stream.DefaultName();
      OBSMON_RETURN_IF_ERROR(CheckFolders(node, config.stream));
      for (std::size_t i = 0; i < streams.size(); ++i) {
        OBSMON_RETURN_IF_ERROR(CheckDistinct(node, config.stream, streams[i].stream, lines[i]));
      }
      streams.push_back(std::move(config));
      lines.push_back(LineOf(node));
    }
    return streams;
  }

  absl::Status SetFields(const YAML::Node& node, StreamConfig& config) const {
    if (!node.IsMap()) return Wrong(node, "a stream must be written as 'key: value' lines");
    std::vector<std::string_view> known(StreamKeys().begin(), StreamKeys().end());
    known.insert(known.end(), kMaps.begin(), kMaps.end());
    OBSMON_RETURN_IF_ERROR(CheckKeys(node, known));
    for (const auto& entry : node) {
      const std::string& key = entry.first.Scalar();
      const bool is_map = std::ranges::find(kMaps, key) != kMaps.end();
      OBSMON_RETURN_IF_ERROR(is_map ? SetMap(entry.first, entry.second, config)
                                    : SetField(key, entry.first, entry.second, config));
    }
    // The same folder written in two ways is one folder. (A repository may be a label.)
    for (std::filesystem::path* folder :
         {&config.stream.input_dir, &config.stream.output_dir, &config.stream.storage, &config.stream.repo,
          &config.stream.pending_folder, &config.stream.bad_folder}) {
      if (folder->is_absolute()) *folder = AbsolutePath(*folder);
    }
    return absl::OkStatus();
  }

  // A list of rules, one a line.
  absl::StatusOr<std::string> TextOfMaps(const YAML::Node& key, const YAML::Node& list) const {
    std::string text;
    for (const YAML::Node& map : list) {
      if (!map.IsMap()) return Wrong(key, fmt::format("'{}' must list rules of 'key: value'", key.Scalar()));
      OBSMON_RETURN_IF_ERROR(CheckKeys(map, kRuleKeys));
      std::string rule(1, kMapSeparator);
      for (const auto& entry : map) {
        if (!entry.second.IsScalar()) {
          return Wrong(entry.second, fmt::format("'{}' must have one plain value", entry.first.Scalar()));
        }
        rule += fmt::format("{}={}{}", entry.first.Scalar(), entry.second.Scalar(), kMapSeparator);
      }
      std::ranges::replace(rule, '\n', ' ');
      text += rule + '\n';
    }
    return text;
  }

  // The value of a key as SetStreamField takes it.
  absl::StatusOr<std::string> TextOf(const std::string& name, const YAML::Node& key,
                                     const YAML::Node& value) const {
    if (value.IsScalar()) return value.Scalar();
    const StreamValue kind = StreamValueOf(name);
    if (kind == StreamValue::kMaps && value.IsSequence()) return TextOfMaps(key, value);
    std::vector<std::string> entries;
    if (kind == StreamValue::kList && value.IsSequence()) {
      for (const YAML::Node& entry : value) {
        if (!entry.IsScalar()) return Wrong(key, fmt::format("'{}' must list plain values", name));
        entries.push_back(entry.Scalar());
      }
    } else if (kind == StreamValue::kMap && value.IsMap()) {
      for (const auto& entry : value) {
        if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
          return Wrong(key, fmt::format("'{}' must map plain values to plain values", name));
        }
        entries.push_back(entry.first.Scalar() + "=" + entry.second.Scalar());
      }
    } else {
      return Wrong(key, fmt::format("'{}' must have one plain value", name));
    }
    return fmt::format("{}", fmt::join(entries, ","));
  }

  absl::Status SetField(const std::string& key, const YAML::Node& place, const YAML::Node& value,
                        StreamConfig& config) const {
    OBSMON_ASSIGN_OR_RETURN(const std::string text, TextOf(key, place, value));
    const absl::Status status = SetStreamField(key, text, base_, config);
    if (!status.ok()) return Wrong(place, fmt::format("{}: {}", key, std::string(status.message())));
    return absl::OkStatus();
  }

  absl::Status SetMap(const YAML::Node& place, const YAML::Node& map, StreamConfig& config) const {
    const std::string prefix = place.Scalar() + "_";
    if (!map.IsMap()) {
      return Wrong(place,
                   fmt::format("'{}' must be a map, such as {{sql: URI, query: SQL}}", place.Scalar()));
    }
    std::vector<std::string_view> known;
    for (const std::string_view key : StreamKeys()) {
      if (key.starts_with(prefix)) known.push_back(key.substr(prefix.size()));
    }
    OBSMON_RETURN_IF_ERROR(CheckKeys(map, known));
    for (const auto& entry : map) {
      OBSMON_RETURN_IF_ERROR(SetField(prefix + entry.first.Scalar(), entry.first, entry.second, config));
    }
    return absl::OkStatus();
  }

  /// Refuses keys that are not of `known`, and keys that come twice: YAML forbids the latter, but yaml-cpp
  /// keeps both.
  absl::Status CheckKeys(const YAML::Node& map, std::span<const std::string_view> known) const {
    std::vector<std::string_view> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return Wrong(entry.first, "a key must be a plain word");
      const std::string& key = entry.first.Scalar();
      if (std::ranges::find(known, key) == known.end()) {
        return Wrong(entry.first, fmt::format("no such key: '{}'{}", key, DidYouMean(key, known)));
      }
      if (std::ranges::find(seen, key) != seen.end()) {
        return Wrong(entry.first, fmt::format("'{}' is given twice", key));
      }
      seen.push_back(key);
    }
    return absl::OkStatus();
  }

  absl::Status CheckFolders(const YAML::Node& node, const Stream& stream) const {
    const auto missing = [&](std::string_view what) {
      const std::string named = stream.name.empty() ? "a stream" : fmt::format("stream '{}'", stream.name);
      return Wrong(node, fmt::format("{} has no {}", named, what));
    };
    if (stream.output_dir.empty()) return missing("output_dir");
    if (!CheckInputOf(stream).ok()) return missing("input_dir, nor both of storage and repo");
    return absl::OkStatus();
  }

  absl::Status CheckDistinct(const YAML::Node& node, const Stream& stream, const Stream& other,
                             int line_of_other) const {
    if (stream.name == other.name) {
      return Wrong(node,
                   fmt::format("the stream of line {} is named '{}' as well", line_of_other, stream.name));
    }
    if (WithoutLinks(stream.output_dir) == WithoutLinks(other.output_dir)) {
      return Wrong(node, fmt::format("stream '{}' of line {} has the output_dir {} as well", other.name,
                                     line_of_other, stream.output_dir.native()));
    }
    return absl::OkStatus();
  }

  std::filesystem::path file_;
  std::filesystem::path base_;
};

}  // namespace

absl::StatusOr<std::vector<StreamConfig>> ReadStreams(const std::filesystem::path& file) {
  OBSMON_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(file));
  try {
    const StreamReader reader(file);
    try {
      return reader.Read(text);
    } catch (const YAML::Exception& error) {
      return reader.SyntaxError(error);
    }
  } catch (const std::bad_alloc&) {
    throw;  // it says nothing of the file
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", file.native(), error.what()));
  }
}

}  // namespace obsmon
