// registry.sqlite3 of a Gen2 repository, or gen3.sqlite3 of a Gen3 one: any bytes.
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "fuzz_folder.h"
#include "obsmon/registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder folder;
  static const auto night = obsmon::Night::Parse("2020-05-01").value();
  for (const char* name : {"registry.sqlite3", "gen3.sqlite3"}) {
    const std::filesystem::path file = folder.Put(name, data, size);
    const auto registry = obsmon::Registry::Open(folder.path(), {.copies_folder = "/dev/shm"});
    if (registry.ok()) static_cast<void>((*registry)->ReadNight(night));
    std::filesystem::remove(file);
  }
  return 0;
}
