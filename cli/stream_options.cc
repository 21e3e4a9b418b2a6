#include "stream_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "status_macros.h"
#include "text/nearest.h"

namespace obsmon::cli {
namespace {

// What two streams can't have in common.
constexpr std::array<std::string_view, 10> kKeysOfOneStream = {"name",
                                                               "input_dir",
                                                               "output_dir",
                                                               "storage",
                                                               "repo",
                                                               "pending_folder",
                                                               "bad_folder",
                                                               "registry_prefix",
                                                               "registry_files_table",
                                                               "registry_events_tables"};

std::vector<std::string_view> NamesOf(const std::vector<StreamConfig>& streams) {
  std::vector<std::string_view> names;
  names.reserve(streams.size());
  for (const StreamConfig& config : streams) names.push_back(config.stream.name);
  return names;
}

/// The streams of the names given with --stream, in the order of the file; all where none is given.
absl::StatusOr<std::vector<StreamConfig>> Chosen(std::vector<StreamConfig> streams, const Options& options,
                                                 const std::string& file) {
  const auto asked = options.given.find("stream");
  if (asked == options.given.end()) return streams;
  const std::vector<std::string_view> names = NamesOf(streams);
  for (const Given& name : asked->second) {
    if (std::ranges::find(names, name.text) != names.end()) continue;
    return absl::InvalidArgumentError(fmt::format("{}: {} has no stream '{}', only {}{}", name.source, file,
                                                  name.text, fmt::join(names, ", "),
                                                  DidYouMean(name.text, names)));
  }
  std::erase_if(streams, [&](const StreamConfig& config) {
    return std::ranges::find(asked->second, config.stream.name, &Given::text) == asked->second.end();
  });
  return streams;
}

absl::StatusOr<std::vector<StreamConfig>> ConfiguredStreams(const Options& options) {
  const Given* file = options.Find("config");
  if (file != nullptr) {
    OBSMON_ASSIGN_OR_RETURN(std::vector<StreamConfig> streams, ReadStreams(file->text));
    return Chosen(std::move(streams), options, file->text);
  }
  if (const Given* name = options.Find("stream")) {
    return absl::InvalidArgumentError(
        fmt::format("{} chooses among the streams of a file: name it with --config", name->source));
  }
  return std::vector<StreamConfig>(1);
}

absl::Status Apply(const Options& options, StreamConfig& config) {
  config.stream.logins.home = options.home;
  for (const std::string_view key : StreamKeys()) {
    const auto given = options.given.find(key);
    if (given == options.given.end()) continue;
    std::string text;
    for (const Given& value : given->second) text.append(text.empty() ? "" : "\n").append(value.text);
    const absl::Status status = SetStreamField(key, text, {}, config);
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("{}: {}", given->second.front().source, std::string(status.message())));
    }
  }
  if (config.stream.name.empty()) config.stream.name = config.stream.DefaultName();
  return absl::OkStatus();
}

absl::Status CheckInput(const Stream& stream) {
  if (CheckInputOf(stream).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "no input: give --input_dir, or both of --storage and --repo, or --config");
}

}  // namespace

absl::StatusOr<std::vector<StreamConfig>> StreamsOf(const Options& options) {
  OBSMON_ASSIGN_OR_RETURN(std::vector<StreamConfig> streams, ConfiguredStreams(options));
  for (const std::string_view key : kKeysOfOneStream) {
    const Given* given = options.Find(key);
    if (given == nullptr || streams.size() == 1) continue;
    return absl::InvalidArgumentError(
        fmt::format("{} belongs to one stream, but there are {}: choose with --stream", given->source,
                    fmt::join(NamesOf(streams), ", ")));
  }
  for (StreamConfig& config : streams) {
    OBSMON_RETURN_IF_ERROR(Apply(options, config));
    OBSMON_RETURN_IF_ERROR(CheckInput(config.stream));
  }
  return streams;
}

absl::StatusOr<Stream> OneStreamOf(const Options& options) {
  OBSMON_ASSIGN_OR_RETURN(std::vector<StreamConfig> streams, StreamsOf(options));
  if (streams.size() == 1) return std::move(streams.front().stream);
  return absl::InvalidArgumentError(fmt::format("{} streams in the file: choose one of {} with --stream",
                                                streams.size(), fmt::join(NamesOf(streams), ", ")));
}

absl::StatusOr<StreamOutput> CommonOutputOf(const Options& options) {
  StreamConfig config;
  OBSMON_RETURN_IF_ERROR(Apply(options, config));
  return OutputOf(config.stream);
}

std::vector<StreamOutput> OutputsOf(const std::vector<StreamConfig>& streams) {
  std::vector<StreamOutput> outputs;
  outputs.reserve(streams.size());
  for (const StreamConfig& config : streams) {
    outputs.push_back(OutputOf(config.stream));
  }
  return outputs;
}

}  // namespace obsmon::cli
