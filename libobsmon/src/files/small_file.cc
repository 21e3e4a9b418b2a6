#include "files/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
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
  // In pieces that grow, for the limit is far more than most files have.
  constexpr std::size_t kFirstPiece = std::size_t{16} * 1024;
  std::string text;
  for (bool is_at_end = false; !is_at_end && text.size() <= largest;) {
    const std::size_t before = text.size();
    text.resize(std::min(largest + 1, std::max(kFirstPiece, 2 * before)));
    const std::size_t num_read = std::fread(text.data() + before, 1, text.size() - before, opened.get());
    is_at_end = before + num_read < text.size();
    text.resize(before + num_read);
  }
  if (std::ferror(opened.get()) != 0) return ReadError(file, errno, follow);
  if (text.size() > largest) {
    return absl::InvalidArgumentError(
        fmt::format("{}: larger than {} MiB; is this the right file?", file.native(), largest_mebibytes));
  }
  return text;
}

}  // namespace obsmon
