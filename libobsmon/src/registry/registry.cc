#include "obsmon/registry.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <system_error>

#include "files/directory.h"
#include "registry/butler_config.h"
#include "registry/gen2_links.h"
#include "registry/gen2_query.h"
#include "registry/gen3_registry.h"
#include "registry/row_file.h"
#include "status_macros.h"

namespace obsmon {
namespace {

bool Has(const std::filesystem::path& repo, std::string_view name) {
  std::error_code ignored;
  return std::filesystem::exists(repo / name, ignored);
}

bool IsFolder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// A Gen2 repository that was converted in place has the files of both, and its ingests went on into the
// first. A Gen3 repository may have a folder raw/ of its own.
RegistryGeneration GenerationOf(const std::filesystem::path& repo) {
  for (const std::string_view name : {"registry.sqlite3", "_mapper", "repositoryCfg.yaml"}) {
    if (Has(repo, name)) return RegistryGeneration::kGen2;
  }
  for (const std::string_view name : {"butler.yaml", "gen3.sqlite3"}) {
    if (Has(repo, name)) return RegistryGeneration::kGen3;
  }
  return Has(repo, "raw") ? RegistryGeneration::kGen2 : RegistryGeneration::kDetect;
}

absl::Status CheckRepository(const std::filesystem::path& repo) {
  absl::Status status = Directory::Open(repo.string()).status();
  if (status.ok()) return status;
  const std::string clause(status.message());
  if (SaysAbsent(status)) {
    return absl::NotFoundError(
        fmt::format("{}: {}; name the folder of the data repository with --repo", repo.string(), clause));
  }
  return {status.code(), fmt::format("{}: {}; let the user who runs obsmon read it", repo.string(), clause)};
}

absl::StatusOr<std::unique_ptr<Registry>> OpenGen3InFolder(const std::filesystem::path& folder,
                                                           const RegistryOptions& options) {
  if (options.search_links) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: a Gen3 repository has no folders of links to go by; leave --search_links out", folder.string()));
  }
  const std::filesystem::path config = FindButlerConfig(folder);
  if (!config.empty()) return OpenGen3(config, options);
  return absl::NotFoundError(fmt::format(
      "{}: no Gen3 repository, for it has no butler.yaml; name the repository with --repo", folder.string()));
}

// As the Butler does: the index first, and by the whole text alone. (A path to a disk that is not mounted is
// no label.) An index that can't be read costs nothing whoever has named a path.
absl::StatusOr<std::filesystem::path> ConfigOfLabel(const std::filesystem::path& repo,
                                                    const std::filesystem::path& path,
                                                    const ButlerIndex& index) {
  absl::StatusOr<std::filesystem::path> config =
      FindButlerConfigOfLabel(index.label.empty() ? repo.native() : index.label, index);
  if (!config.ok() && Has(path, "")) return std::filesystem::path();
  return config;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> Registry::Open(const std::filesystem::path& repo,
                                                         const RegistryOptions& options) {
  const std::filesystem::path path = AbsolutePath(repo);
  const bool may_be_gen3 = options.generation != RegistryGeneration::kGen2 && !options.search_links;
  if (may_be_gen3) {
    OBSMON_ASSIGN_OR_RETURN(std::filesystem::path config, ConfigOfLabel(repo, path, options.butler_index));
    if (config.empty() && !IsFolder(path)) config = FindButlerConfig(path);
    if (!config.empty()) return OpenGen3(config, options);
  }
  OBSMON_RETURN_IF_ERROR(CheckRepository(path));
  const RegistryGeneration generation =
      options.generation == RegistryGeneration::kDetect ? GenerationOf(path) : options.generation;
  // A repository into which nothing was ingested yet has no folder of links either.
  if (options.search_links && generation != RegistryGeneration::kGen3) return OpenGen2ByLinks(path, options);
  switch (generation) {
    case RegistryGeneration::kGen3:
      return OpenGen3InFolder(path, options);
    case RegistryGeneration::kGen2:
      return OpenGen2ByQuery(path, options);
    case RegistryGeneration::kDetect:
      break;
  }
  return absl::NotFoundError(
      fmt::format("{}: no data repository, for it has neither registry.sqlite3 nor butler.yaml; name the "
                  "repository with --repo",
                  path.string()));
}

absl::StatusOr<NightIngests> Registry::ReadNight(Night night) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<RegistrySnapshot> snapshot, Read(std::span(&night, 1)));
  return snapshot->Ingests(night);
}

}  // namespace obsmon
