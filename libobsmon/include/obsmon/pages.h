// PAGES: a night, a stream's nights, and several streams, as HTML that needs no server, network or
// JavaScript.
//
// Rendering is pure and can't fail; the same report gives the same bytes. Whatever comes from outside (file
// names, messages) reaches a page only escaped. Threads: call from any number at once.
#ifndef OBSMON_PAGES_H_
#define OBSMON_PAGES_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "obsmon/history.h"
#include "obsmon/night.h"
#include "obsmon/report.h"

namespace obsmon {

/// Grows by one whenever a page of the same report would look different, so that unchanged nights are
/// rendered anew.
inline constexpr int kPageLayoutVersion = 1;

/// Above this number of files the night page lists folders with their counts, and files only where they need
/// attention or are on their way.
inline constexpr std::size_t kMaxListedFiles = 20'000;

/// "2020-05-01.html": the page of a night; the prototype's name.
std::string NightPageName(Night night);

/// The page of one night: first its verdict in words and what needs attention and why, then all files.
std::string RenderNightPage(const NightReport& report);

/// A stream's index.html: a row a night, newest first, problems on top. `nights` as History::Nights gives
/// them.
std::string RenderIndexPage(std::string_view stream, std::span<const NightSummary> nights, UtcTime as_of);

/// One stream on the summary page.
struct StreamSummary {
  std::string name{};
  std::string page{};                  ///< path of its index.html from the summary page's folder; may be ""
  std::vector<NightSummary> nights{};  ///< newest first; only those to be shown
  std::string trouble{};               ///< why there are none: one sentence; else empty
};

/// One page over several streams, each with its latest nights.
std::string RenderSummaryPage(std::span<const StreamSummary> streams, UtcTime as_of);

/// Puts `contents` in the place of `file`: a reader sees the old file or the new one, whole, whatever
/// happens. Written beside, flushed to disk, renamed. Where the file already has these contents it is left
/// alone.
absl::Status PublishFile(const std::filesystem::path& file, std::string_view contents);

}  // namespace obsmon

#endif  // OBSMON_PAGES_H_
