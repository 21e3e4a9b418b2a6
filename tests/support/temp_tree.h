// A real folder tree of a test's own, gone at its end.
#ifndef OBSMON_TESTS_SUPPORT_TEMP_TREE_H_
#define OBSMON_TESTS_SUPPORT_TEMP_TREE_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon {

class TempTree {
 public:
  TempTree();
  ~TempTree();
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path operator/(std::string_view relative) const { return root_ / relative; }

  /// Makes a file of `size` zero bytes (sparse), with its folders; `mtime` where given. Returns its absolute
  /// path.
  std::filesystem::path File(std::string_view relative, std::size_t size = 57'600,
                             std::optional<UtcTime> mtime = std::nullopt) const;
  /// Makes a file with these contents.
  std::filesystem::path Text(std::string_view relative, std::string_view contents) const;
  std::filesystem::path Folder(std::string_view relative) const;
  /// Makes a symbolic link with exactly this text; its own mtime where given.
  std::filesystem::path Symlink(std::string_view relative, const std::filesystem::path& target,
                                std::optional<UtcTime> mtime = std::nullopt) const;
  std::filesystem::path HardLink(std::string_view relative, const std::filesystem::path& existing) const;

 private:
  std::filesystem::path root_;
};

/// Sets the times of a file, or of the link itself.
void SetTimes(const std::filesystem::path& path, UtcTime atime, UtcTime mtime);

/// The contents of a file; the test fails where it can't be read.
std::string ReadFile(const std::filesystem::path& path);

/// "2020-05-01T18:00:00" as UTC.
UtcTime Utc(std::string_view text);

/// Takes root's rights from this process while it lives, so that permission bits hold; does nothing for an
/// ordinary user.
class WithoutRoot {
 public:
  WithoutRoot();
  ~WithoutRoot();
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;

 private:
  bool was_root_;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_SUPPORT_TEMP_TREE_H_
