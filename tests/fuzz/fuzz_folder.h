// Where a fuzz target puts what it was given, for code that reads files: a folder of its own, in memory where
// there is such a disk.
#ifndef OBSMON_TESTS_FUZZ_FUZZ_FOLDER_H_
#define OBSMON_TESTS_FUZZ_FUZZ_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace obsmon {

class FuzzFolder {
 public:
  FuzzFolder() {
    std::string name =
        std::filesystem::exists("/dev/shm") ? "/dev/shm/obsmon-fuzz-XXXXXX" : "/tmp/obsmon-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~FuzzFolder() { std::filesystem::remove_all(path_); }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Makes the file anew.
  std::filesystem::path Put(const std::string& name, const std::uint8_t* data, std::size_t size) const {
    std::filesystem::path file = path_ / name;
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_FUZZ_FUZZ_FOLDER_H_
