#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

#include "files/directory.h"
#include "files/small_file.h"
#include "history/night_facts.h"
#include "monitor/read_nights.h"
#include "obsmon/monitor.h"
#include "obsmon/pages.h"
#include "pages/page_script.h"
#include "status_macros.h"

namespace obsmon {
namespace {

constexpr int kNightsBack = 2;
// Of older nights that are not complete: a stream that nobody tends must not push the others off the page.
constexpr std::ptrdiff_t kMaxOlderNights = 20;

// Those since two days ago; of a stream that rests, its latest one, so that it does not look empty.
std::size_t NumLatest(std::span<const NightSummary> nights, UtcTime as_of) {
  const Night oldest = Night::OfUtcDate(as_of) - kNightsBack;
  std::size_t latest = 0;
  while (latest < nights.size() && nights[latest].night >= oldest) ++latest;
  return std::min(nights.size(), std::max<std::size_t>(latest, 1));
}

// The latest nights, and the older ones that are open: a problem does not go by itself.
void ShowNights(std::vector<NightSummary> nights, UtcTime as_of, StreamSummary& summary) {
  const auto older = nights.begin() + static_cast<std::ptrdiff_t>(NumLatest(nights, as_of));
  nights.erase(std::remove_if(older, nights.end(), [](const NightSummary& night) { return !IsOpen(night); }),
               nights.end());
  if (nights.end() - older > kMaxOlderNights) {
    summary.num_more_open = nights.end() - older - kMaxOlderNights;
    // The gravest, so that those that are shown tell how the stream is.
    std::stable_sort(older, nights.end(), [](const NightSummary& a, const NightSummary& b) {
      return a.state != b.state && WorseOf(a.state, b.state) == a.state;
    });
    nights.erase(older + kMaxOlderNights, nights.end());
    std::sort(older, nights.end(),
              [](const NightSummary& a, const NightSummary& b) { return b.night < a.night; });
  }
  summary.nights = std::move(nights);
}

}  // namespace

StreamOutput OutputIn(const std::filesystem::path& folder, const SharedHistory& history,
                      std::chrono::seconds max_age) {
  StreamOutput output{.name = Stream{.output_dir = folder}.DefaultName(),
                      .output_dir = folder,
                      .history = history,
                      .max_age = max_age};
  const absl::StatusOr<std::string> status = ReadSmallFile(folder / PageStatusName());
  if (!status.ok()) return output;
  if (const auto of_pages = MaxAgeIn(*status)) {
    output.max_age = std::chrono::ceil<std::chrono::seconds>(*of_pages);
  }
  return output;
}

absl::StatusOr<std::vector<std::string>> UpdateSummary(const std::filesystem::path& out,
                                                       std::span<const std::filesystem::path> streams,
                                                       UtcTime as_of, const SharedHistory& shared,
                                                       std::chrono::seconds max_age,
                                                       const std::stop_token& stop) {
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error)
    return absl::ErrnoToStatus(error.value(), fmt::format("{}: the folder can't be made", out.string()));
  std::vector<StreamSummary> shown;
  std::vector<std::string> warnings;
  HistoryReader reader(stop);
  for (const std::filesystem::path& stream : streams) {
    const std::filesystem::path folder = (out / stream).lexically_normal();
    // From one to the other, and each may have been given either way.
    const std::filesystem::path way = AbsolutePath(folder).lexically_proximate(AbsolutePath(out));
    const StreamOutput output = OutputIn(folder, shared, max_age);
    StreamSummary summary{.name = output.name};
    if (std::filesystem::exists(folder / "index.html", error)) summary.page = (way / "index.html").string();
    absl::StatusOr<std::vector<NightSummary>> nights = reader.Nights(output);
    if (nights.ok()) {
      summary.last_look = LastLookAt(*nights);
      summary.max_age = output.max_age;
      ShowNights(*std::move(nights), as_of, summary);
    } else {
      summary.trouble = std::string(nights.status().message());
      warnings.push_back(summary.trouble);
    }
    shown.push_back(std::move(summary));
  }
  OBSMON_RETURN_IF_ERROR(
      PublishIndexPage(out, RenderSummaryPage(shown, as_of), RenderPageStatus({}, as_of, Stream().max_age)));
  return warnings;
}

}  // namespace obsmon
