// The parts of a path as text. Private to the library.
#ifndef OBSMON_SRC_TEXT_PATH_TEXT_H_
#define OBSMON_SRC_TEXT_PATH_TEXT_H_

#include <string_view>

namespace obsmon {

/// "c" of "a/b/c"; all of a path without a slash.
constexpr std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// "a/b/" of "a/b/c"; nothing of a path without a slash.
constexpr std::string_view FolderPrefixOf(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

/// "a/b" of "a/b/c"; nothing of a path without a slash, nor of one in the root folder.
constexpr std::string_view FolderOf(std::string_view path) {
  const std::string_view prefix = FolderPrefixOf(path);
  return prefix.substr(0, prefix.empty() ? 0 : prefix.size() - 1);
}

/// "b/c" of "a/b/c", where "a" is a night's folder of storage; all of a path without a slash.
constexpr std::string_view BelowNight(std::string_view path) { return path.substr(path.find('/') + 1); }

/// What comes, in the path of a dataset, between a zip file and its member.
inline constexpr std::string_view kZipMember = "#zip-path=";

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_PATH_TEXT_H_
