// registry.sqlite3 of a Gen2 repository: any bytes.
#include <cstddef>
#include <cstdint>

#include "fuzz_folder.h"
#include "read_registry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder repo;
  repo.Put("registry.sqlite3", data, size);
  obsmon::ReadRegistry(repo.path());
  return 0;
}
