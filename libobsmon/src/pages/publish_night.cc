#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

#include "obsmon/pages.h"
#include "status_macros.h"

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

// A name of a night's data, or of such a file half written.
bool IsDataOf(std::string_view name, std::string_view night) {
  if (name.starts_with('.')) name.remove_prefix(1);
  return name.starts_with(night) && name.substr(night.size()).starts_with('-');
}

// What is left behind does no harm but to take room, and the next change of the night tries again: no error.
void RemoveOldData(const fs::path& output_dir, const NightPages& pages, std::string_view night) {
  const auto is_used = [&pages](std::string_view name) {
    return std::ranges::any_of(pages.data, [name](const PageFile& file) {
      return file.name.substr(file.name.rfind('/') + 1) == name;
    });
  };
  std::vector<fs::path> old;
  std::error_code error;
  for (fs::directory_iterator entry(output_dir / kPageDataFolder, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsDataOf(name, night) && !is_used(name)) old.push_back(entry->path());
  }
  std::ranges::sort(old);
  for (const fs::path& file : old) fs::remove(file, error);
}

}  // namespace

absl::Status PublishNight(const std::filesystem::path& output_dir, const NightReport& report,
                          std::string_view second_name) {
  OBSMON_RETURN_IF_ERROR(PublishScript(output_dir));
  const NightPages pages = RenderNight(report);
  for (const PageFile& file : pages.data) {
    OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / file.name, file.contents));
  }
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / pages.page.name, pages.page.contents));
  if (!second_name.empty()) {
    OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / second_name, pages.page.contents));
  }
  RemoveOldData(output_dir, pages, report.night.ToString());
  return absl::OkStatus();
}

absl::Status PublishIndexPage(const std::filesystem::path& output_dir, std::string_view page,
                              const PageFile& status, std::string_view second_name) {
  OBSMON_RETURN_IF_ERROR(PublishScript(output_dir));
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / status.name, status.contents));
  OBSMON_RETURN_IF_ERROR(PublishFile(output_dir / "index.html", page));
  return second_name.empty() ? absl::OkStatus() : PublishFile(output_dir / second_name, page);
}

}  // namespace obsmon
