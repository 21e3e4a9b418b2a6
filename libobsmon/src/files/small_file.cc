#include "files/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace obsmon {
namespace {

absl::Status ReadError(const std::filesystem::path& file, int error, FollowLinks follow) {
  const bool is_link = error == ELOOP && follow == FollowLinks::kNo;
  const std::string message = fmt::format(
      "{}: {}", file.native(), is_link ? "a link, and only the file itself is read" : std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

// A named pipe that nobody writes to would block an ordinary open for ever; opened so it is an empty file. (A
// pipe that is written to, as of a shell's "<(…)", is read as usual.)
std::FILE* OpenWithoutWaiting(const std::filesystem::path& file, FollowLinks follow) {
  const int of_links = follow == FollowLinks::kYes ? 0 : O_NOFOLLOW;
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | of_links);
  if (fd < 0) return nullptr;
  std::FILE* stream = fcntl(fd, F_SETFL, O_RDONLY) == 0 ? fdopen(fd, "rb") : nullptr;
  if (stream == nullptr) close(fd);
  return stream;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& file, std::size_t largest_mebibytes,
                                          FollowLinks follow) {
  const std::size_t largest = largest_mebibytes << 20;
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  const std::unique_ptr<std::FILE, Close> opened(OpenWithoutWaiting(file, follow));
  if (opened == nullptr) return ReadError(file, errno, follow);
  std::string text(largest + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), opened.get()));
  if (std::ferror(opened.get()) != 0) return ReadError(file, errno, follow);
  if (text.size() > largest) {
    return absl::InvalidArgumentError(
        fmt::format("{}: larger than {} MiB; is this the right file?", file.native(), largest_mebibytes));
  }
  return text;
}

}  // namespace obsmon
