// The forms of manifests. Private to the expected stage. The only place that includes nlohmann/json.
#ifndef OBSMON_SRC_EXPECTED_MANIFEST_H_
#define OBSMON_SRC_EXPECTED_MANIFEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/expected.h"

namespace obsmon::expected {

/// Whether a file of this name is a camera's manifest.
inline bool IsManifestName(std::string_view path) { return path.ends_with("_expectedSensors.json"); }

/// One sensor of an exposure.
struct Sensor {
  std::string detector{};  ///< "R22_S11"
  bool guider = false;

  friend bool operator==(const Sensor&, const Sensor&) = default;
};

/// The sensors of a manifest.
struct Sensors {
  std::vector<Sensor> sensors{};
  /// Not OK: kDataLoss, one clause on the first entry that is left out, for its name is no detector or its
  /// word another than SCIENCE and GUIDER.
  absl::Status left_out{};
};

/// Reads an expectedSensors.json of the exposure `obs_id`. Errors are kDataLoss, one clause without the path:
/// no JSON, no "expectedSensors", a key twice, the "obsId" of another exposure.
absl::StatusOr<Sensors> ParseExpectedSensors(std::string_view text, std::string_view obs_id);

/// kDataLoss, one clause, where a list can't have this path: it is absolute, leads out of the night's folder,
/// or is not UTF-8.
absl::Status CheckListedPath(std::string_view path);

/// The files of a list.
struct List {
  std::vector<ListedFile> files{};
  /// Not OK: kDataLoss, one clause on the first entry that is left out, with its line or its place: a path
  /// that CheckListedPath does not take, a time that is none.
  absl::Status left_out{};
};

/// Reads a list in lines, or in JSON; see ExpectedOptions. Errors are kDataLoss, one clause: it is no such
/// list, or each of its entries is one to leave out.
absl::StatusOr<List> ParseLines(std::string_view text);
absl::StatusOr<List> ParseJsonList(std::string_view text);

}  // namespace obsmon::expected

#endif  // OBSMON_SRC_EXPECTED_MANIFEST_H_
