// PAGES: a night, a stream's nights, and several streams, as HTML that needs no server and no network, and no
// JavaScript for what matters.
//
//     index.html  2020-05-01.html          all that matters, as plain HTML
//     data/obsmon-<hash>.js                the pages' script: map, focal plane, search
//     data/2020-05-01-<hash>.js            a night's files for it; large nights have several
//     data/status.js                       when the last look was, for pages that stay open
//
// Names with a hash of the contents never change what they hold: a browser may keep them for ever, and a page
// never meets the data of another one. Pages load nothing else, and a strict Content-Security-Policy says so.
//
// Rendering is pure and can't fail; the same report gives the same bytes. Whatever comes from outside (file
// names, messages) reaches a page only escaped. Threads: call from any number at once.
#ifndef OBSMON_PAGES_H_
#define OBSMON_PAGES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
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
inline constexpr int kPageLayoutVersion = 5;

/// Above this number of files the night page lists folders with their counts, and files only where they need
/// attention or are on their way.
inline constexpr std::size_t kMaxListedFiles = 2'000;

/// The folder, beside the pages, of all that they load.
inline constexpr std::string_view kPageDataFolder = "data";

/// A file of the output folder.
struct PageFile {
  std::string name{};      ///< from the output folder on
  std::string contents{};  ///< all of it
};

/// "2020-05-01.html": the page of a night; the prototype's name.
std::string NightPageName(Night night);

/// The page of one night: first its verdict in words and what needs attention and why, then all files. It
/// stands alone, and loads nothing.
std::string RenderNightPage(const NightReport& report);

/// The same with what its script loads.
struct NightPages {
  Night night{};
  PageFile page{};
  std::string second_name{};     ///< of the page, which is then there by both; may be empty
  std::vector<PageFile> data{};  ///< the files of the night, compact; named by their contents
};
NightPages RenderNight(const NightReport& report, std::string_view second_name = {});

/// The script of all pages; it has the same name for as long as it has the same contents.
PageFile PageScript();

/// What an open page asks once a minute, or three times within `max_age` where that is shorter: when the last
/// look was (of a page over several streams: when that was made), how old that may be before the monitor is
/// to be called stopped, and when the page of each night was last written anew: for it had changed, or its
/// registry could not be read.
PageFile RenderPageStatus(std::span<const NightSummary> nights, UtcTime as_of, std::chrono::seconds max_age);

/// A stream's index.html: a row a night, newest first, problems on top. `nights` as History::Nights gives
/// them.
std::string RenderIndexPage(std::string_view stream, std::span<const NightSummary> nights, UtcTime as_of);

/// One stream on the summary page.
struct StreamSummary {
  std::string name{};
  std::string page{};                  ///< path of its index.html from the summary page's folder; may be ""
  std::vector<NightSummary> nights{};  ///< newest first; only those to be shown
  std::int64_t num_more_open = 0;      ///< older nights that are not complete, and not among them
  std::string trouble{};               ///< why there are none: one sentence; else empty
  std::optional<UtcTime> last_look{};  ///< at any of the stream's nights, those that are not shown too
  /// How old that may be before the stream's monitor is to be called stopped.
  std::chrono::milliseconds max_age = std::chrono::minutes{15};
};

/// One page over several streams, each with the nights that it is given, made at `as_of`. A stream is as its
/// worst night among these; one that was not looked at for longer than its `max_age` is unknown, unless it
/// needs attention.
std::string RenderSummaryPage(std::span<const StreamSummary> streams, UtcTime as_of);

/// Puts `contents` in the place of `file`: a reader sees the old file or the new one, whole, whatever
/// happens. Written beside, flushed to disk, renamed. Where the file already has these contents it is left
/// alone.
absl::Status PublishFile(const std::filesystem::path& file, std::string_view contents);

/// Puts the data and the pages of nights into `output_dir`: the script, each night's data, then its page; at
/// the end away with the data of the pages that were there before. Killed at any point, each page that is
/// there has its data, and publishing again leaves the same files as if nothing had happened. Starts threads
/// of its own where there are many nights, and joins them. Errors: as PublishFile.
absl::Status PublishNights(const std::filesystem::path& output_dir, std::span<const NightPages> nights);

/// The same of one night, rendered here.
absl::Status PublishNight(const std::filesystem::path& output_dir, const NightReport& report,
                          std::string_view second_name = {});

/// Puts a stream's index.html, or that of several streams, and what it loads into `output_dir`; the page
/// last.
absl::Status PublishIndexPage(const std::filesystem::path& output_dir, std::string_view page,
                              const PageFile& status, std::string_view second_name = {});

}  // namespace obsmon

#endif  // OBSMON_PAGES_H_
