// Gen2 by links (--search_links): the folders raw/<night>/ tell which files are ingested, no database is
// asked.
#ifndef OBSMON_SRC_REGISTRY_GEN2_LINKS_H_
#define OBSMON_SRC_REGISTRY_GEN2_LINKS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "obsmon/registry.h"

namespace obsmon {

/// `repo` is an absolute path.
std::unique_ptr<Registry> OpenGen2ByLinks(const std::filesystem::path& repo, const RegistryOptions& options);

/// What a file's name tells of its dataset.
struct DatasetName {
  std::int64_t exposure = 0;   ///< 0 where the name does not tell
  std::int32_t detector = -1;  ///< -1 likewise

  friend bool operator==(const DatasetName&, const DatasetName&) = default;
};

/// Reads a name of the shape that obs_lsst's templates give:
/// <exposure>[-<raft>][-<sensor>]-det<NNN>[-<snap>].fits, perhaps with .gz or .fz; any other name tells
/// nothing.
DatasetName ParseDatasetName(std::string_view name);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_LINKS_H_
