#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "expected/manifest.h"
#include "files/directory.h"
#include "files/parallel.h"
#include "files/small_file.h"
#include "obsmon/expected.h"
#include "obsmon/raw_file_name.h"
#include "status_macros.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

using expected::Sensor;

// Their own code, which no call of the system gives: see IsOfManifest.

absl::Status PartlyBadManifest(const absl::Status& why) {
  return absl::DataLossError(
      fmt::format("a manifest that can't be used whole: {}; whether other files than its rest names are "
                  "missing is not known",
                  std::string(why.message())));
}

absl::Status BadManifest(const absl::Status& why) {
  return absl::DataLossError(
      fmt::format("a manifest that can't be used: {}; whether files are missing is "
                  "not known without it",
                  std::string(why.message())));
}

// ReadSmallFile names the path, which an issue does anyway.
absl::Status WithoutPath(const absl::Status& status, const std::string& path) {
  std::string message(status.message());
  if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
  return {status.code(), message};
}

std::string Replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

class Collector {
 public:
  Collector(const std::filesystem::path& storage, Night night)
      : folder_(AbsolutePath(storage)), night_(night) {}

  /// A manifest's text, by whichever thread.
  absl::StatusOr<std::string> TextOf(const TransferRow& file) const {
    // What a link leads to may be anything that only we can read, and an issue quotes what is wrong with it.
    constexpr std::size_t kLargestManifest = 1;  // MiB
    return ReadSmallFile(PathOf(file), kLargestManifest, FollowLinks::kNo);
  }

  void AddSensors(const TransferRow& file, std::string_view obs_id, const absl::StatusOr<std::string>& text) {
    const std::string path = PathOf(file);
    if (absl::IsNotFound(text.status())) return;  // replaced while we look: the next look reads it
    const absl::StatusOr<expected::Sensors> read =
        text.ok() ? expected::ParseExpectedSensors(*text, obs_id) : WithoutPath(text.status(), path);
    const bool is_whole = read.ok() && read->left_out.ok();
    (is_whole ? found_.exposures : found_.broken_exposures).emplace_back(obs_id);
    if (!read.ok()) return found_.issues.push_back({.path = path, .status = BadManifest(read.status())});
    if (!is_whole) found_.issues.push_back({.path = path, .status = PartlyBadManifest(read->left_out)});
    const std::string_view folder = FolderOf(file.path);
    for (const Sensor& sensor : read->sensors) {
      for (const std::string_view ending : {".fits", ".json"}) {
        const std::string name =
            fmt::format("{}_{}{}{}", obs_id, sensor.detector, sensor.guider ? "_guider" : "", ending);
        Add(fmt::format("{}/{}", folder, name), name, file.arrival_time);
      }
    }
  }

  void ReadList(const std::filesystem::path& pattern) {
    const std::string path = ManifestOf(pattern, night_).string();
    const absl::StatusOr<FileFacts> facts = StatPath(path);
    // One a night may be to come; the one of all nights is somewhere else.
    const bool is_of_all = path == AbsolutePath(pattern).string();
    if (absl::IsNotFound(facts.status()) && !is_of_all) return;
    const absl::StatusOr<expected::List> list = ParsedList(path, facts);
    if (!list.ok()) {
      found_.issues.push_back({.path = path, .status = BadManifest(list.status()), .is_option = true});
      return;
    }
    if (!list->left_out.ok()) {
      found_.issues.push_back({.path = path, .status = PartlyBadManifest(list->left_out), .is_option = true});
    }
    for (const ListedFile& file : list->files) {
      // One list may be of many nights.
      const std::optional<Night> night = NightOf(file);
      if (!night || *night == night_) AddListed(file, file.since.value_or(facts->mtime));
    }
  }

  void AddList(std::span<const ListedFile> list, UtcTime since) {
    for (const ListedFile& file : list) AddListed(file, file.since.value_or(since));
  }

  NightExpected Finish() && {
    std::ranges::sort(files_, {}, &File::path);
    AppendFiles();
    for (std::vector<std::string>* ids : {&found_.exposures, &found_.broken_exposures}) {
      std::ranges::sort(*ids);
      ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
    }
    std::ranges::sort(found_.issues, {}, &ScanIssue::path);
    return std::move(found_);
  }

 private:
  std::string PathOf(const TransferRow& file) const { return (folder_ / file.path).string(); }

  struct File {
    std::string path;
    UtcTime since;
  };

