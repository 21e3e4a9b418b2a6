#include "history/postgres_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/copy_rows.h"
#include "history/merge_rows.h"
#include "history/night_row.h"
#include "history/postgres_schema.h"
#include "history/stored_rows.h"
#include "history/stream_place.h"
#include "postgres/logins.h"
#include "postgres/postgres.h"
#include "status_macros.h"

namespace obsmon {
namespace {

using postgres::Connection;
using postgres::Value;

// What is deleted by one statement.
constexpr std::size_t kPathsAtOnce = 5000;

// Another run may be doing the same. Each attempt takes a number, of which there are not so many: only where
// there is no such stream yet.
constexpr std::string_view kAddStream =
    "INSERT INTO obsmon.stream (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
constexpr std::string_view kFindStream = "SELECT id FROM obsmon.stream WHERE name = $1";
constexpr std::string_view kHolder = "SELECT holder FROM obsmon.stream WHERE id = $1";
constexpr std::string_view kIsStillOurs = "SELECT 1 FROM obsmon.stream WHERE id = $1 AND run = $2 FOR SHARE";
constexpr std::string_view kTouchStreamsNight =
    "UPDATE obsmon.night SET looked_at = $3, registry_token = $4 WHERE stream = $1 AND number = $2";
// The fingerprint must not bring the next look to believe in the state of before.
constexpr std::string_view kSetStreamsNightUnknown =
    "UPDATE obsmon.night SET state = $3, trouble = $4, looked_at = $5, num_issues = 0, num_hiding = 0,"
    " trusted = 0"
    " WHERE stream = $1 AND number = $2 RETURNING 1";

/// A status with what it means for the history, and what to do.
absl::Status Explained(const absl::Status& status, bool writable) {
  const std::string_view kept =
      writable ? "; nothing of this was kept in the history: run again when that is mended"
               : "; the history can't be read until that is mended";
  if (status.ok() || absl::IsCancelled(status) || absl::IsAborted(status) ||
      absl::IsInvalidArgument(status) || absl::IsNotFound(status)) {
    return status;
  }
  return {status.code(), fmt::format("{}{}", std::string(status.message()), kept)};
}

absl::StatusOr<std::unique_ptr<Connection>> Connect(const SharedHistory& shared,
                                                    const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(const postgres::Login login, postgres::LoginFor(shared.uri, shared.logins));
  return Connection::Open(login, {.silence = shared.busy_timeout, .stop = stop});
}

absl::Status Run(Connection& connection, std::string_view sql, std::span<const Value> values = {}) {
  return RunForInt(connection, sql, values).status();
}

/// The right to write a stream: an advisory lock of a transaction that stays open and does nothing. So it may
/// go through a pooler, which keeps a server's session for it, and goes with the process.
class StreamLock {
 public:
  static absl::StatusOr<StreamLock> Acquire(const SharedHistory& shared, const std::stop_token& stop,
                                            std::string_view name, std::int64_t stream) {
    OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connect(shared, stop));
    OBSMON_RETURN_IF_ERROR(connection->BeginWriting());
    OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> is_ours,
                            RunForInt(*connection, fmt::format("SELECT pg_try_advisory_xact_lock({}, {})",
                                                               kAdvisoryLocks, stream)));
    if (is_ours.value_or(0) != 0) {
      // It ends the answer to the question before, which would keep a snapshot, and the server from tidying
      // up.
      OBSMON_RETURN_IF_ERROR(connection->Execute("SET LOCAL application_name = 'obsmon: lock of a stream'"));
      return StreamLock(std::move(connection));
    }
    const std::array values = {Value{stream}};
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row, connection->Query(kHolder, values));
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    const std::string holder = found ? FromStoredText(row->Text(0)) : std::string();
    return absl::AbortedError(fmt::format("{}: stream '{}' is being updated by {}", connection->shown(), name,
                                          holder.empty() ? "another process" : holder));
  }

 private:
  explicit StreamLock(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  std::unique_ptr<Connection> connection_;
};

/// Who may write: the run with this number, and its lock.
struct Writer {
  StreamLock lock;
  std::int64_t run = 0;
};

/// The table `event`, as those of stored_rows.h. Its texts are compared as they are stored.
struct EventRows {
  struct Stored {
    std::int64_t number = 0;
    std::array<std::string, 4> texts{};  ///< the columns that follow

