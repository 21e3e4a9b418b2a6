#include "bare_loop.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

namespace obsmon::bench {
namespace {

bool IsDotOrDotDot(const char* name) { return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0; }

/// Takes `fd` over.
void Visit(int fd, TreeCount& count) {
  ++count.folders;
  std::vector<std::string> below;
  alignas(dirent64) std::array<char, 64 * 1024> buffer;
  ssize_t filled = 0;
  while ((filled = getdents64(fd, buffer.data(), buffer.size())) > 0) {
    for (ssize_t at = 0; at < filled;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      if (IsDotOrDotDot(entry->d_name)) continue;
      if (entry->d_type == DT_DIR) {
        below.emplace_back(entry->d_name);
        continue;
      }
      struct statx answer;
      if (statx(fd, entry->d_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &answer) != 0) ++count.failures;
      ++count.entries;
    }
  }
  if (filled < 0) ++count.failures;
  for (const std::string& name : below) {
    const int child = openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (child < 0) {
      ++count.failures;
    } else {
      Visit(child, count);
    }
  }
  close(fd);
}

}  // namespace

TreeCount RunBareLoop(const std::string& folder) {
  TreeCount count;
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    ++count.failures;
  } else {
    Visit(fd, count);
  }
  return count;
}

TreeCount AskForEach(const std::vector<std::string>& paths) {
  TreeCount count;
  for (const std::string& path : paths) {
    struct statx answer;
    if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &answer) != 0) ++count.failures;
    ++count.entries;
  }
  return count;
}

}  // namespace obsmon::bench
