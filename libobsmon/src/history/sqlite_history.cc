#include "history/sqlite_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "history/file_rows.h"
#include "history/history_file.h"
#include "history/latency_rows.h"
#include "history/night_row.h"
#include "history/packs.h"
#include "history/postgres_history.h"
#include "history/sqlite_sink.h"
#include "history/takeover.h"
#include "sqlite/sqlite.h"
#include "status_macros.h"

namespace obsmon {
namespace {

constexpr std::string_view kSelectNights = "SELECT " OBSMON_NIGHT_COLUMNS " FROM night ORDER BY number DESC";
constexpr std::string_view kSelectNightsOfVersion1 =
    "SELECT " OBSMON_NIGHT_COLUMNS_OF_VERSION_1 ", 0, 0, num_issues FROM night ORDER BY number DESC";
constexpr std::string_view kSelectNightsOfOlderVersion =
    "SELECT " OBSMON_NIGHT_COLUMNS_OF_VERSION_2 ", num_issues FROM night ORDER BY number DESC";
constexpr std::string_view kSelectFingerprint =
    "SELECT " OBSMON_FINGERPRINT_COLUMNS " FROM night WHERE number = ?1 AND registry_digest IS NOT NULL";
constexpr std::string_view kWriteFingerprint =
    "UPDATE night SET (" OBSMON_FINGERPRINT_COLUMNS ") = (?2, ?3, ?4, ?5, ?6) WHERE number = ?1";
constexpr std::string_view kSelectFolders =
    "SELECT beginning, since, folders FROM folder_pack WHERE night = ?1 ORDER BY position";
constexpr std::string_view kSelectFoldersOfOlderVersion =
    "SELECT path, present, device, inode, modified, NULL, NULL FROM folder WHERE night = ?1 ORDER BY "
    "position";
constexpr std::string_view kRemoveFolders = "DELETE FROM folder_pack WHERE night = ?1";
constexpr std::string_view kWriteFolders =
    "INSERT INTO folder_pack (night, position, beginning, since, folders) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr std::string_view kIsKnown = "SELECT 1 FROM night WHERE number = ?1";
constexpr std::string_view kTouch = "UPDATE night SET looked_at = ?2, registry_token = ?3 WHERE number = ?1";
// The fingerprint must not bring the next look to believe in the state of before.
constexpr std::string_view kSetUnknown =
    "UPDATE night SET state = ?2, trouble = ?3, looked_at = ?4, num_issues = 0, num_hiding = 0, trusted = 0 "
    "WHERE number = "
    "?1";
constexpr std::string_view kForgetPrototypesEvents = "DELETE FROM prototype_file_list_gen3 WHERE Nite = ?1";
constexpr std::string_view kForgetPrototypesEventCounts =
    "DELETE FROM prototype_file_count_gen3 WHERE Nite_Obs = ?1";
constexpr std::string_view kForgetPrototypesTransfers =
    "DELETE FROM prototype_transfer WHERE Nite_Trans = ?1";
constexpr std::string_view kForgetPrototypesIngests = "DELETE FROM prototype_ingest WHERE Nite_Obs = ?1";

// A look at one night recalls its neighbours too, some of which are never put.
constexpr std::size_t kMostNightsRead = 4;
constexpr std::size_t kRowsThatFillTheCache = 100'000;

class SqliteHistory final : public History {
 public:
  explicit SqliteHistory(HistoryFile file)
      : copy_(std::move(file.copy)),
        database_(std::move(file.database)),
        contents_(file.contents),
        writable_(file.writable) {}

  absl::StatusOr<std::vector<NightSummary>> Nights() override { return Explained(ReadNights()); }
  absl::StatusOr<std::optional<NightFingerprint>> Fingerprint(Night night) override {
    return Explained(ReadFingerprint(night));
  }

  absl::StatusOr<std::optional<EarlierLook>> Recall(Night night) override {
    if (contents_ != Contents::kHistory) return std::nullopt;
    return Explained(ReadEarlierLook(night));
  }

  absl::Status Begin() override;
  absl::Status Put(const NightReport& report, const NightFingerprint& fingerprint) override {
    return InRun([&] { return WriteNight(SummaryOf(report), report, &fingerprint); });
  }
  absl::Status Touch(Night night, UtcTime looked_at, std::string_view registry_token) override {
    return InRun([&] { return UpdateNight(kTouch, night, ToNanos(looked_at), registry_token); });
  }
  absl::Status PutUnknown(const NightReport& report, std::string_view trouble) override {
    return InRun([&] { return WriteUnknown(report, std::string(trouble)); });
  }
  absl::Status Commit() override;

