#include "logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "files/descriptor.h"
#include "files/system_error.h"

namespace obsmon::logs {
namespace {

constexpr off_t kLongest = off_t{64} << 20;

}  // namespace

absl::StatusOr<std::string> ReadEndOfLog(const std::filesystem::path& file) {
  // Not blocking: what is named may be a pipe.
  const Descriptor log(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (log.get() < 0 || fstat(log.get(), &facts) != 0) return SystemError(errno);
  if (!S_ISREG(facts.st_mode)) return absl::FailedPreconditionError("is no file");
  const off_t begin = std::max<off_t>(0, facts.st_size - kLongest);
  std::string text(static_cast<std::size_t>(facts.st_size - begin), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got =
        pread(log.get(), text.data() + filled, text.size() - filled, begin + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno);
    if (got == 0) break;  // it was cut since
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  if (begin > 0) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

}  // namespace obsmon::logs
