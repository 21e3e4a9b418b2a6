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

/// kDataLoss, one clause, where a list can't have this path: it is absolute, or leads out of the night's
/// folder.
absl::Status CheckListedPath(std::string_view path);

/// Reads a list in lines, or in JSON; see ExpectedOptions. Errors likewise, with the line or the place: a
/// path that is absolute or has ".." in it, a time that is none, text that is not UTF-8.
absl::StatusOr<std::vector<ListedFile>> ParseLines(std::string_view text);
absl::StatusOr<std::vector<ListedFile>> ParseJsonList(std::string_view text);

}  // namespace obsmon::expected

#endif  // OBSMON_SRC_EXPECTED_MANIFEST_H_
