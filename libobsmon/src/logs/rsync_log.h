// rsync's own log (--log-file), as a source of arrival times.
//
//     2020/05/02 00:29:30 [4711] >f+++++++++ 20200501/AT_O_20200501_000012.fits
//
// is a line of a receiver with rsync's default --log-file-format, "%i %n%L". Times have no zone; they are
// taken for UTC (let rsync run with TZ=UTC). Source: rsync(1), --itemize-changes; rsync 3, log.c.
#ifndef OBSMON_SRC_LOGS_RSYNC_LOG_H_
#define OBSMON_SRC_LOGS_RSYNC_LOG_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "obsmon/transfers.h"

namespace obsmon::logs {

/// A file that rsync has finished.
struct LoggedArrival {
  std::string_view path{};  ///< as rsync names it, from its target on; a view into the text
  UtcTime time{};
  bool was_sent = false;  ///< by who keeps the log; else it was received

  friend bool operator==(const LoggedArrival&, const LoggedArrival&) = default;
};

/// The arrivals of a log, in its order. Lines of another form are passed over: a log has many kinds.
std::vector<LoggedArrival> ParseRsyncLog(std::string_view text);

/// A log, ready to be asked about the files of one night after another.
class RsyncLog {
 public:
  explicit RsyncLog(std::string text);
  /// From the last 64 MiB of `file`. Errors: it can't be read, one clause without the path.
  static absl::StatusOr<RsyncLog> Read(const std::filesystem::path& file);

  /// Takes the arrival of each file that the log names from there, where that can be: not before its
  /// creation, nor after its ctime. Of several the latest. A file is recognised by its name, and by as many
  /// of its folders as the log tells.
  void Apply(TransferTable& transfers) const;

 private:
  std::unique_ptr<const std::string> text_;  // stays where it is, for the others are views into it
  absl::flat_hash_map<std::string_view, std::vector<LoggedArrival>> by_name_;
};

}  // namespace obsmon::logs

#endif  // OBSMON_SRC_LOGS_RSYNC_LOG_H_
