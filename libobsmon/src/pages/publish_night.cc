#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "files/parallel.h"
#include "obsmon/pages.h"
#include "pages/js_text.h"
#include "pages/night_data.h"
#include "pages/page_script.h"
#include "pages/published_data.h"
#include "status_macros.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

namespace fs = std::filesystem;

absl::Status MakeDataFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(),
                             fmt::format("{}: the folder for the pages' data can't be made; let this user "
                                         "write to the folder that it lies in",
                                         folder.string()));
}

absl::Status PublishScript(const fs::path& output_dir) {
  OBSMON_RETURN_IF_ERROR(MakeDataFolder(output_dir / kPageDataFolder));
  const PageFile script = PageScript();
  return PublishFile(output_dir / script.name, script.contents);
}

// The names of all files of pages' data, in no order; as far as they could be listed, where `error` is set.
std::vector<std::string> DataNames(const fs::path& output_dir, std::error_code& error) {
  std::vector<std::string> names;
  for (fs::directory_iterator entry(output_dir / kPageDataFolder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

// The night whose data a file of this name holds, whole or half written; empty for any other file.
std::string_view NightOfData(std::string_view name) {
  constexpr std::size_t kNightBytes = std::string_view("2020-05-01").size();
  if (name.starts_with('.')) name.remove_prefix(1);
  return name.substr(0, kNightBytes + 1).ends_with('-') ? name.substr(0, kNightBytes) : std::string_view();
}

// What can't be removed is an error, so that the next run does it all again.
absl::Status RemoveOldData(const fs::path& output_dir, std::span<const NightPages> nights) {
  std::set<std::string, std::less<>> published;
  std::set<std::string, std::less<>> used;
  for (const NightPages& night : nights) {
    published.insert(night.night.ToString());
    for (const PageFile& file : night.data) used.emplace(NameOf(file.name));
  }
  std::error_code error;
  std::vector<std::string> old = DataNames(output_dir, error);
  std::erase_if(old, [&](const std::string& name) {
    return !published.contains(NightOfData(name)) || used.contains(name);
  });
  std::ranges::sort(old);
  for (const std::string& name : old) {
    if (!error) fs::remove(output_dir / kPageDataFolder / name, error);
  }
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(
      error.value(), fmt::format("{}: the data of pages that were replaced can't be removed; let this "
                                 "user read and write that folder",
                                 (output_dir / kPageDataFolder).string()));
}

absl::Status PublishPages(const fs::path& output_dir, const NightPages& night) {
  for (const PageFile& file : night.data) {
    OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / file.name, file.contents));
  }
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / night.page.name, night.page.contents));
  if (night.second_name.empty()) return absl::OkStatus();
  return PublishFile(output_dir / night.second_name, night.page.contents);
}

// What takes the time is the disk, which flushes many files at once almost as fast as one.
constexpr std::size_t kNightsInTurn = 4;
constexpr int kPublishingThreads = 32;

}  // namespace

PublishedData PublishedData::In(const fs::path& output_dir) {
  PublishedData data;
  const std::string script = PageScriptName();
  std::error_code error;
  for (const std::string& name : DataNames(output_dir, error)) {
    if (name == NameOf(script)) data.has_script_ = true;
    // What begins with a dot was never finished.
    if (!name.starts_with('.')) ++data.num_of_night_[std::string(NightOfData(name))];
  }
  return error ? PublishedData() : data;
}

bool PublishedData::IsWhole(Night night, std::size_t num_files) const {
  const auto found = num_of_night_.find(night.ToString());
  return has_script_ && found != num_of_night_.end() && found->second == NumDataFiles(num_files);
}

bool IsPageAsOf(const fs::path& file, UtcTime as_of) {
  constexpr std::size_t kHead = std::size_t{64} * 1024;  // the style, and all that comes before the files
  std::string head(kHead, '\0');
  std::ifstream page(file, std::ios::binary);
  page.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(page.gcount()));
  // As LivePlace writes it.
  return head.find(fmt::format("data-as-of=\"{}\"", Milliseconds(as_of))) != std::string::npos;
}

absl::Status PublishNights(const std::filesystem::path& output_dir, std::span<const NightPages> nights) {
  if (nights.empty()) return absl::OkStatus();
  OBSMON_RETURN_IF_ERROR(PublishScript(output_dir));
  std::vector<absl::Status> published(nights.size());
  ParallelFor(nights.size(), nights.size() <= kNightsInTurn ? 1 : kPublishingThreads,
              [&](std::size_t i) { published[i] = PublishPages(output_dir, nights[i]); });
  for (const absl::Status& status : published) OBSMON_RETURN_IF_ERROR(status);
  return RemoveOldData(output_dir, nights);
}

absl::Status PublishNight(const std::filesystem::path& output_dir, const NightReport& report,
                          std::string_view second_name) {
  const NightPages pages = RenderNight(report, second_name);
  return PublishNights(output_dir, {&pages, 1});
}

absl::Status PublishIndexPage(const std::filesystem::path& output_dir, std::string_view page,
                              const PageFile& status, std::string_view second_name) {
  OBSMON_RETURN_IF_ERROR(PublishScript(output_dir));
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / status.name, status.contents));
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / "index.html", page));
  return second_name.empty() ? absl::OkStatus() : PublishFile(output_dir / second_name, page);
}

}  // namespace obsmon