 private:
  absl::StatusOr<std::vector<NightSummary>> ReadNights();
  absl::StatusOr<std::optional<NightFingerprint>> ReadFingerprint(Night night);
  absl::StatusOr<std::vector<FolderStamp>> ReadFolders(Night night);
  absl::StatusOr<std::optional<EarlierLook>> ReadEarlierLook(Night night);
  absl::StatusOr<bool> IsKnown(Night night);

  absl::Status WriteNight(const NightSummary& summary, const NightReport& report,
                          const NightFingerprint* fingerprint);
  absl::Status WriteUnknown(const NightReport& report, const std::string& trouble);
  absl::Status WriteFingerprint(Night night, const NightFingerprint& fingerprint);
  absl::Status WriteFolders(Night night, const std::vector<FolderStamp>& folders);
  absl::Status ForgetPrototypes(Night night);
  absl::Status ForgetPrototypesEvents(Night night);
  template <typename... Values>
  absl::Status UpdateNight(std::string_view sql, Night night, const Values&... values);

  template <typename T>
  static absl::StatusOr<T> Explained(absl::StatusOr<T> result) {
    if (!result.ok()) return Explain(result.status());
    return result;
  }
  /// Carries out one change of a run. When it fails the run is over and taken back, so that no Commit can
  /// follow that would make half a change visible.
  template <typename Change>
  absl::Status InRun(Change change);

  std::optional<sqlite::PrivateFolder> copy_;  // outlives the connection
  sqlite::Connection database_;
  Contents contents_;
  bool writable_;
  std::map<Night, ReadNight> read_;  // in this run, and not written since
};

absl::StatusOr<std::vector<NightSummary>> SqliteHistory::ReadNights() {
  std::vector<NightSummary> nights;
  if (contents_ == Contents::kPrototype) {
    OBSMON_ASSIGN_OR_RETURN(nights, ReadPrototypesNights(database_));
    std::ranges::sort(nights, std::greater{}, &NightSummary::night);
    return nights;
  }
  const bool is_version1 = contents_ == Contents::kVersion1;
  const bool is_older = contents_ == Contents::kOlder;
  {
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row,
                            database_.Prepared(is_version1 ? kSelectNightsOfVersion1
                                               : is_older  ? kSelectNightsOfOlderVersion
                                                           : kSelectNights));
    for (;;) {
      OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      nights.push_back(ReadNightRow(*row));
    }
  }
  if (!is_version1) OBSMON_RETURN_IF_ERROR(ReadLatencies(database_, nights));
  return nights;
}

absl::StatusOr<std::optional<NightFingerprint>> SqliteHistory::ReadFingerprint(Night night) {
  if (contents_ == Contents::kPrototype) return std::nullopt;
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, database_.Prepared(kSelectFingerprint));
  row->Bind(1, night.yyyymmdd());
  OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return std::nullopt;
  NightFingerprint fingerprint = obsmon::ReadFingerprint(*row);
  OBSMON_ASSIGN_OR_RETURN(fingerprint.folders, ReadFolders(night));
  return fingerprint;
}

absl::StatusOr<std::vector<FolderStamp>> SqliteHistory::ReadFolders(Night night) {
  const bool is_older = contents_ != Contents::kHistory;
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row,
                          database_.Prepared(is_older ? kSelectFoldersOfOlderVersion : kSelectFolders));
  row->Bind(1, night.yyyymmdd());
  std::vector<FolderStamp> folders;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return folders;
    if (is_older) {
      folders.push_back(ReadFolder(*row, row->Text(0)));
      continue;
    }
    const Pack pack{
        .beginning = std::string(row->Text(0)), .since = row->Int(1), .files = std::string(row->Text(2))};
    if (!AppendFolders(pack, folders)) {
      return absl::DataLossError(
          fmt::format("{}: the folders of {} are damaged in it", database_.file(), night.ToString()));
    }
  }
}

absl::StatusOr<std::optional<EarlierLook>> SqliteHistory::ReadEarlierLook(Night night) {
  static const std::string sql = fmt::format("SELECT {} FROM night WHERE number = ?1", kEarlierLookColumns);
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, database_.Prepared(sql));
  row->Bind(1, night.yyyymmdd());
  OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
  std::optional<EarlierLook> earlier = found ? BeginRecall(*row) : std::nullopt;
  if (!earlier) return earlier;
  // Whoever has begun to write will put the night, by what was read of it.
  ReadNight read;
  const bool is_run = database_.InTransaction();
  OBSMON_RETURN_IF_ERROR(RecallRows(database_, night, *earlier, is_run ? &read : nullptr));
  if (read_.size() >= kMostNightsRead) read_.clear();
  if (is_run) read_.insert_or_assign(night, std::move(read));
  OBSMON_ASSIGN_OR_RETURN(earlier->folders, ReadFolders(night));
  // So many have filled the cache, with what is not read again.
  if (earlier->files.size() >= kRowsThatFillTheCache) {
    OBSMON_RETURN_IF_ERROR(database_.Execute("PRAGMA shrink_memory"));
  }
  return earlier;
}

