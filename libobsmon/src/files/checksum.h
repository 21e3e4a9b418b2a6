// Checksums of files as a Butler records them: BLAKE2b of 512 bits (daf_butler, datastores/fileDatastore.py,
// computeChecksum; RFC 7693). libcrypto.cc alone knows the library that computes it, no_libcrypto.cc takes
// its place in a build without it.
#ifndef OBSMON_SRC_FILES_CHECKSUM_H_
#define OBSMON_SRC_FILES_CHECKSUM_H_

#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/files.h"

namespace obsmon {

/// Of one stream of bytes.
class ChecksumMaker {
 public:
  /// kUnimplemented in a build without the library: a sentence with what to do.
  static absl::StatusOr<std::unique_ptr<ChecksumMaker>> Make();

  virtual ~ChecksumMaker() = default;
  ChecksumMaker(const ChecksumMaker&) = delete;
  ChecksumMaker& operator=(const ChecksumMaker&) = delete;

  virtual absl::Status Add(std::span<const char> bytes) = 0;
  /// Of all that was added. REQUIRES: called once, at last.
  virtual absl::StatusOr<Checksum> Finish() = 0;

 protected:
  ChecksumMaker() = default;
};

/// What `hex` says, as a Butler writes it; kNoChecksum where it is none of its checksums.
Checksum ParseChecksum(std::string_view hex);

/// Reads all of `path`, following links, and nothing but the very file that was `found` there. Errors, each a
/// clause without the path: the system's; kAborted where it is another one now, or changed while it was read;
/// kCancelled; kUnimplemented.
absl::StatusOr<Checksum> ReadChecksum(const std::filesystem::path& path, const FoundFile& found,
                                      const std::stop_token& stop);

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_CHECKSUM_H_
