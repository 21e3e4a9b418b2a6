// butler.yaml, and the index of repositories that leads to one.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz_folder.h"
#include "registry/butler_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder folder;
  const auto config = obsmon::ReadButlerConfig(folder.Put("butler.yaml", data, size));
  if (config.ok() && config->Dialect() == "sqlite") static_cast<void>(obsmon::SqliteFileOf(*config));
  const std::string text(data, data + size);
  static_cast<void>(obsmon::FindButlerConfigOfLabel("main", {.repositories = text}));
  return 0;
}
