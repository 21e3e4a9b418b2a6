// Which of the data that pages load are there.
#ifndef OBSMON_SRC_PAGES_PUBLISHED_DATA_H_
#define OBSMON_SRC_PAGES_PUBLISHED_DATA_H_

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "obsmon/night.h"

namespace obsmon {

/// One listing of the folder of data, for all nights. The files of a night are named by their contents, which
/// nobody knows without rendering them; how many they are follows from how many files the night has, and
/// PublishNights leaves no others. So they are counted: what was deleted is missed, what was damaged is not.
class PublishedData {
 public:
  /// As it is now. Of a folder that can't be read nothing is there.
  static PublishedData In(const std::filesystem::path& output_dir);

  /// Whether the page of a night of `num_files` files has all that it loads, the script as well.
  bool IsWhole(Night night, std::size_t num_files) const;

 private:
  bool has_script_ = false;
  std::map<std::string, std::size_t, std::less<>> num_of_night_;
};

/// Whether the page of a night in `file` is that of the look that began at `as_of`.
bool IsPageAsOf(const std::filesystem::path& file, UtcTime as_of);

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_PUBLISHED_DATA_H_