    friend bool operator==(const Stored&, const Stored&) = default;
  };
  static constexpr std::string_view kTable = "event";
  static constexpr std::string_view kRead = kEventColumns;
  static constexpr std::string_view kWritten = kEventColumns;

  std::span<const FileEvent> events;

  Stored operator[](std::size_t row) const {
    const FileEvent& event = events[row];
    return {.number = event.number,
            .texts = {StoredText(event.status), StoredText(event.message), EventTime(event.found_time),
                      EventTime(event.event_time)}};
  }
  static Stored Read(const postgres::Rows& row) {
    Stored stored{.number = row.Int(1)};
    for (std::size_t i = 0; i < stored.texts.size(); ++i) stored.texts[i] = row.Text(static_cast<int>(i) + 2);
    return stored;
  }
  static void Write(CopyRows& copy, const Stored& row) {
    copy.Int(row.number);
    for (const std::string& text : row.texts) copy.TextAsIs(text);
  }
  static void Keep(const Stored& /*before*/, Stored& /*now*/) {}
};

class PostgresHistory final : public History {
 public:
  PostgresHistory(std::unique_ptr<Connection> connection, std::int64_t stream, std::optional<Writer> writer)
      : connection_(std::move(connection)), stream_(stream), writer_(std::move(writer)) {}

  absl::StatusOr<std::vector<NightSummary>> Nights() override {
    return Reading([this] { return ReadNights(); });
  }
  absl::StatusOr<std::optional<NightFingerprint>> Fingerprint(Night night) override {
    return Reading([&] { return ReadNightsFingerprint(night); });
  }
  absl::StatusOr<std::optional<EarlierLook>> Recall(Night night) override {
    return Reading([&] { return ReadEarlierLook(night); });
  }

  absl::Status Begin() override;
  absl::Status Put(const NightReport& report, const NightFingerprint& fingerprint) override {
    return InRun([&] { return WriteNight(SummaryOf(report), report, &fingerprint); });
  }
  absl::Status Touch(Night night, UtcTime looked_at, std::string_view registry_token) override {
    return InRun([&] {
      const std::string token = StoredText(registry_token);
      return Run(*connection_, kTouchStreamsNight,
                 std::array{Value{stream_}, NumberOf(night), Value{ToNanos(looked_at)},
                            Value{std::string_view(token)}});
    });
  }
  absl::Status PutUnknown(const NightReport& report, std::string_view trouble) override {
    return InRun([&] { return WriteUnknown(report, std::string(trouble)); });
  }
  absl::Status Commit() override;

 private:
  static Value NumberOf(Night night) { return std::int64_t{night.yyyymmdd()}; }
  /// Of the rows of a night.
  std::string Where(Night night) const {
    return fmt::format("WHERE stream = {} AND night = {}", stream_, night.yyyymmdd());
  }

  absl::StatusOr<std::vector<NightSummary>> ReadNights();
  absl::StatusOr<std::optional<NightFingerprint>> ReadNightsFingerprint(Night night);
  absl::StatusOr<std::vector<FolderStamp>> ReadFolders(Night night);
  absl::StatusOr<std::optional<EarlierLook>> ReadEarlierLook(Night night);
  absl::StatusOr<std::optional<EarlierLook>> BeginRecallOf(Night night);
  template <typename Rows>
  absl::Status RecallRows(Night night, EarlierLook& earlier);
  template <typename Rows>
  absl::StatusOr<std::unique_ptr<postgres::Rows>> Select(Night night);

  absl::Status WriteNight(const NightSummary& summary, const NightReport& report,
                          const NightFingerprint* fingerprint);
  absl::Status WriteUnknown(const NightReport& report, const std::string& trouble);
  absl::Status WriteSummary(const NightSummary& summary, const NightFingerprint* fingerprint);
  absl::Status WriteFolders(Night night, std::span<const FolderStamp> folders);
  absl::Status WriteLatencies(Night night, const Latencies& latency);
  absl::Status WriteEvents(Night night, std::span<const FileEvent> events);
  /// Makes a night's rows in the table of `Rows` those of `now`.
  template <typename Rows>
  absl::Status Merge(Night night, const Rows& rows, std::span<const KeyedRow> now);
  template <typename Rows>
  absl::Status RemovePaths(Night night, std::span<const std::string_view> paths);
  /// A copy into a table of a night, all of whose rows are replaced.
  absl::StatusOr<CopyRows> ReplaceAll(std::string_view table, Night night, std::string_view columns);
  void BeginRow(CopyRows& copy, Night night) const;

