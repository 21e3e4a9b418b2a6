// What the system said, as a Status. Private to the library.
#ifndef OBSMON_SRC_FILES_SYSTEM_ERROR_H_
#define OBSMON_SRC_FILES_SYSTEM_ERROR_H_

#include <string_view>
#include <system_error>

#include "absl/status/status.h"

namespace obsmon {

/// The Status of errno value `error`: its message is the system's clause alone ("Permission denied"), so that
/// whoever knows the path can say it where it belongs. (absl::ErrnoToStatus would put ": " before it.)
inline absl::Status SystemError(int error) {
  return {absl::ErrnoToStatusCode(error), std::generic_category().message(error)};
}

/// A whole sentence: "/www/auxTel: Permission denied; let this user write it". What can't be written on a
/// read-only file system is kPermissionDenied.
absl::Status SystemError(int error, std::string_view what, std::string_view what_to_do);

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_SYSTEM_ERROR_H_
