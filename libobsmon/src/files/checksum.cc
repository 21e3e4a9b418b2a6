#include "files/checksum.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <vector>

#include "files/descriptor.h"
#include "files/directory.h"
#include "files/system_error.h"
#include "status_macros.h"

namespace obsmon {
namespace {

constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20;
constexpr std::size_t kHexDigits = 128;
constexpr std::size_t kHexDigitsKept = 2 * sizeof(Checksum);

absl::Status CheckIsStill(const FoundFile& found, int descriptor) {
  OBSMON_ASSIGN_OR_RETURN(const FileFacts now, StatOpenFile(descriptor));
  if (now.kind == FileKind::kRegular &&
      found == FoundFile{.file_id = now.file_id, .size_bytes = now.size_bytes, .mtime = now.mtime}) {
    return absl::OkStatus();
  }
  return absl::AbortedError("it was replaced or written while it was read");
}

absl::Status AddAll(int descriptor, ChecksumMaker& maker, const std::stop_token& stop) {
  std::vector<char> buffer(kBytesAtOnce);
  for (;;) {
    if (stop.stop_requested()) return absl::CancelledError("cancelled");
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno);
    if (got == 0) return absl::OkStatus();
    OBSMON_RETURN_IF_ERROR(maker.Add({buffer.data(), static_cast<std::size_t>(got)}));
  }
}

}  // namespace

Checksum ParseChecksum(std::string_view hex) {
  const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (hex.size() != kHexDigits || !std::ranges::all_of(hex, is_digit)) return kNoChecksum;
  Checksum checksum = kNoChecksum;
  std::from_chars(hex.data(), hex.data() + kHexDigitsKept, checksum, 16);
  return checksum;
}

absl::StatusOr<Checksum> ReadChecksum(const std::filesystem::path& path, const FoundFile& found,
                                      const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<ChecksumMaker> maker, ChecksumMaker::Make());
  // Should a pipe have taken the file's place, nobody waits for its writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return SystemError(errno);
  OBSMON_RETURN_IF_ERROR(CheckIsStill(found, file.get()));
  OBSMON_RETURN_IF_ERROR(AddAll(file.get(), *maker, stop));
  OBSMON_RETURN_IF_ERROR(CheckIsStill(found, file.get()));
  return maker->Finish();
}

}  // namespace obsmon
