// EXPECTED: which files of a night should arrive.
//
// The set differs by exposure: rafts are left unread, detectors are turned off. So it is never a number, but
// what a manifest lists. Where there is none for an exposure, whether it is complete is not known, and
// nothing of it is ever called missing.
//
// Threads: const access from any number; Append from one, with no reader.
#ifndef OBSMON_EXPECTED_H_
#define OBSMON_EXPECTED_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "obsmon/columns.h"
#include "obsmon/night.h"

namespace obsmon {

/// One file that should arrive.
struct ExpectedRow {
  /// Where it would be, from the storage folder on: "20250501/MC_O_20250501_000012/…_R22_S11.fits". Its name
  /// counts, wherever in the night's folders it arrives; for ".fits" ".fits.fz" and ".fits.gz" will do.
  std::string_view path{};
  UtcTime since{};  ///< since when it is expected: when its manifest arrived
};

/// The files that should arrive in one night, as columns.
class ExpectedTable {
 public:
  /// Adds a row; `row.path` is copied.
  void Append(const ExpectedRow& row) {
    path_.Append(row.path);
    since_.push_back(row.since);
  }
  std::size_t size() const { return since_.size(); }
  bool empty() const { return since_.empty(); }
  /// REQUIRES: row < size(). The row's path is a view, valid until the next Append.
  ExpectedRow operator[](std::size_t row) const { return {.path = path_[row], .since = since_[row]}; }
  RowIterator<ExpectedTable> begin() const { return {this, 0}; }
  RowIterator<ExpectedTable> end() const { return {this, size()}; }

  const StringColumn& path() const { return path_; }
  std::span<const UtcTime> since() const { return since_; }

 private:
  StringColumn path_;
  std::vector<UtcTime> since_;
};

}  // namespace obsmon

#endif  // OBSMON_EXPECTED_H_
