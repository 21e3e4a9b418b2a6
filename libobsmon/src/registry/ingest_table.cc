#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "obsmon/registry.h"
#include "registry/sort_rows.h"

namespace obsmon {
namespace {

std::optional<UtcTime> Present(UtcTime time) {
  if (time == IngestTable::kNoTime) return std::nullopt;
  return time;
}

}  // namespace

void IngestTable::Append(const IngestRow& row) {
  path_.Append(row.path);
  night_.push_back(row.night);
  exposure_.push_back(row.exposure);
  detector_.push_back(row.detector);
  storage_stem_.Append(row.storage_stem);
  status_.push_back(row.status);
  message_.Append(row.message);
  artifact_.push_back(row.artifact);
  file_id_.push_back(row.file_id);
  size_bytes_.push_back(row.size_bytes);
  ingested_size_bytes_.push_back(row.ingested_size_bytes);
  ingested_checksum_.push_back(row.ingested_checksum);
  link_target_.Append(row.link_target);
  ingest_time_.push_back(row.ingest_time.value_or(kNoTime));
  file_time_.push_back(row.file_time.value_or(kNoTime));
}

void IngestTable::Append(const IngestTable& rows) {
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  path_.Append(rows.path_);
  append(night_, rows.night_);
  append(exposure_, rows.exposure_);
  append(detector_, rows.detector_);
  storage_stem_.Append(rows.storage_stem_);
  append(status_, rows.status_);
  message_.Append(rows.message_);
  append(artifact_, rows.artifact_);
  append(file_id_, rows.file_id_);
  append(size_bytes_, rows.size_bytes_);
  append(ingested_size_bytes_, rows.ingested_size_bytes_);
  append(ingested_checksum_, rows.ingested_checksum_);
  link_target_.Append(rows.link_target_);
  append(ingest_time_, rows.ingest_time_);
  append(file_time_, rows.file_time_);
}

void IngestTable::Reserve(std::size_t rows, std::size_t path_bytes) {
  path_.Reserve(rows, path_bytes);
  night_.reserve(rows);
  exposure_.reserve(rows);
  detector_.reserve(rows);
  storage_stem_.Reserve(rows, 0);
  status_.reserve(rows);
  message_.Reserve(rows, 0);
  artifact_.reserve(rows);
  file_id_.reserve(rows);
  size_bytes_.reserve(rows);
  ingested_size_bytes_.reserve(rows);
  ingested_checksum_.reserve(rows);
  link_target_.Reserve(rows, 0);
  ingest_time_.reserve(rows);
  file_time_.reserve(rows);
}

IngestRow IngestTable::operator[](std::size_t row) const {
  return {.path = path_[row],
          .night = night_[row],
          .exposure = exposure_[row],
          .detector = detector_[row],
          .storage_stem = storage_stem_[row],
          .status = status_[row],
          .message = message_[row],
          .artifact = artifact_[row],
          .file_id = file_id_[row],
          .size_bytes = size_bytes_[row],
          .ingested_size_bytes = ingested_size_bytes_[row],
          .ingested_checksum = ingested_checksum_[row],
          .link_target = link_target_[row],
          .ingest_time = Present(ingest_time_[row]),
          .file_time = Present(file_time_[row])};
}

void SortByPath(IngestTable& rows) {
  if (std::ranges::is_sorted(rows, {}, [](const IngestRow& row) { return row.path; })) return;
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&rows](std::uint32_t i) { return rows.path()[i]; });
  IngestTable sorted;
  sorted.Reserve(rows.size(), rows.path().bytes().size());
  for (const std::uint32_t i : order) sorted.Append(rows[i]);
  rows = std::move(sorted);
}

}  // namespace obsmon