  /// One state of the database for all that is read, unless a run is open.
  template <typename Read>
  auto Reading(Read read) -> decltype(read());
  /// Carries out one change of a run. When it fails the run is over and taken back, so that no Commit can
  /// follow that would make half a change visible.
  template <typename Change>
  absl::Status InRun(Change change);
  absl::Status BeginTransaction();
  void TakeBack();

  std::unique_ptr<Connection> connection_;
  std::int64_t stream_;
  std::optional<Writer> writer_;  // absent: for reading alone
  bool in_run_ = false;
  bool in_transaction_ =
      false;  // from a run's first change on: looks take long, and nobody is to wait for them
};

// --- transactions

template <typename Read>
auto PostgresHistory::Reading(Read read) -> decltype(read()) {
  const bool is_alone = !in_transaction_;
  if (is_alone) {
    if (absl::Status begun = connection_->BeginReadingOurs(); !begun.ok())
      return Explained(begun, writer_.has_value());
  }
  auto result = read();
  absl::Status status;
  if constexpr (std::is_same_v<decltype(result), absl::Status>) {
    status = result;
  } else {
    status = result.status();
  }
  if (is_alone) {
    connection_->Execute("ROLLBACK").IgnoreError();  // there is nothing to keep
  } else if (!status.ok()) {
    TakeBack();
  }
  if (!status.ok()) return Explained(postgres::WithPlace(status, *connection_), writer_.has_value());
  return result;
}

void PostgresHistory::TakeBack() {
  if (in_transaction_) connection_->Execute("ROLLBACK").IgnoreError();
  in_transaction_ = false;
  in_run_ = false;
}

template <typename Change>
absl::Status PostgresHistory::InRun(Change change) {
  if (!in_run_) {
    return absl::FailedPreconditionError(
        fmt::format("{}: no run is open, or an error has ended it; call Begin first", connection_->shown()));
  }
  absl::Status status = in_transaction_ ? absl::OkStatus() : BeginTransaction();
  if (status.ok()) status = change();
  if (status.ok() || absl::IsInvalidArgument(status)) return status;
  TakeBack();
  return Explained(status, true);
}

absl::Status PostgresHistory::BeginTransaction() {
  OBSMON_RETURN_IF_ERROR(connection_->BeginWriting());
  in_transaction_ = true;
  OBSMON_ASSIGN_OR_RETURN(
      const std::optional<std::int64_t> is_ours,
      RunForInt(*connection_, kIsStillOurs, std::array{Value{stream_}, Value{writer_->run}}));
  if (is_ours) return absl::OkStatus();
  return absl::AbortedError(fmt::format(
      "{}: another run has taken this stream over, after the connection that held its lock was lost",
      connection_->shown()));
}

absl::Status PostgresHistory::Begin() {
  if (!writer_) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: the history is open for reading alone; open it with History::Open", connection_->shown()));
  }
  in_run_ = true;
  return absl::OkStatus();
}

absl::Status PostgresHistory::Commit() {
  if (!in_run_) return InRun([] { return absl::OkStatus(); });
  in_run_ = false;
  if (!std::exchange(in_transaction_, false)) return absl::OkStatus();
  return Explained(connection_->Execute("COMMIT"), true);
}

// --- reading

absl::StatusOr<std::vector<NightSummary>> PostgresHistory::ReadNights() {
  std::vector<NightSummary> nights;
  OBSMON_ASSIGN_OR_RETURN(
      const std::unique_ptr<postgres::Rows> row,
      connection_->Query(fmt::format("SELECT " OBSMON_NIGHT_COLUMNS
                                     " FROM obsmon.night WHERE stream = {} ORDER BY number DESC",
                                     stream_)));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    nights.push_back(ReadNightRow(*row));
    nights.back().trouble = FromStoredText(nights.back().trouble);
  }
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> latency,
                          connection_->Query(fmt::format("SELECT {} FROM obsmon.latency WHERE stream = {}",
                                                         kLatencyColumns, stream_)));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, latency->Step());
    if (!found) return nights;
    TakeLatency(*latency, nights);
  }
}

absl::StatusOr<std::optional<NightFingerprint>> PostgresHistory::ReadNightsFingerprint(Night night) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row,
                          connection_->Query(fmt::format(
                              "SELECT " OBSMON_FINGERPRINT_COLUMNS
                              " FROM obsmon.night WHERE stream = {} AND number = {} AND registry_digest IS "
                              "NOT NULL",
                              stream_, night.yyyymmdd())));
  std::optional<NightFingerprint> fingerprint;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    fingerprint = ReadFingerprint(*row);
  }
  if (!fingerprint) return fingerprint;
  fingerprint->registry_token = FromStoredText(fingerprint->registry_token);
  OBSMON_ASSIGN_OR_RETURN(fingerprint->folders, ReadFolders(night));
  return fingerprint;
}

