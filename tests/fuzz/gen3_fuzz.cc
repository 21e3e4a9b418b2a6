// gen3.sqlite3 of a Gen3 repository: any bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz_folder.h"
#include "read_registry.h"

namespace {

constexpr std::string_view kButlerYaml = R"(datastore:
  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore
  records: {table: file_datastore_records}
  root: <butlerRoot>
registry:
  db: sqlite:///<butlerRoot>/gen3.sqlite3
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder repo;
  static const std::filesystem::path butler_yaml =
      repo.Put("butler.yaml", reinterpret_cast<const std::uint8_t*>(kButlerYaml.data()), kButlerYaml.size());
  repo.Put("gen3.sqlite3", data, size);
  obsmon::ReadRegistry(repo.path());
  return 0;
}
