#include "registry/listed_registry.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "status_macros.h"
#include "text/digest.h"

namespace obsmon {
namespace {

std::uint64_t HashOf(const IngestRow& row) {
  Digest digest;
  digest.Add(row.path).Add("\n").Add(row.message).Add(static_cast<std::uint64_t>(row.status));
  if (row.ingest_time) digest.Add(static_cast<std::uint64_t>(row.ingest_time->time_since_epoch().count()));
  return digest.value();
}

std::uint64_t HashOf(const FileEvent& event) {
  Digest digest;
  digest.Add(event.path).Add("\n").Add(event.status).Add("\n").Add(event.message).Add("\n");
  digest.Add(static_cast<std::uint64_t>(event.number));
  for (const auto& time : {event.found_time, event.event_time}) {
    digest.Add(static_cast<std::uint64_t>(time ? time->time_since_epoch().count() : 0));
  }
  return digest.value();
}

class ListedSnapshot final : public RegistrySnapshot {
 public:
  ListedSnapshot(std::string storage, ListedRows rows, WorkControl control)
      : storage_(std::move(storage)), rows_(std::move(rows)), control_(std::move(control)) {}

  // Of the rows' hashes in ascending order: the order of the rows is the database's choice.
  std::uint64_t Digest(Night night) const override {
    obsmon::Digest digest;
    const auto rows = rows_.find(night);
    if (rows == rows_.end()) return digest.value();
    std::vector<std::uint64_t> hashes;
    hashes.reserve(rows->second.rows.size() + rows->second.events.size());
    for (const IngestRow& row : rows->second.rows) hashes.push_back(HashOf(row));
    for (const FileEvent& event : rows->second.events) hashes.push_back(HashOf(event));
    std::ranges::sort(hashes);
    for (const std::uint64_t hash : hashes) digest.Add(hash);
    for (const auto& [obs_id, type] : rows->second.observation_types) {
      digest.Add(obs_id).Add("\n").Add(type).Add("\n");
    }
    return digest.value();
  }

  absl::StatusOr<NightIngests> Ingests(Night night, const KnownFiles& known) const override {
    const auto rows = rows_.find(night);
    if (rows == rows_.end()) return NightIngests{};
    OBSMON_ASSIGN_OR_RETURN(NightIngests ingests,
                            FindListedFiles(storage_, rows->second.rows, known, control_));
    ingests.events = rows->second.events;
    ingests.observation_types = rows->second.observation_types;
    return ingests;
  }

 private:
  std::string storage_;
  ListedRows rows_;
  WorkControl control_;
};

class ListedRegistry final : public Registry {
 public:
  ListedRegistry(std::unique_ptr<RowSource> source, std::string storage, WorkControl control)
      : source_(std::move(source)), storage_(std::move(storage)), control_(std::move(control)) {}

  std::string ChangeToken() override { return source_->ChangeToken(); }

  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night> nights,
                                                         const RowsAreFixed& /*rows_are_fixed*/) override {
    ListedRows rows;
    OBSMON_RETURN_IF_ERROR(source_->Read(nights, rows));
    return std::make_unique<ListedSnapshot>(storage_, std::move(rows), control_);
  }

 private:
  std::unique_ptr<RowSource> source_;
  std::string storage_;
  WorkControl control_;
};

}  // namespace

std::unique_ptr<Registry> MakeListedRegistry(std::unique_ptr<RowSource> source,
                                             const std::filesystem::path& storage,
                                             const WorkControl& control) {
  return std::make_unique<ListedRegistry>(std::move(source), AbsolutePath(storage).string(), control);
}

}  // namespace obsmon
