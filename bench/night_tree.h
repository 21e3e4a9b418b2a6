// Real trees of synthetic nights for benchmarks that read a disk.
#ifndef OBSMON_BENCH_NIGHT_TREE_H_
#define OBSMON_BENCH_NIGHT_TREE_H_

#include <filesystem>

#include "obsmon/night.h"
#include "sizes.h"

namespace obsmon::bench {

/// The one night of all benchmarks.
inline constexpr Night kNight{std::chrono::sys_days{std::chrono::year{2020} / 5 / 1}};

/// A folder of its own under TMPDIR, gone at the end of the program.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The input folder (storage and gen2repo) with a night of this size. Made when first asked for, and kept for
/// the benchmarks that follow; ends the program where the disk does not take it.
const std::filesystem::path& InputOf(const NightSize& size);

}  // namespace obsmon::bench

#endif  // OBSMON_BENCH_NIGHT_TREE_H_
