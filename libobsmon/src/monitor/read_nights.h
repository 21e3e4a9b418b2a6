// What a history says, for who only wants to read it.
#ifndef OBSMON_SRC_MONITOR_READ_NIGHTS_H_
#define OBSMON_SRC_MONITOR_READ_NIGHTS_H_

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "status_macros.h"

namespace obsmon {

/// Reads the histories of several streams.
class HistoryReader {
 public:
  explicit HistoryReader(std::stop_token stop) : stop_(std::move(stop)) {}

  /// Every night of a stream's history, newest first. Errors: those of History::OpenReadOnly. A server that
  /// could not be asked is not asked again: where it is silent each of its streams would wait for as long.
  absl::StatusOr<std::vector<NightSummary>> Nights(const StreamOutput& output) {
    const auto given_up = given_up_.find(output.history.uri);
    if (given_up != given_up_.end()) return given_up->second;
    absl::StatusOr<std::unique_ptr<History>> history = History::OpenReadOnly(output, stop_);
    if (output.history.IsGiven() && absl::IsUnavailable(history.status())) {
      given_up_.emplace(output.history.uri, history.status());
    }
    OBSMON_RETURN_IF_ERROR(history.status());
    return (*history)->Nights();
  }

 private:
  std::stop_token stop_;
  std::map<std::string, absl::Status> given_up_;  // by URI
};

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_READ_NIGHTS_H_
