// The rows of a history's tables as values: what both kinds of history keep of a file, a latency, an event.
//
// A `Row` that is read is the current row of a statement's answer: Int, Text and IsNull by column. A `Sink`
// takes the values of a row to be written, one after the other: Int, IntOrNull, Text, Time.
#ifndef OBSMON_SRC_HISTORY_STORED_ROWS_H_
#define OBSMON_SRC_HISTORY_STORED_ROWS_H_

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "obsmon/expected.h"
#include "obsmon/files.h"
#include "obsmon/history.h"
#include "obsmon/match.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "obsmon/report.h"
#include "obsmon/transfers.h"

namespace obsmon {

inline std::int64_t ToNanos(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime FromNanos(std::int64_t nanos) { return UtcTime(std::chrono::nanoseconds(nanos)); }

/// The time in a column; absent where it is NULL.
template <typename Row>
std::optional<UtcTime> TimeIn(const Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return FromNanos(row.Int(column));
}

/// Of a night's row, what a look's recall begins with.
inline constexpr std::string_view kEarlierLookColumns = "changed_at, files, ingested";

/// An earlier look with room for `files` and, as links, `ingested`; both as told, be it by a damaged row.
EarlierLook EarlierLookOf(UtcTime found_at, std::int64_t files, std::int64_t ingested);

/// Reads kEarlierLookColumns: a look without its rows and folders; absent where nothing has been found yet.
template <typename Row>
std::optional<EarlierLook> BeginRecall(const Row& row) {
  const std::optional<UtcTime> found_at = TimeIn(row, 0);
  if (!found_at) return std::nullopt;
  return EarlierLookOf(*found_at, row.Int(1), row.Int(2));
}

/// device and inode have 64 bits without a sign and are kept bit for bit in integers that have one.
template <typename Row>
FileId FileIdIn(const Row& row, int column) {
  return {.device = std::bit_cast<std::uint64_t>(row.Int(column)),
          .inode = std::bit_cast<std::uint64_t>(row.Int(column + 1))};
}

template <typename Sink>
void WriteFileId(Sink& sink, const FileId& id) {
  sink.Int(std::bit_cast<std::int64_t>(id.device));
  sink.Int(std::bit_cast<std::int64_t>(id.inode));
}

/// The prototype's key of a file: inode * 10000 + device. Where that does not fit SQLite's integers (on
/// Lustre it does not; the prototype died of it) a negative number made of the inode: -1 - its low 63 bits.
std::int64_t Filenum(const FileId& id);

/// Whether every database holds `text` as it is: see StoredText.
bool IsPlain(std::string_view text);

/// A row of `transfer` but for its key, and for filenum, which follows from the file id.
struct StoredTransfer {
  std::int64_t size = 0;
  std::int64_t creation = 0;
  std::int64_t arrival = 0;
  FileId file_id{};
  std::int64_t state = 0;
  std::int64_t verdict = 0;
  Checksum checksum = kNoChecksum;

  /// What it says of the file `path`.
  TransferRow At(std::string_view path) const {
    return {.path = path,
            .size_bytes = size,
            .creation_time = FromNanos(creation),
            .arrival_time = FromNanos(arrival),
            .file_id = file_id,
            .state = static_cast<TransferState>(state),
            .checksum = checksum};
  }

  friend bool operator==(const StoredTransfer&, const StoredTransfer&) = default;
};

/// The table `transfer`.
struct TransferRows {
  using Stored = StoredTransfer;
  static constexpr std::string_view kTable = "transfer";
  /// Read after the path; written after night and path.
  static constexpr std::string_view kRead =
      "size, creation, arrival, device, inode, state, verdict, checksum";
  static constexpr std::string_view kWritten =
      "filenum, size, creation, arrival, device, inode, state, verdict, checksum";

  const TransferTable& table;
  std::span<const Verdict> verdicts;

  Stored operator[](std::size_t row) const {
    Stored stored = Facts(row);
    stored.verdict = static_cast<std::int64_t>(verdicts[row]);
    return stored;
  }
  // All but the verdict.
  Stored Facts(std::size_t row) const {
    return {.size = table.size_bytes()[row],
            .creation = ToNanos(table.creation_time()[row]),
            .arrival = ToNanos(table.arrival_time()[row]),
            .file_id = table.file_id()[row],
            .state = static_cast<std::int64_t>(table.state()[row]),
            .checksum = table.checksum()[row]};
  }
  template <typename Row>
  static Stored Read(const Row& row) {
    return {.size = row.Int(1),
            .creation = row.Int(2),
            .arrival = row.Int(3),
            .file_id = FileIdIn(row, 4),
            .state = row.Int(6),
            .verdict = row.Int(7),
            .checksum = std::bit_cast<Checksum>(row.Int(8))};
  }
  template <typename Sink>
  static void Write(Sink& sink, const Stored& row) {
    sink.Int(Filenum(row.file_id));
    sink.Int(row.size);
    sink.Int(row.creation);
    sink.Int(row.arrival);
    WriteFileId(sink, row.file_id);
    sink.Int(row.state);
    sink.Int(row.verdict);
    sink.Int(std::bit_cast<std::int64_t>(row.checksum));
  }
  /// Adds a row to what is recalled of a night; `path` is the row's.
  static void Recall(const Stored& stored, std::string_view path, EarlierLook& earlier) {
    earlier.files.Append(stored.At(path));
    earlier.is_ingested.push_back(stored.verdict == static_cast<std::int64_t>(Verdict::kIngested));
  }
  static bool IsSameFile(const Stored& before, const Stored& now) {
    return before.file_id.inode == now.file_id.inode && before.size == now.size &&
           before.creation == now.creation;
  }
  static void Keep(const Stored& before, Stored& now) {
    if (!IsSameFile(before, now)) return;
    now.arrival = std::min(before.arrival, now.arrival);
    if (now.checksum == kNoChecksum) now.checksum = before.checksum;
  }
};

/// A row of `ingest`, likewise.
struct StoredIngest {
  FileId file_id{};
  std::optional<UtcTime> ingest_time{};
  std::int64_t artifact = 0;
  std::int64_t status = 0;
  std::string_view link_target{};  ///< of a link in the repository, where IsPlain; else empty

  friend bool operator==(const StoredIngest&, const StoredIngest&) = default;
};

/// The table `ingest`.
struct IngestRows {
  using Stored = StoredIngest;
  static constexpr std::string_view kTable = "ingest";
  static constexpr std::string_view kRead = "device, inode, ingest_time, artifact, status, link_target";
  static constexpr std::string_view kWritten =
      "filenum, device, inode, ingest_time, artifact, status, link_target";

  const IngestTable& table;

  Stored operator[](std::size_t row) const {
    const UtcTime time = table.ingest_time()[row];
    return {.file_id = table.file_id()[row],
            .ingest_time = time == IngestTable::kNoTime ? std::nullopt : std::optional(time),
            .artifact = static_cast<std::int64_t>(table.artifact()[row]),
            .status = static_cast<std::int64_t>(table.status()[row]),
            .link_target = LinkTarget(row)};
  }
  // Of a file that was ingested where it lies, the path says it already.
  std::string_view LinkTarget(std::size_t row) const {
    const std::string_view target = table.link_target()[row];
    const bool is_in_repository = !table.path()[row].starts_with('/');
    return is_in_repository && IsPlain(target) ? target : std::string_view();
  }
  template <typename Row>
  static Stored Read(const Row& row) {
    return {.file_id = FileIdIn(row, 1),
            .ingest_time = TimeIn(row, 3),
            .artifact = row.Int(4),
            .status = row.Int(5),
            .link_target = row.Text(6)};
  }
  template <typename Sink>
  static void Write(Sink& sink, const Stored& row) {
    sink.Int(Filenum(row.file_id));
    WriteFileId(sink, row.file_id);
    sink.Time(row.ingest_time);
    sink.Int(row.artifact);
    sink.Int(row.status);
    sink.TextAsIs(row.link_target);
  }
  static void Keep(const Stored& /*before*/, Stored& /*now*/) {}
  static void Recall(const Stored& stored, std::string_view path, EarlierLook& earlier) {
    const bool is_present = stored.artifact == static_cast<std::int64_t>(ArtifactState::kPresent);
    if (stored.link_target.empty() || !is_present || !stored.ingest_time) return;
    earlier.links.path.Append(path);
    earlier.links.target.Append(stored.link_target);
    earlier.links.ingest_time.push_back(*stored.ingest_time);
    earlier.links.file_id.push_back(stored.file_id);
  }
};

/// A row of `absent`, likewise.
struct StoredAbsent {
  std::int64_t since = 0;
  std::int64_t verdict = 0;

  friend bool operator==(const StoredAbsent&, const StoredAbsent&) = default;
};

/// The table `absent`.
struct AbsentRows {
  using Stored = StoredAbsent;
  static constexpr std::string_view kTable = "absent";
  static constexpr std::string_view kRead = "since, verdict";
  static constexpr std::string_view kWritten = kRead;

  const ExpectedTable& expected;
  std::span<const AbsentFile> absent;

  Stored operator[](std::size_t row) const {
    return {.since = ToNanos(expected.since()[absent[row].expected_row]),
            .verdict = static_cast<std::int64_t>(absent[row].verdict)};
  }
  template <typename Row>
  static Stored Read(const Row& row) {
    return {.since = row.Int(1), .verdict = row.Int(2)};
  }
  template <typename Sink>
  static void Write(Sink& sink, const Stored& row) {
    sink.Int(row.since);
    sink.Int(row.verdict);
  }
  static void Keep(const Stored& before, Stored& now) { now.since = std::min(before.since, now.since); }
  static void Recall(const Stored& stored, std::string_view path, EarlierLook& earlier) {
    earlier.absent.push_back({.path = std::string(path), .since = FromNanos(stored.since)});
  }
};

/// The paths of the absent files, in their order.
StringColumn PathsOf(const ExpectedTable& expected, std::span<const AbsentFile> absent);

// --- latency

inline constexpr std::string_view kLatencyColumns =
    "night, span, files, negative, shortest, p50, p95, longest";

/// Fills in a row of kLatencyColumns where it belongs among `nights`, which are sorted newest first.
template <typename Row>
void TakeLatency(const Row& row, std::span<NightSummary> nights) {
  const auto number = [](const NightSummary& night) { return std::int64_t{night.night.yyyymmdd()}; };
  const auto night = std::ranges::lower_bound(nights, row.Int(0), std::greater{}, number);
  const auto* const kind = std::ranges::find(kLatencyKinds, row.Text(1), &LatencyKind::name);
  if (night == nights.end() || number(*night) != row.Int(0) || kind == kLatencyKinds.end()) return;
  const auto nanos = [&row](int column) { return std::chrono::nanoseconds(row.Int(column)); };
  (*night).latency.*kind->of = {.files = row.Int(2),
                                .negative = row.Int(3),
                                .min = nanos(4),
                                .p50 = nanos(5),
                                .p95 = nanos(6),
                                .max = nanos(7)};
}

/// Writes kLatencyColumns but for the night.
template <typename Sink>
void WriteLatency(Sink& sink, std::string_view span, const LatencySummary& summary) {
  sink.Text(span);
  sink.Int(summary.files);
  sink.Int(summary.negative);
  for (const auto nanos : {summary.min, summary.p50, summary.p95, summary.max}) sink.Int(nanos.count());
}

// --- folders of a fingerprint

#define OBSMON_FOLDER_COLUMNS "path, present, device, inode, modified, plain_files, changed"

/// A row of OBSMON_FOLDER_COLUMNS, whose path is given.
template <typename Row>
FolderStamp ReadFolder(const Row& row, std::string_view path) {
  return {.path = std::string(path),
          .exists = row.Int(1) != 0,
          .file_id = FileIdIn(row, 2),
          .modified = FromNanos(row.Int(4)),
          .changed = FromNanos(row.Int(6)),
          .num_plain_files = row.IsNull(5) ? std::nullopt : std::optional(row.Int(5))};
}

/// Writes OBSMON_FOLDER_COLUMNS.
template <typename Sink>
void WriteFolder(Sink& sink, const FolderStamp& folder) {
  sink.Text(folder.path);
  sink.Int(folder.exists ? 1 : 0);
  WriteFileId(sink, folder.file_id);
  sink.Int(ToNanos(folder.modified));
  sink.IntOrNull(folder.num_plain_files);
  sink.Int(ToNanos(folder.changed));
}

// --- events

/// As PostgreSQL writes a timestamp into 25 characters, with the blank that the prototype replaced: a
/// fraction has five digits at most, and none where it would end in zeros. No time is the prototype's string
/// of zeros.
std::string EventTime(const std::optional<UtcTime>& time);

inline constexpr std::string_view kEventColumns = "number, status, message, found_time, event_time";

/// Writes kEventColumns.
template <typename Sink>
void WriteEvent(Sink& sink, const FileEvent& event) {
  sink.Int(event.number);
  sink.Text(event.status);
  sink.Text(event.message);
  sink.Text(EventTime(event.found_time));
  sink.Text(EventTime(event.event_time));
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_STORED_ROWS_H_
