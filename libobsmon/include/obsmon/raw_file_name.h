// What the name of a raw file says, by the convention of the observatory's cameras.
//
//     20250501/MC_O_20250501_000123/MC_O_20250501_000123_R22_S11.fits.fz
//                                   └───── obs_id ──────┘└detector┘└ending┘
//     MC_O_20250501_000123_R00_SG0_guider.fits           a guider sensor's own file
//     MC_O_20250501_000123_R22_S11.json                  the metadata beside it
//     AT_O_20250501_000012.fits                          a camera of one detector names none
//     AT_O_20220317_000471-R00S00.fits                   or, by its archiver, so; or with two dashes
//     MC_O_20250501_000123_expectedSensors.json          of the whole exposure: no detector, further text
//
// An obs_id is telescope (two letters), controller (one), day_obs and sequence number (six digits).
// Source: obs_lsst, translators/lsst.py; the guiders' names: obs_lsst, _ingest_guider.py.
//
// Threads: call from any number at once.
#ifndef OBSMON_RAW_FILE_NAME_H_
#define OBSMON_RAW_FILE_NAME_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace obsmon {

/// The parts of a raw file's name: views into the name that was parsed.
struct RawFileName {
  static constexpr std::size_t kRaftBytes = 3;  ///< "R22"

  std::string_view obs_id{};    ///< names the exposure: "MC_O_20250501_000123"
  std::string_view detector{};  ///< raft and sensor, "R22_S11", as the Butler's detector.full_name, or
                                ///< "R00S00"; may be empty
  bool guider = false;          ///< the file holds a guider's images ("_guider")
  std::string_view rest{};      ///< what follows, without its first '_': "expectedSensors"; mostly empty
  std::string_view ending{};    ///< from the first dot on: ".fits.fz"; may be empty

  /// "R22" of "R22_S11"; empty without a detector.
  std::string_view raft() const { return detector.substr(0, kRaftBytes); }
  /// "S11" of "R22_S11"; empty without a detector.
  std::string_view sensor() const {
    const std::string_view sensor = detector.substr(raft().size());
    return sensor.substr(sensor.starts_with('_') ? 1 : 0);
  }

  friend bool operator==(const RawFileName&, const RawFileName&) = default;
};

/// A detector that files in storage and the registry name differently.
struct DetectorAlias {
  std::string in_storage{};   ///< "R00_S00"; empty stands for files whose names tell no detector
  std::string in_registry{};  ///< "RXX_S00"

  friend bool operator==(const DetectorAlias&, const DetectorAlias&) = default;
};

/// What exposures were taken for, by obs_id, in the observatory's words: "science", "bias", "dark". Of what
/// is not known there is no entry.
using ObservationTypes = std::map<std::string, std::string, std::less<>>;

/// Takes the last component of `path` apart. Nothing where it does not begin with an obs_id: that is an
/// answer, not an error. A temporary name of rsync (".NAME.x7Kq2b") is read as NAME.
std::optional<RawFileName> ParseRawFileName(std::string_view path);

}  // namespace obsmon

#endif  // OBSMON_RAW_FILE_NAME_H_
