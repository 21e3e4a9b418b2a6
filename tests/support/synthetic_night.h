// Nights of a camera that never was, on a real disk: for benchmarks, and for tests that need many files.
//
//     <input_dir>/storage/2020-05-01/MC_O_20200501_000001/MC_O_20200501_000001_R01_S00.fits   (sparse)
//                                                         MC_O_20200501_000001_R01_S00.json
//     <input_dir>/gen2repo/registry.sqlite3                      a row in `raw` for each ingested FITS file
//     <input_dir>/gen2repo/raw/2020-05-01/2020050100001/2020050100001-R01-S00-det000.fits    -> storage
//
// as LSSTCam's files and the Gen2 ingest of 2020-07-10 and later name them.
#ifndef OBSMON_TESTS_SUPPORT_SYNTHETIC_NIGHT_H_
#define OBSMON_TESTS_SUPPORT_SYNTHETIC_NIGHT_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "obsmon/night.h"

namespace obsmon {

/// LSSTCam's: 21 science rafts of nine sensors, four corner rafts of four.
inline constexpr int kMaxDetectors = 205;

/// What a night consists of.
struct SyntheticNight {
  int exposures = 10;
  int detectors = 9;                     ///< of each exposure, from number 0 on; at most kMaxDetectors
  bool json = true;                      ///< a .json beside each .fits, which no one ingests
  bool repository = true;                ///< make gen2repo, with rows and links
  double share_ingested = 1.0;           ///< of the FITS files, evenly spread over the night
  std::int64_t fits_bytes = 12'000'000;  ///< sparse: takes no room on the disk
};

/// How much of it there is.
struct SyntheticCounts {
  std::int64_t folders = 0;  ///< exposures
  std::int64_t files = 0;    ///< in storage
  std::int64_t ingested = 0;
};

/// Where things of exposure number `exposure` (from 1) and `detector` (from 0) of `night` are.
std::string SyntheticObsId(Night night, int exposure);
std::int64_t SyntheticExposureId(Night night, int exposure);
/// "R22_S00"
std::string SyntheticRaftSensor(int detector);
/// From storage on, without its suffix.
std::string SyntheticStorageStem(Night night, int exposure, int detector);
/// From the repository on.
std::string SyntheticIngestPath(Night night, int exposure, int detector);

/// Adds a night to `input_dir`, which is made where it does not exist.
///
/// All times but ctime are the night's own and the same at each call; folders are last changed in the night,
/// so that their stamps are not racy. The caller deletes the tree.
absl::StatusOr<SyntheticCounts> MakeSyntheticNight(const std::filesystem::path& input_dir, Night night,
                                                   const SyntheticNight& options = {});

}  // namespace obsmon

#endif  // OBSMON_TESTS_SUPPORT_SYNTHETIC_NIGHT_H_
