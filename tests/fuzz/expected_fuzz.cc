// What says which files are expected: an expectedSensors.json, and a list in lines or in JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "expected/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  static_cast<void>(obsmon::expected::ParseExpectedSensors(text, "MC_O_20250501_000012"));
  for (const auto& list : {obsmon::expected::ParseLines(text), obsmon::expected::ParseJsonList(text)}) {
    if (!list.ok()) continue;
    for (const auto& file : list->files) {
      // No name leads out of the night's folder.
      const std::filesystem::path path = file.path;
      for (const std::filesystem::path& part : path) {
        if (part == ".." || path.is_absolute()) std::abort();
      }
    }
  }
  return 0;
}