  static absl::StatusOr<expected::List> ParsedList(const std::string& path,
                                                   const absl::StatusOr<FileFacts>& facts) {
    OBSMON_RETURN_IF_ERROR(facts.status());
    if (facts->kind != FileKind::kRegular) return absl::FailedPreconditionError("it is no regular file");
    constexpr std::size_t kLargestList = 64;  // MiB: a million names
    const absl::StatusOr<std::string> text = ReadSmallFile(path, kLargestList);
    if (!text.ok()) return WithoutPath(text.status(), path);
    return path.ends_with(".json") ? expected::ParseJsonList(*text) : expected::ParseLines(*text);
  }

  // Of the folder that the path begins with.
  static std::optional<Night> NightOf(const ListedFile& file) {
    const std::size_t end = file.path.find('/');
    if (end == std::string::npos) return std::nullopt;
    return Night::FromFolderName(std::string_view(file.path).substr(0, end));
  }

  // Lists say less than storage: the night's folder, and a mere name, are filled in.
  void AddListed(const ListedFile& file, UtcTime since) {
    const bool has_night = NightOf(file) == night_;
    const std::string path = has_night ? file.path : fmt::format("{}/{}", night_.Compact(), file.path);
    const std::optional<RawFileName> raw = ParseRawFileName(file.path);
    // A raw file's name tells its exposure, so there is one of it; any other may be in each of two folders.
    Add(path, raw ? NameOf(path) : BelowNight(path), since);
    if (raw) {
      found_.exposures.emplace_back(raw->obs_id);
      if (!file.observation_type.empty()) {
        found_.observation_types.try_emplace(std::string(raw->obs_id), file.observation_type);
      }
    }
  }

  // What two manifests call for, by the same `key`, is expected once, since the earlier.
  void Add(std::string path, std::string_view key, UtcTime since) {
    const auto [known, is_new] = row_of_key_.try_emplace(std::string(key), files_.size());
    if (is_new) {
      files_.push_back({.path = std::move(path), .since = since});
    } else {
      UtcTime& first = files_[known->second].since;
      first = std::min(first, since);
    }
  }

  // A mere name that a second list gives with its folder is that file.
  void AppendFiles() {
    absl::flat_hash_map<std::string_view, int> num_folders;
    for (const auto& [key, row] : row_of_key_) {
      if (key.find('/') != std::string::npos) ++num_folders[NameOf(key)];
    }
    for (const File& file : files_) {
      const auto folders = num_folders.find(NameOf(file.path));
      const int num = folders == num_folders.end() ? 0 : folders->second;
      const bool is_mere_name = NameOf(file.path) == BelowNight(file.path);
      if (num > 0 && is_mere_name) continue;
      found_.files.Append({.path = file.path, .since = file.since, .folder_counts = num > 1});
    }
  }

  const std::filesystem::path folder_;  // storage
  const Night night_;
  NightExpected found_;
  std::vector<File> files_;
  absl::flat_hash_map<std::string, std::size_t> row_of_key_;
};

}  // namespace

absl::StatusOr<NightExpected> ReadExpected(const std::filesystem::path& storage,
                                           const TransferTable& transfers, Night night,
                                           const ExpectedOptions& options) {
  Collector collector(storage, night);
  struct Manifest {
    std::size_t row;
    std::string_view obs_id;
    absl::StatusOr<std::string> text{std::string()};
  };
  std::vector<Manifest> manifests;
  for (std::size_t row = 0; row < transfers.size(); ++row) {
    if (!expected::IsManifestName(transfers.path()[row])) continue;
    if (transfers.place()[row] != TransferPlace::kStorage) continue;  // moved away, and its folder with it
    if (transfers.state()[row] != TransferState::kArrived) continue;
    const std::optional<RawFileName> raw = ParseRawFileName(transfers.path()[row]);
    if (raw && raw->detector.empty()) manifests.push_back({.row = row, .obs_id = raw->obs_id});
  }
  // Each lies on a disk that may be far away.
  ParallelForWhereSlow(manifests.size(), options.control.num_threads, [&](std::size_t i) {
    if (!options.control.stop.stop_requested())
      manifests[i].text = collector.TextOf(transfers[manifests[i].row]);
  });
  if (options.control.stop.stop_requested()) return absl::CancelledError("stopped while reading manifests");
  for (const Manifest& manifest : manifests) {
    collector.AddSensors(transfers[manifest.row], manifest.obs_id, manifest.text);
  }
  if (!options.manifest.empty()) collector.ReadList(options.manifest);
  collector.AddList(options.listed, options.as_of);
  return std::move(collector).Finish();
}

std::filesystem::path ManifestOf(const std::filesystem::path& manifest, Night night) {
  if (manifest.empty()) return manifest;
  const std::string path = AbsolutePath(manifest).string();
  return Replaced(Replaced(path, "{night}", night.ToString()), "{day_obs}", night.Compact());
}

bool IsOfManifest(const ScanIssue& issue) { return absl::IsDataLoss(issue.status); }

}  // namespace obsmon
