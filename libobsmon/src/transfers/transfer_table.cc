#include "obsmon/transfers.h"

namespace obsmon {

void TransferTable::Append(const TransferRow& row) {
  path_.Append(row.path);
  size_bytes_.push_back(row.size_bytes);
  creation_time_.push_back(row.creation_time);
  arrival_time_.push_back(row.arrival_time);
  file_id_.push_back(row.file_id);
  state_.push_back(row.state);
  place_.push_back(row.place);
  checksum_.push_back(row.checksum);
}

void TransferTable::Append(const TransferTable& rows) {
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  path_.Append(rows.path_);
  append(size_bytes_, rows.size_bytes_);
  append(creation_time_, rows.creation_time_);
  append(arrival_time_, rows.arrival_time_);
  append(file_id_, rows.file_id_);
  append(state_, rows.state_);
  append(place_, rows.place_);
  append(checksum_, rows.checksum_);
}

void TransferTable::Reserve(std::size_t rows, std::size_t path_bytes) {
  path_.Reserve(rows, path_bytes);
  size_bytes_.reserve(rows);
  creation_time_.reserve(rows);
  arrival_time_.reserve(rows);
  file_id_.reserve(rows);
  state_.reserve(rows);
  place_.reserve(rows);
  checksum_.reserve(rows);
}

TransferRow TransferTable::operator[](std::size_t row) const {
  return {.path = path_[row],
          .size_bytes = size_bytes_[row],
          .creation_time = creation_time_[row],
          .arrival_time = arrival_time_[row],
          .file_id = file_id_[row],
          .state = state_[row],
          .place = place_[row],
          .checksum = checksum_[row]};
}

}  // namespace obsmon