absl::StatusOr<bool> SqliteHistory::IsKnown(Night night) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement row, database_.Prepared(kIsKnown));
  row->Bind(1, night.yyyymmdd());
  return row->Step();
}

template <typename Change>
absl::Status SqliteHistory::InRun(Change change) {
  if (!database_.InTransaction()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: no run is open, or an error has ended it; call Begin first", database_.file()));
  }
  absl::Status status = change();
  if (status.ok() || absl::IsInvalidArgument(status)) return status;
  read_.clear();
  if (database_.InTransaction()) database_.Execute("ROLLBACK").IgnoreError();
  return Explain(status);
}

absl::Status SqliteHistory::Begin() {
  if (!writable_) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: the history is open for reading alone; open it with History::Open", database_.file()));
  }
  read_.clear();
  return Explain(database_.Execute("BEGIN IMMEDIATE"));
}

// Where a reader does not leave in time the run stays open: Commit may be called again.
absl::Status SqliteHistory::Commit() {
  if (!database_.InTransaction()) return InRun([] { return absl::OkStatus(); });
  const absl::Status status = database_.Execute("COMMIT");
  if (!status.ok() && !absl::IsUnavailable(status) && database_.InTransaction()) {
    database_.Execute("ROLLBACK").IgnoreError();
  }
  return Explain(status);
}

absl::Status SqliteHistory::WriteNight(const NightSummary& summary, const NightReport& report,
                                       const NightFingerprint* fingerprint) {
  const NightEvidence& evidence = report.evidence;
  OBSMON_RETURN_IF_ERROR(CheckVerdicts(report, database_.file()));
  auto node = read_.extract(report.night);
  const ReadNight read = node.empty() ? ReadNight() : std::move(node.mapped());
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database_.Prepared(kWriteNight));
  OBSMON_RETURN_IF_ERROR(WriteNightRow(*write, summary));
  if (fingerprint != nullptr) OBSMON_RETURN_IF_ERROR(WriteFingerprint(report.night, *fingerprint));
  std::vector<UtcTime> arrivals;  // which are asked for where there are events
  if (!evidence.events.empty()) {
    arrivals.assign(evidence.transfers.arrival_time().begin(), evidence.transfers.arrival_time().end());
  }
  OBSMON_RETURN_IF_ERROR(ReplaceTransfers(database_, report.night, evidence.transfers, report.match.verdict,
                                          read.transfers, arrivals)
                             .status());
  OBSMON_RETURN_IF_ERROR(ReplaceIngests(database_, report.night, evidence.ingests, read.ingests).status());
  OBSMON_RETURN_IF_ERROR(
      ReplaceEvents(database_, report.night, evidence.events, evidence.transfers, arrivals));
  if (!evidence.events.empty()) OBSMON_RETURN_IF_ERROR(ForgetPrototypesEvents(report.night));
  OBSMON_RETURN_IF_ERROR(WriteLatencies(database_, report.night, report.latency));
  OBSMON_RETURN_IF_ERROR(ReplaceAbsent(database_, report.night, evidence.expected, report.match.absent));
  return ForgetPrototypes(report.night);
}

absl::Status SqliteHistory::WriteUnknown(const NightReport& report, const std::string& trouble) {
  OBSMON_ASSIGN_OR_RETURN(const bool is_known, IsKnown(report.night));
  const auto unknown = static_cast<std::int64_t>(NightState::kUnknown);
  if (is_known) {
    return UpdateNight(kSetUnknown, report.night, unknown, std::string_view(trouble), ToNanos(report.as_of));
  }
  return WriteNight(UnknownSummaryOf(report, trouble), report, nullptr);
}

absl::Status SqliteHistory::WriteFingerprint(Night night, const NightFingerprint& fingerprint) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database_.Prepared(kWriteFingerprint));
  write->Bind(1, night.yyyymmdd());
  SqliteSink sink(*write, 1);
  obsmon::WriteFingerprint(sink, fingerprint);
  OBSMON_RETURN_IF_ERROR(write->Run());
  OBSMON_ASSIGN_OR_RETURN(const std::vector<FolderStamp> before, ReadFolders(night));
  return before == fingerprint.folders ? absl::OkStatus() : WriteFolders(night, fingerprint.folders);
}

