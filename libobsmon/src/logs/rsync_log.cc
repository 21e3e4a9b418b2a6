#include "logs/rsync_log.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "logs/log_file.h"
#include "status_macros.h"
#include "text/path_text.h"
#include "text/utc_text.h"

namespace obsmon::logs {
namespace {

constexpr std::chrono::seconds kGrainOfLog{1};

// Cuts the next word from the front.
std::string_view TakeWord(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

// "2020/05/02" and "00:29:30".
std::optional<UtcTime> TimeOf(std::string_view date, std::string_view clock) {
  if (date.size() != 10 || clock.size() != 8) return std::nullopt;
  std::string text = std::string(date) + 'T' + std::string(clock);
  std::ranges::replace(text, '/', '-');
  return ParseUtcText(text);
}

// A file and what has changed of it: received (">f"), or, in the log of who pushes, sent ("<f").
bool IsTransferredFile(std::string_view item) {
  return item.size() >= 11 && (item.starts_with(">f") || item.starts_with("<f"));
}

std::optional<LoggedArrival> ParseLine(std::string_view line) {
  const std::string_view date = TakeWord(line);
  const std::optional<UtcTime> time = TimeOf(date, TakeWord(line));
  const std::string_view process = TakeWord(line);
  if (!time || !process.starts_with('[') || !process.ends_with(']')) return std::nullopt;
  const std::string_view item = TakeWord(line);
  if (!IsTransferredFile(item) || line.empty()) return std::nullopt;
  return LoggedArrival{.path = line, .time = *time, .was_sent = item.front() == '<'};
}

// Whether one is the end of the other: a log's paths begin at the target of rsync, wherever that is.
bool AreOneFile(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return a.ends_with(b) && (a.size() == b.size() || a[a.size() - b.size() - 1] == '/');
}

}  // namespace

std::vector<LoggedArrival> ParseRsyncLog(std::string_view text) {
  std::vector<LoggedArrival> arrivals;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const std::optional<LoggedArrival> arrival = ParseLine(text.substr(0, end)))
      arrivals.push_back(*arrival);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return arrivals;
}

RsyncLog::RsyncLog(std::string text) : text_(std::make_unique<const std::string>(std::move(text))) {
  for (const LoggedArrival& arrival : ParseRsyncLog(*text_)) {
    by_name_[NameOf(arrival.path)].push_back(arrival);
  }
}

absl::StatusOr<RsyncLog> RsyncLog::Read(const std::filesystem::path& file) {
  OBSMON_ASSIGN_OR_RETURN(std::string text, ReadEndOfLog(file));
  return RsyncLog(std::move(text));
}

void RsyncLog::Apply(TransferTable& transfers) const {
  for (std::size_t row = 0; row < transfers.size(); ++row) {
    const TransferRow file = transfers[row];
    const auto found = by_name_.find(NameOf(file.path));
    if (found == by_name_.end() || file.state == TransferState::kInFlight) continue;
    std::optional<UtcTime> latest;
    // Where the log tells of both, what was sent went on from here to somewhere else.
    const bool was_received =
        std::ranges::any_of(found->second, [](const LoggedArrival& arrival) { return !arrival.was_sent; });
    for (const LoggedArrival& arrival : found->second) {
      const bool can_be =
          file.creation_time <= arrival.time + kGrainOfLog && arrival.time <= file.arrival_time + kGrainOfLog;
      if (can_be && !(arrival.was_sent && was_received) && AreOneFile(arrival.path, file.path))
        latest = std::max(latest.value_or(arrival.time), arrival.time);
    }
    if (latest && *latest < file.arrival_time) transfers.SetArrivalTime(row, *latest);
  }
}

}  // namespace obsmon::logs
