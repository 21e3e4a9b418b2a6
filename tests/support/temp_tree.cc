#include "support/temp_tree.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace obsmon {
namespace {

timespec ToTimespec(UtcTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.time_since_epoch().count(), .tv_nsec = (time - seconds).count()};
}

}  // namespace

TempTree::TempTree() {
  std::string name = (std::filesystem::temp_directory_path() / "obsmon-test-XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  root_ = std::filesystem::canonical(name);
  // Readable for the user that WithoutRoot becomes.
  std::filesystem::permissions(root_, std::filesystem::perms(0755));
}

TempTree::~TempTree() {
  std::error_code ignored;
  for (auto it = std::filesystem::recursive_directory_iterator(root_, ignored);
       it != std::filesystem::recursive_directory_iterator(); it.increment(ignored)) {
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      std::filesystem::permissions(it->path(), std::filesystem::perms::owner_all,
                                   std::filesystem::perm_options::add, ignored);
    }
  }
  std::filesystem::remove_all(root_, ignored);
}

std::filesystem::path TempTree::File(std::string_view relative, std::size_t size,
                                     std::optional<UtcTime> mtime) const {
  std::filesystem::path path = Text(relative, "");
  std::filesystem::resize_file(path, size);
  if (mtime) SetTimes(path, *mtime, *mtime);
  return path;
}

std::filesystem::path TempTree::Text(std::string_view relative, std::string_view contents) const {
  std::filesystem::path path = root_ / relative;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << contents;
  EXPECT_TRUE(file.good()) << path;
  return path;
}

std::filesystem::path TempTree::Folder(std::string_view relative) const {
  std::filesystem::path path = root_ / relative;
  std::filesystem::create_directories(path);
  return path;
}

std::filesystem::path TempTree::Symlink(std::string_view relative, const std::filesystem::path& target,
                                        std::optional<UtcTime> mtime) const {
  std::filesystem::path path = root_ / relative;
  std::filesystem::create_directories(path.parent_path());
  std::filesystem::create_symlink(target, path);
  if (mtime) SetTimes(path, *mtime, *mtime);
  return path;
}

std::filesystem::path TempTree::HardLink(std::string_view relative,
                                         const std::filesystem::path& existing) const {
  std::filesystem::path path = root_ / relative;
  std::filesystem::create_directories(path.parent_path());
  std::filesystem::create_hard_link(existing, path);
  return path;
}

void SetTimes(const std::filesystem::path& path, UtcTime atime, UtcTime mtime) {
  const std::array<timespec, 2> times{ToTimespec(atime), ToTimespec(mtime)};
  EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW), 0) << path;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

UtcTime Utc(std::string_view text) {
  std::tm broken_down{};
  EXPECT_NE(strptime(std::string(text).c_str(), "%Y-%m-%dT%H:%M:%S", &broken_down), nullptr) << text;
  return UtcTime(std::chrono::seconds(timegm(&broken_down)));
}

WithoutRoot::WithoutRoot() : was_root_(geteuid() == 0) {
  constexpr uid_t kNobody = 65534;
  if (was_root_) {
    EXPECT_EQ(seteuid(kNobody), 0);
  }
}

WithoutRoot::~WithoutRoot() {
  if (was_root_) {
    EXPECT_EQ(seteuid(0), 0);
  }
}

}  // namespace obsmon