absl::Status SqliteHistory::WriteFolders(Night night, const std::vector<FolderStamp>& folders) {
  OBSMON_RETURN_IF_ERROR(UpdateNight(kRemoveFolders, night));
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement write, database_.Prepared(kWriteFolders));
  Pack pack;
  for (std::size_t position = 0; position < folders.size();) {
    const std::size_t size = MakePack(std::span(folders).subspan(position), pack);
    write->Bind(1, night.yyyymmdd()).Bind(2, static_cast<std::int64_t>(position));
    BindPath(*write, 3, pack.beginning);
    write->Bind(4, pack.since).BindNoCopy(5, pack.files);
    OBSMON_RETURN_IF_ERROR(write->Run());
    position += size;
  }
  return absl::OkStatus();
}

// What obsmon has seen replaces what the prototype had: its ghosts of files replaced and removed go with it.
absl::Status SqliteHistory::ForgetPrototypes(Night night) {
  const std::string name = night.ToString();
  for (const std::string_view sql : {kForgetPrototypesTransfers, kForgetPrototypesIngests}) {
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement forget, database_.Prepared(sql));
    OBSMON_RETURN_IF_ERROR(forget->Bind(1, name).Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteHistory::ForgetPrototypesEvents(Night night) {
  const std::string name = night.ToString();
  for (const std::string_view sql : {kForgetPrototypesEvents, kForgetPrototypesEventCounts}) {
    OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement forget, database_.Prepared(sql));
    OBSMON_RETURN_IF_ERROR(forget->Bind(1, name).Run());
  }
  return absl::OkStatus();
}

template <typename... Values>
absl::Status SqliteHistory::UpdateNight(std::string_view sql, Night night, const Values&... values) {
  OBSMON_ASSIGN_OR_RETURN(const sqlite::BorrowedStatement update, database_.Prepared(sql));
  int position = 1;
  update->Bind(position, night.yyyymmdd());
  (update->Bind(++position, values), ...);
  return update->Run();
}

absl::StatusOr<std::unique_ptr<History>> Opened(absl::StatusOr<HistoryFile> file) {
  if (!file.ok()) return file.status();
  return std::make_unique<SqliteHistory>(*std::move(file));
}

}  // namespace

absl::StatusOr<std::unique_ptr<History>> OpenHistory(const std::filesystem::path& output_dir,
                                                     std::chrono::milliseconds busy_timeout,
                                                     const std::stop_token& stop) {
  return Opened(OpenHistoryFile(output_dir, busy_timeout, sqlite::OpenMode::kReadWrite, stop));
}

absl::StatusOr<std::unique_ptr<History>> OpenHistoryReadOnly(const std::filesystem::path& output_dir,
                                                             std::chrono::milliseconds busy_timeout,
                                                             const std::stop_token& stop) {
  return Opened(OpenHistoryFileReadOnly(output_dir, busy_timeout, stop));
}

absl::StatusOr<std::unique_ptr<History>> OpenHistoryUnder(const OutputLock& lock,
                                                          const std::filesystem::path& output_dir,
                                                          const std::stop_token& stop) {
  return Opened(OpenHistoryFile(
      output_dir, kBusyTimeout,
      lock.is_kept_by_kernel() ? sqlite::OpenMode::kReadWrite : sqlite::OpenMode::kReadWriteUnlocked, stop));
}

absl::StatusOr<std::unique_ptr<History>> History::Open(const std::filesystem::path& output_dir) {
  return OpenHistory(output_dir, kBusyTimeout);
}

absl::StatusOr<std::unique_ptr<History>> History::OpenReadOnly(const std::filesystem::path& output_dir) {
  return OpenHistoryReadOnly(output_dir, kBusyTimeout);
}

absl::StatusOr<std::unique_ptr<History>> History::Open(const StreamOutput& output,
                                                       const std::stop_token& stop) {
  if (output.history.IsGiven()) return OpenSharedHistory(output, stop);
  return OpenHistory(output.output_dir, kBusyTimeout, stop);
}

absl::StatusOr<std::unique_ptr<History>> History::OpenReadOnly(const StreamOutput& output,
                                                               const std::stop_token& stop) {
  if (output.history.IsGiven()) return OpenSharedHistoryReadOnly(output, stop);
  return OpenHistoryReadOnly(output.output_dir, kBusyTimeout, stop);
}

}  // namespace obsmon
