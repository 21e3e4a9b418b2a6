// registry.sqlite3 of a Gen2 repository, and gen3.sqlite3 of a Gen3 one: any bytes.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "fuzz_folder.h"
#include "obsmon/registry.h"

namespace {

constexpr std::string_view kButlerYaml = R"(datastore:
  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
  records: {table: file_datastore_records}
  root: <butlerRoot>
registry:
  db: sqlite:///<butlerRoot>/gen3.sqlite3
)";

void Read(const std::filesystem::path& repo) {
  static const auto night = obsmon::Night::Parse("2020-05-01").value();
  const auto registry = obsmon::Registry::Open(repo, {.copies_folder = "/dev/shm"});
  if (registry.ok()) static_cast<void>((*registry)->ReadNight(night));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder gen2;
  static const obsmon::FuzzFolder gen3;
  static const std::filesystem::path butler_yaml =
      gen3.Put("butler.yaml", reinterpret_cast<const std::uint8_t*>(kButlerYaml.data()), kButlerYaml.size());
  gen2.Put("registry.sqlite3", data, size);
  gen3.Put("gen3.sqlite3", data, size);
  Read(gen2.path());
  Read(gen3.path());
  return 0;
}
