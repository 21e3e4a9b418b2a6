#include "history/earlier_files.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "files/folder_stamps.h"
#include "history/copy_rows.h"
#include "history/stored_rows.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

// Longer than the pauses of a transfer; and every look asks for the files of so long a time.
constexpr std::chrono::minutes kSettledAfter{15};

StoredTransfer FactsOf(const TransferTable& files, std::size_t row) {
  return TransferRows{.table = files, .verdicts = {}}.Facts(row);
}

// What `known` has of `path`. A shared history knows a very long path by its key alone.
template <typename Known>
auto Find(const Known& known, std::string_view path) {
  const auto found = known.find(path);
  if (found != known.end() || path.size() <= StoredPaths::kNeverShortened) return found;
  return known.find(StoredPaths()(path).path);
}

}  // namespace

EarlierFiles::EarlierFiles(EarlierLook earlier)
    : earlier_(std::move(earlier)), folders_(earlier_.files.path()), link_folders_(earlier_.links.path) {
  std::ranges::sort(earlier_.folders, {}, &FolderStamp::path);
}

std::optional<std::size_t> EarlierFiles::RowOf(std::string_view path) const {
  if (path.size() <= StoredPaths::kNeverShortened) {
    const std::optional<RowsByFolder::Range> folder = folders_.Find(FolderOf(path));
    if (folder) return folders_.FindRow(path, *folder);
  }
  const StringColumn& paths = earlier_.files.path();
  std::call_once(asked_for_odd_path_, [&] {
    rows_.emplace(paths.size(), HashOfRow{&paths}, SamePath{&paths});
    for (std::uint32_t row = 0; row < paths.size(); ++row) rows_->insert(row);
  });
  const auto found = obsmon::Find(*rows_, path);
  return found == rows_->end() ? std::nullopt : std::optional<std::size_t>(*found);
}

std::optional<FolderStamp> EarlierFiles::FindFolder(std::string_view path) const {
  const auto known = std::ranges::lower_bound(earlier_.folders, path, {}, &FolderStamp::path);
  const bool is_known = known != earlier_.folders.end() && known->path == path;
  if (!is_known || !known->exists || IsRacy(*known, earlier_.found_at - kClocksApart)) return std::nullopt;
  return *known;
}

std::optional<KnownLink> EarlierFiles::FindLink(std::string_view path) const {
  const EarlierLook::Links& links = earlier_.links;
  const std::optional<std::size_t> row = link_folders_.FindRow(path);
  if (!row) return std::nullopt;
  return KnownLink{
      .target = links.target[*row], .made_at = links.ingest_time[*row], .file_id = links.file_id[*row]};
}

bool EarlierFiles::IsSettled(std::size_t row) const {
  const TransferTable& files = earlier_.files;
  return files.state()[row] == TransferState::kArrived &&
         files.arrival_time()[row] + kSettledAfter < earlier_.found_at &&
         files.creation_time()[row] < earlier_.found_at;
}

bool EarlierFiles::WasIngested(std::string_view path) const {
  const std::optional<std::size_t> found = RowOf(path);
  return found && earlier_.is_ingested[*found];
}

std::optional<TransferRow> EarlierFiles::Find(std::string_view path, const FileId& file_id,
                                              FolderChange of_its_folder) const {
  const std::optional<std::size_t> found = RowOf(path);
  if (!found || earlier_.files.file_id()[*found] != file_id || !IsSettled(*found)) return std::nullopt;
  if (of_its_folder == FolderChange::kChanged && !earlier_.is_ingested[*found]) return std::nullopt;
  return earlier_.files[*found];
}

std::optional<std::vector<TransferRow>> EarlierFiles::FilesOf(std::string_view path) const {
  const std::optional<RowsByFolder::Range> rows = folders_.Find(path);
  if (!rows) return std::nullopt;
  std::vector<TransferRow> files;
  files.reserve(rows->second - rows->first);
  for (std::size_t row = rows->first; row < rows->second; ++row) {
    if (!IsSettled(row)) return std::nullopt;
    files.push_back(earlier_.files[row]);
  }
  return files;
}

void EarlierFiles::Restore(TransferTable& transfers, ExpectedTable& expected) const {
  RestoreTransfers(transfers);
  RestoreExpected(expected);
}

void EarlierFiles::RestoreTransfers(TransferTable& transfers) const {
  const StringColumn& paths = earlier_.files.path();
  std::size_t next = 0;
  for (std::size_t row = 0; row < transfers.size(); ++row) {
    const std::string_view path = transfers.path()[row];
    // Both are mostly in the same order, and the row after the last one costs no search.
    if (next >= paths.size() || paths[next] != path) {
      const std::optional<std::size_t> found = RowOf(path);
      if (!found) continue;
      next = *found;
    }
    StoredTransfer now = FactsOf(transfers, row);
    TransferRows::Keep(FactsOf(earlier_.files, next++), now);
    transfers.SetArrivalTime(row, FromNanos(now.arrival));
    transfers.SetChecksum(row, now.checksum);
  }
}

void EarlierFiles::RestoreExpected(ExpectedTable& expected) const {
  if (earlier_.absent.empty()) return;  // so it is of most nights
  absl::flat_hash_map<std::string_view, UtcTime> since;
  for (const EarlierLook::Absent& file : earlier_.absent) since.emplace(file.path, file.since);
  for (std::size_t row = 0; row < expected.size(); ++row) {
    const auto known = obsmon::Find(since, expected.path()[row]);
    if (known != since.end()) expected.SetSince(row, std::min(expected.since()[row], known->second));
  }
}

}  // namespace obsmon
