#include "files/small_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace obsmon {
namespace {

absl::Status ReadError(const std::filesystem::path& file, int error) {
  const std::string message = fmt::format("{}: {}", file.native(), std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& file, std::size_t largest_mebibytes) {
  const std::size_t largest = largest_mebibytes << 20;
  struct Close {
    void operator()(std::FILE* open) const { std::fclose(open); }
  };
  const std::unique_ptr<std::FILE, Close> open(std::fopen(file.c_str(), "rbe"));
  if (open == nullptr) return ReadError(file, errno);
  std::string text(largest + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), open.get()));
  if (std::ferror(open.get()) != 0) return ReadError(file, errno);
  if (text.size() > largest) {
    return absl::InvalidArgumentError(
        fmt::format("{}: larger than {} MiB; is this the right file?", file.native(), largest_mebibytes));
  }
  return text;
}

}  // namespace obsmon