absl::StatusOr<std::vector<FolderStamp>> PostgresHistory::ReadFolders(Night night) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row,
                          connection_->Query(fmt::format("SELECT {} FROM obsmon.folder {} ORDER BY position",
                                                         OBSMON_FOLDER_COLUMNS, Where(night))));
  std::vector<FolderStamp> folders;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return folders;
    folders.push_back(ReadFolder(*row, FromStoredText(row->Text(0))));
  }
}

template <typename Rows>
absl::StatusOr<std::unique_ptr<postgres::Rows>> PostgresHistory::Select(Night night) {
  return connection_->Query(fmt::format("SELECT path, {} FROM obsmon.{} {} ORDER BY path", Rows::kRead,
                                        Rows::kTable, Where(night)));
}

absl::StatusOr<std::optional<EarlierLook>> PostgresHistory::ReadEarlierLook(Night night) {
  OBSMON_ASSIGN_OR_RETURN(std::optional<EarlierLook> earlier, BeginRecallOf(night));
  if (!earlier) return earlier;
  OBSMON_RETURN_IF_ERROR(RecallRows<TransferRows>(night, *earlier));
  OBSMON_RETURN_IF_ERROR(RecallRows<AbsentRows>(night, *earlier));
  OBSMON_RETURN_IF_ERROR(RecallRows<IngestRows>(night, *earlier));
  OBSMON_ASSIGN_OR_RETURN(earlier->folders, ReadFolders(night));
  return earlier;
}

absl::StatusOr<std::optional<EarlierLook>> PostgresHistory::BeginRecallOf(Night night) {
  OBSMON_ASSIGN_OR_RETURN(
      const std::unique_ptr<postgres::Rows> row,
      connection_->Query(fmt::format("SELECT {} FROM obsmon.night WHERE stream = {} AND number = {}",
                                     kEarlierLookColumns, stream_, night.yyyymmdd())));
  std::optional<EarlierLook> earlier;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return earlier;
    earlier = BeginRecall(*row);
  }
}

template <typename Rows>
absl::Status PostgresHistory::RecallRows(Night night, EarlierLook& earlier) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row, Select<Rows>(night));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return absl::OkStatus();
    Rows::Recall(Rows::Read(*row), FromStoredText(row->Text(0)), earlier);
  }
}

// --- writing

void PostgresHistory::BeginRow(CopyRows& copy, Night night) const {
  copy.BeginRow();
  copy.Int32(static_cast<std::int32_t>(stream_));
  copy.Int(night.yyyymmdd());
}

absl::StatusOr<CopyRows> PostgresHistory::ReplaceAll(std::string_view table, Night night,
                                                     std::string_view columns) {
  OBSMON_RETURN_IF_ERROR(Run(*connection_, fmt::format("DELETE FROM obsmon.{} {}", table, Where(night))));
  return CopyRows(*connection_, fmt::format("obsmon.{}", table), fmt::format("stream, night, {}", columns));
}

absl::Status PostgresHistory::WriteNight(const NightSummary& summary, const NightReport& report,
                                         const NightFingerprint* fingerprint) {
  OBSMON_RETURN_IF_ERROR(CheckVerdicts(report, connection_->shown()));
  const NightEvidence& evidence = report.evidence;
  const Night night = report.night;
  const auto all = [](std::size_t) { return true; };
  StoredPaths keys;
  OBSMON_RETURN_IF_ERROR(WriteSummary(summary, fingerprint));
  OBSMON_RETURN_IF_ERROR(Merge(night,
                               TransferRows{.table = evidence.transfers, .verdicts = report.match.verdict},
                               RowsInKeyOrder(evidence.transfers.path(), keys, all)));
  OBSMON_RETURN_IF_ERROR(Merge(night, IngestRows{.table = evidence.ingests},
                               RowsInKeyOrder(evidence.ingests.path(), keys, [&](std::size_t row) {
                                 return evidence.ingests.night()[row] == night;
                               })));
  const StringColumn absent = PathsOf(evidence.expected, report.match.absent);
  OBSMON_RETURN_IF_ERROR(Merge(night,
                               AbsentRows{.expected = evidence.expected, .absent = report.match.absent},
                               RowsInKeyOrder(absent, keys, all)));
  OBSMON_RETURN_IF_ERROR(WriteLatencies(night, report.latency));
  return WriteEvents(night, evidence.events);
}

