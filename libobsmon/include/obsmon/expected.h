// EXPECTED: which files of a night should arrive.
//
// The set differs by exposure: rafts are left unread, detectors are turned off. So it is never a number, but
// what a manifest lists. Where there is none for an exposure, whether it is complete is not known, and
// nothing of it is ever called missing.
//
// The camera's own manifests lie in storage beside the images (LSSTCam; the form is that which
// lsst-dm/data_transfer_monitoring reads):
//
//     20250501/MC_O_20250501_000012/MC_O_20250501_000012_expectedSensors.json
//     {"obsId": "MC_O_20250501_000012", "expectedSensors": {"R22_S11": "SCIENCE", "R00_SG0": "GUIDER"}, …}
//
// call for MC_O_20250501_000012_R22_S11.fits and .json, MC_O_20250501_000012_R00_SG0_guider.fits and .json in
// the manifest's folder. For other cameras a file or a database can list what was taken; see ExpectedOptions.
//
// Threads: const access from any number; Append from one, with no reader. ReadExpected may be called at once
// from several.
#ifndef OBSMON_EXPECTED_H_
#define OBSMON_EXPECTED_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/columns.h"
#include "obsmon/files.h"
#include "obsmon/night.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/transfers.h"

namespace obsmon {

/// One file that should arrive.
struct ExpectedRow {
  /// Where it would be, from the storage folder on: "20250501/MC_O_20250501_000012/…_R22_S11.fits". Its name
  /// counts, wherever in the night's folders it arrives; for ".fits" ".fits.fz" and ".fits.gz" will do.
  std::string_view path{};
  UtcTime since{};  ///< since when it is expected: when its manifest arrived
  /// Another expected file has its name, as of "blue/0012.fits" and "red/0012.fits": the folder counts too.
  bool folder_counts = false;
};

/// The files that should arrive in one night, as columns.
class ExpectedTable {
 public:
  /// Adds a row; `row.path` is copied.
  void Append(const ExpectedRow& row) {
    path_.Append(row.path);
    since_.push_back(row.since);
    folder_counts_.push_back(row.folder_counts);
  }
  /// REQUIRES: row < size().
  void SetSince(std::size_t row, UtcTime time) { since_[row] = time; }
  std::size_t size() const { return since_.size(); }
  bool empty() const { return since_.empty(); }
  /// REQUIRES: row < size(). The row's path is a view, valid until the next Append.
  ExpectedRow operator[](std::size_t row) const {
    return {.path = path_[row], .since = since_[row], .folder_counts = folder_counts_[row]};
  }
  RowIterator<ExpectedTable> begin() const { return {this, 0}; }
  RowIterator<ExpectedTable> end() const { return {this, size()}; }

  const StringColumn& path() const { return path_; }
  std::span<const UtcTime> since() const { return since_; }

 private:
  StringColumn path_;
  std::vector<UtcTime> since_;
  std::vector<bool> folder_counts_;
};

/// One file of a list.
struct ListedFile {
  std::string path{};              ///< its name, or its path from the night's folder on
  std::optional<UtcTime> since{};  ///< since when it is expected
  std::string observation_type{};  ///< of its exposure; empty where that is not known

  friend bool operator==(const ListedFile&, const ListedFile&) = default;
};

/// Where else it says what should arrive.
struct ExpectedOptions {
  /// A file that lists what was taken; "{night}" in its path stands for "2025-05-01", "{day_obs}" for
  /// "20250501". Empty: there is none.
  ///
  /// In lines, one for each file: its name, or its path from the night's folder on; after a comma, if that is
  /// known, since when it is expected (ISO 8601, UTC). Empty lines, those that begin with '#', and a first
  /// line "path" or "path,since" are passed over. Or, ending in ".json", an array of such names, or of
  /// objects with "path" and maybe "since" and "observation_type". A file without a time is expected since
  /// the list was last written.
  std::filesystem::path manifest{};
  /// What else lists files of the night, such as a database; without a time they are expected since `as_of`.
  std::span<const ListedFile> listed{};
  UtcTime as_of{};
  WorkControl control{};
};

/// What should arrive in one night.
struct NightExpected {
  ExpectedTable files{};                 ///< each file once, sorted by path
  std::vector<std::string> exposures{};  ///< obs_ids of which a manifest was read, sorted
  /// obs_ids whose manifest can't be used, or not whole, sorted. (What its rest names is expected.)
  std::vector<std::string> broken_exposures{};
  ObservationTypes observation_types{};  ///< as far as lists tell them
  /// What is wrong with manifests, a clause each. Bad ones cost nothing but their own exposure's
  /// completeness.
  std::vector<ScanIssue> issues{};
};

/// The list of `night`: the pattern `manifest` with its braces filled in, absolute; empty where that is
/// empty.
std::filesystem::path ManifestOf(const std::filesystem::path& manifest, Night night);

/// Reads the manifests among `transfers`, the files of `night` under `storage`, and the list of `options`.
/// (Manifests in another place than storage are not read: what they call for would arrive in storage.)
/// Errors: kCancelled.
absl::StatusOr<NightExpected> ReadExpected(const std::filesystem::path& storage,
                                           const TransferTable& transfers, Night night,
                                           const ExpectedOptions& options = {});

/// Whether `issue` is of a manifest: it hides no file.
bool IsOfManifest(const ScanIssue& issue);

}  // namespace obsmon

#endif  // OBSMON_EXPECTED_H_
