#include "logs/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "files/system_error.h"

namespace obsmon::logs {
namespace {

constexpr off_t kLongest = off_t{64} << 20;

class File {
 public:
  // Not blocking: what is named may be a pipe.
  explicit File(const std::filesystem::path& file)
      : fd_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

absl::StatusOr<std::string> ReadEndOfLog(const std::filesystem::path& file) {
  const File log(file);
  struct stat facts {};
  if (log.fd() < 0 || fstat(log.fd(), &facts) != 0) return SystemError(errno);
  if (!S_ISREG(facts.st_mode)) return absl::FailedPreconditionError("is no file");
  const off_t begin = std::max<off_t>(0, facts.st_size - kLongest);
  std::string text(static_cast<std::size_t>(facts.st_size - begin), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got =
        pread(log.fd(), text.data() + filled, text.size() - filled, begin + static_cast<off_t>(filled));
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