absl::Status PostgresHistory::WriteUnknown(const NightReport& report, const std::string& trouble) {
  const std::string stored = StoredText(trouble);
  OBSMON_ASSIGN_OR_RETURN(
      const std::optional<std::int64_t> is_known,
      RunForInt(*connection_, kSetStreamsNightUnknown,
                std::array{Value{stream_}, NumberOf(report.night),
                           Value{static_cast<std::int64_t>(NightState::kUnknown)},
                           Value{std::string_view(stored)}, Value{ToNanos(report.as_of)}}));
  if (is_known) return absl::OkStatus();
  return WriteNight(UnknownSummaryOf(report, trouble), report, nullptr);
}

absl::Status PostgresHistory::WriteSummary(const NightSummary& summary, const NightFingerprint* fingerprint) {
  const Night night = summary.night;
  OBSMON_RETURN_IF_ERROR(Run(
      *connection_,
      fmt::format("DELETE FROM obsmon.night WHERE stream = {} AND number = {}", stream_, night.yyyymmdd())));
  CopyRows copy(*connection_, "obsmon.night",
                fingerprint != nullptr ? "stream, " OBSMON_NIGHT_COLUMNS ", " OBSMON_FINGERPRINT_COLUMNS
                                       : "stream, " OBSMON_NIGHT_COLUMNS ", trusted");
  copy.BeginRow();
  copy.Int32(static_cast<std::int32_t>(stream_));
  obsmon::WriteNight(copy, summary);
  if (fingerprint == nullptr) {
    copy.Int(0);
    return copy.Finish();
  }
  WriteFingerprint(copy, *fingerprint);
  OBSMON_RETURN_IF_ERROR(copy.Finish());
  OBSMON_ASSIGN_OR_RETURN(const std::vector<FolderStamp> before, ReadFolders(night));
  return before == fingerprint->folders ? absl::OkStatus() : WriteFolders(night, fingerprint->folders);
}

absl::Status PostgresHistory::WriteFolders(Night night, std::span<const FolderStamp> folders) {
  OBSMON_ASSIGN_OR_RETURN(CopyRows copy, ReplaceAll("folder", night, "position, " OBSMON_FOLDER_COLUMNS));
  std::int64_t position = 0;
  for (const FolderStamp& folder : folders) {
    BeginRow(copy, night);
    copy.Int(position++);
    WriteFolder(copy, folder);
    OBSMON_RETURN_IF_ERROR(copy.EndRow());
  }
  return copy.Finish();
}

absl::Status PostgresHistory::WriteLatencies(Night night, const Latencies& latency) {
  OBSMON_ASSIGN_OR_RETURN(CopyRows copy,
                          ReplaceAll("latency", night, kLatencyColumns.substr(kLatencyColumns.find("span"))));
  for (const LatencyKind& kind : kLatencyKinds) {
    if ((latency.*kind.of).files == 0) continue;
    BeginRow(copy, night);
    WriteLatency(copy, kind.name, latency.*kind.of);
  }
  return copy.Finish();
}

// Of several events with one path the last is kept, as in SQLite.
absl::Status PostgresHistory::WriteEvents(Night night, std::span<const FileEvent> events) {
  StoredPaths keys;
  std::vector<KeyedRow> now;
  for (std::size_t row = events.size(); row-- > 0;) {
    now.push_back({.key = keys(events[row].path), .row = static_cast<std::uint32_t>(row)});
  }
  SortByKey(now);
  const auto same_key = [](const KeyedRow& a, const KeyedRow& b) { return a.key == b.key; };
  now.erase(std::unique(now.begin(), now.end(), same_key), now.end());
  return Merge(night, EventRows{.events = events}, now);
}

