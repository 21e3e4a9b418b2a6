// streams.yaml.
#include <cstddef>
#include <cstdint>

#include "fuzz_folder.h"
#include "obsmon/stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder folder;
  static_cast<void>(obsmon::ReadStreams(folder.Put("streams.yaml", data, size)));
  return 0;
}
