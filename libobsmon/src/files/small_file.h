// Reads a file of settings whole.
#ifndef OBSMON_SRC_FILES_SMALL_FILE_H_
#define OBSMON_SRC_FILES_SMALL_FILE_H_

#include <cstddef>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "files/directory.h"

namespace obsmon {

/// The bytes of `file`, at most `largest_mebibytes` MiB. Errors, each with the path: kNotFound,
/// kPermissionDenied, kInvalidArgument (a folder, larger than that, can't be read; a link, unless those are
/// followed: for a file that others than who runs obsmon may have put there).
absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& file,
                                          std::size_t largest_mebibytes = 1,
                                          FollowLinks follow = FollowLinks::kYes);

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_SMALL_FILE_H_