template <typename Rows>
absl::Status PostgresHistory::Merge(Night night, const Rows& rows, std::span<const KeyedRow> now) {
  CopyRows copy(*connection_, fmt::format("obsmon.{}", Rows::kTable),
                fmt::format("stream, night, path, {}", Rows::kWritten));
  const auto write = [&](std::string_view path, const typename Rows::Stored& row) {
    BeginRow(copy, night);
    copy.TextAsIs(path);
    Rows::Write(copy, row);
    return copy.EndRow();
  };
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<postgres::Rows> before, Select<Rows>(night));
  OBSMON_ASSIGN_OR_RETURN(const bool was_known, before->Step());
  if (!was_known) {
    for (const KeyedRow& row : now) OBSMON_RETURN_IF_ERROR(write(row.key.path, rows[row.row]));
    return copy.Finish();
  }
  OBSMON_ASSIGN_OR_RETURN(const auto differences, Compare(*before, StoredPaths(), rows, now));
  before.reset();
  std::vector<std::string_view> outdated(differences.removed.begin(), differences.removed.end());
  for (const auto& written : differences.written) {
    if (!written.is_new) outdated.push_back(written.key.path);
  }
  OBSMON_RETURN_IF_ERROR(RemovePaths<Rows>(night, outdated));
  for (const auto& written : differences.written)
    OBSMON_RETURN_IF_ERROR(write(written.key.path, written.row));
  return copy.Finish();
}

template <typename Rows>
absl::Status PostgresHistory::RemovePaths(Night night, std::span<const std::string_view> paths) {
  const std::string sql =
      fmt::format("DELETE FROM obsmon.{} {} AND path = ANY($1::text[])", Rows::kTable, Where(night));
  while (!paths.empty()) {
    const auto some = paths.first(std::min(paths.size(), kPathsAtOnce));
    paths = paths.subspan(some.size());
    std::string list = "{";
    for (const std::string_view path : some) {
      list += list.size() == 1 ? "\"" : ",\"";
      for (const char c : path) {
        if (c == '"' || c == '\\') list += '\\';
        list += c;
      }
      list += '"';
    }
    list += '}';
    OBSMON_RETURN_IF_ERROR(Run(*connection_, sql, std::array{Value{std::string_view(list)}}));
  }
  return absl::OkStatus();
}

// --- opening

absl::StatusOr<std::unique_ptr<History>> OpenForWriting(const StreamOutput& output,
                                                        const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connect(output.history, stop));
  OBSMON_RETURN_IF_ERROR(PrepareSharedSchema(*connection));
  const std::string name = StoredText(output.name);
  const std::array values = {Value{std::string_view(name)}};
  OBSMON_ASSIGN_OR_RETURN(std::optional<std::int64_t> stream, RunForInt(*connection, kFindStream, values));
  if (!stream) {
    OBSMON_RETURN_IF_ERROR(Run(*connection, kAddStream, values));
    OBSMON_ASSIGN_OR_RETURN(stream, RunForInt(*connection, kFindStream, values));
  }
  if (!stream)
    return absl::InternalError(fmt::format("{}: stream '{}' is gone", connection->shown(), output.name));
  OBSMON_ASSIGN_OR_RETURN(StreamLock lock, StreamLock::Acquire(output.history, stop, output.name, *stream));
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t run, BeginRun(*connection, *stream, output));
  return std::make_unique<PostgresHistory>(std::move(connection), *stream,
                                           Writer{.lock = std::move(lock), .run = run});
}

absl::StatusOr<std::unique_ptr<History>> OpenForReading(const StreamOutput& output,
                                                        const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connect(output.history, stop));
  OBSMON_RETURN_IF_ERROR(CheckSharedSchema(*connection));
  const std::string name = StoredText(output.name);
  OBSMON_ASSIGN_OR_RETURN(const std::optional<std::int64_t> stream,
                          RunForInt(*connection, kFindStream, std::array{Value{std::string_view(name)}}));
  if (!stream) {
    return absl::NotFoundError(
        fmt::format("{}: there is no history of stream '{}' yet; run `obsmon update` first",
                    connection->shown(), output.name));
  }
  return std::make_unique<PostgresHistory>(std::move(connection), *stream, std::nullopt);
}

}  // namespace

absl::StatusOr<std::unique_ptr<History>> OpenSharedHistory(const StreamOutput& output,
                                                           const std::stop_token& stop) {
  absl::StatusOr<std::unique_ptr<History>> history = OpenForWriting(output, stop);
  if (!history.ok()) return Explained(history.status(), true);
  return history;
}

absl::StatusOr<std::unique_ptr<History>> OpenSharedHistoryReadOnly(const StreamOutput& output,
                                                                   const std::stop_token& stop) {
  absl::StatusOr<std::unique_ptr<History>> history = OpenForReading(output, stop);
  if (!history.ok()) return Explained(history.status(), false);
  return history;
}

}  // namespace obsmon
