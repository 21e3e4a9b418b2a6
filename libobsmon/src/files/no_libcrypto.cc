// What takes the place of libcrypto.cc in a build without OpenSSL's libcrypto.

#include "files/checksum.h"

namespace obsmon {

absl::StatusOr<std::unique_ptr<ChecksumMaker>> ChecksumMaker::Make() {
  return absl::UnimplementedError(
      "this build of obsmon has no libcrypto, and can't compare checksums; leave --compare_checksums out, or "
      "build it with libssl-dev installed and OBSMON_WITH_CHECKSUMS=ON");
}

}  // namespace obsmon
