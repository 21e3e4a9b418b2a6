// MONITOR: the sentence that joins the stages: scan, read, match, report; then history and pages.
//
// Threads: several streams may be updated at once from different threads; two updates of one output folder
// keep each other out by its lock (OutputLock), wherever their histories are.
#ifndef OBSMON_MONITOR_H_
#define OBSMON_MONITOR_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/check.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/night.h"
#include "obsmon/report.h"
#include "obsmon/stream.h"

namespace obsmon {

/// Looks at one night of `stream` as of `as_of`, and writes nothing anywhere.
///
/// A registry that is locked for longer than the stream's limit makes the night unknown; that is a report,
/// not an error. Errors: those of ScanTransfers, of Registry::Open, OpenSql and OpenEvents, and of
/// CheckOptionsOf; kCancelled.
absl::StatusOr<NightReport> ObserveNight(const Stream& stream, Night night, UtcTime as_of,
                                         const WorkControl& control = {});

/// How an update ended. The numbers are the exit statuses of `obsmon update`.
enum class UpdateOutcome : std::uint8_t {
  kDone = 0,
  kDoneInPart = 1,  ///< pages and history are written, but some of the input could not be read
  kUsage = 2,       ///< the stream's options contradict each other
  // After these the nights that were done before are kept, each as a whole, and all else is as it was. (Where
  // the output failed, those that the history had by then: it takes some at a time.)
  kInputUnreadable = 3,
  kOutputUnwritable = 4,
  kLocked = 5,   ///< another run holds the output folder, or the stream in a shared history
  kStopped = 6,  ///< the caller asked to stop
};

/// What an update did.
struct UpdateResult {
  std::string stream{};
  UpdateOutcome outcome = UpdateOutcome::kDone;
  absl::Status status{};                ///< OK for kDone and kDoneInPart, else the reason in one sentence
  std::vector<NightSummary> nights{};   ///< of kDone and kDoneInPart: those looked at, newest first
  std::vector<Night> changed{};         ///< those that were written anew, whatever the outcome
  std::vector<std::string> warnings{};  ///< one sentence each: what could not be read
};

/// Brings the history and the pages in the stream's output folder up to date, as of `as_of`.
///
/// Looks at the nights of `window`; where that is the default, at the nights with open problems as well.
/// Nights that have not changed are not read again nor written. Then renders the index from the history.
UpdateResult UpdateStream(const Stream& stream, const NightWindow& window, UtcTime as_of,
                          const WorkControl& control = {});

/// Updates several streams, as many at a time as there are processors (but 2 to 16), so that one whose disk
/// or database keeps it waiting does not hold up the others. Each has an output folder of its own.
///
/// Calls `told` with each result, in the order of the streams, as soon as it and those before it are there;
/// and `control.progress` with "streams". Both are called from any thread, but never at the same time. Of
/// streams that were not begun when a stop was asked for the outcome is kStopped.
std::vector<UpdateResult> UpdateStreams(std::span<const StreamConfig> streams, UtcTime as_of,
                                        const WorkControl& control = {},
                                        const std::function<void(const UpdateResult&)>& told = {});

/// Writes OUT/index.html over `streams`, each a folder with a history (relative ones start at `out`), with
/// their nights since the UTC date two days before `as_of`, or the latest where there is none so young, and
/// with the older ones that are not complete: of very many the gravest and newest, and how many more. With a
/// `shared` history it is looked up there, by the name of the folder; where that folder, with the stream's
/// own pages, is on another host, nothing leads to them, and its monitor seems to have stopped when its last
/// look is older than `max_age`, not than the stream's own. A stream whose history can't be read is shown
/// with the reason; the sentences come back as warnings. Errors: of writing OUT alone.
absl::StatusOr<std::vector<std::string>> UpdateSummary(const std::filesystem::path& out,
                                                       std::span<const std::filesystem::path> streams,
                                                       UtcTime as_of, const SharedHistory& shared = {},
                                                       std::chrono::seconds max_age = Stream().max_age,
                                                       const std::stop_token& stop = {});

/// Where the history of `stream` is.
StreamOutput OutputOf(const Stream& stream);

/// The same of a stream of which no more is known than its output folder, or, where its history is shared, a
/// path that ends in its name. `max_age` is for one whose own its pages do not tell: they are on another
/// host.
StreamOutput OutputIn(const std::filesystem::path& folder, const SharedHistory& history = {},
                      std::chrono::seconds max_age = Stream().max_age);

/// Reads the history of each stream, and judges it (CheckStream). What can't be read is UNKNOWN; once `stop`
/// is requested nobody who keeps a history locked is waited for.
std::vector<StreamCheck> CheckStreams(std::span<const StreamOutput> streams, UtcTime as_of,
                                      const CheckLimits& limits, const std::stop_token& stop = {});

/// Writes the metrics of `streams` (RenderMetrics) into `file`, as PublishFile does; `results` are how their
/// updates ended. Errors: of writing `file` alone. REQUIRES: `results` has one for each of `streams`.
absl::Status PublishMetrics(const std::filesystem::path& file, std::span<const StreamOutput> streams,
                            std::span<const UpdateOutcome> results, const std::stop_token& stop = {});

}  // namespace obsmon

#endif  // OBSMON_MONITOR_H_
