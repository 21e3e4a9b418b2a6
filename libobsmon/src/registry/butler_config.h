// What a Butler repository's butler.yaml says: which database holds its registry, and where its datastores
// keep files. The keys and their defaults are those of daf_butler (configs/registry.yaml,
// configs/datastores/).
//
// Threads: values; the functions may be called from any thread.
#ifndef OBSMON_SRC_REGISTRY_BUTLER_CONFIG_H_
#define OBSMON_SRC_REGISTRY_BUTLER_CONFIG_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/registry.h"

namespace obsmon {

/// A datastore that keeps files.
struct ButlerDatastore {
  std::string name{};  ///< as dataset_location.datastore_name has it
  std::string root{};  ///< where relative paths start: an absolute path, or a URI; no slash at its end
  std::string records_table{};  ///< which of the database's tables has its paths; a plain identifier
};

/// What obsmon takes from a butler.yaml.
struct ButlerConfig {
  std::filesystem::path file{};  ///< the butler.yaml, absolute
  std::string database_url{};    ///< registry.db, an SQLAlchemy URL, <butlerRoot> replaced

  // Of a database on a server; each is empty where it is not given. What the URL gives comes first.
  std::string database_namespace{};  ///< the schema
  std::string username{};
  std::string password{};
  std::string host{};
  std::string port{};
  std::string database{};

  std::vector<ButlerDatastore> datastores{};  ///< those that keep files, in the order of a chain

  /// What dataset types are called that have another name in the database: by that name.
  std::map<std::string, std::string> new_names{};

  /// "sqlite", "postgresql": the URL's scheme without a driver.
  std::string_view Dialect() const;
};

/// Reads `file`, an absolute path of a butler.yaml, with the files that it includes (!include and
/// includeConfigs).
///
/// Errors, each a sentence with the path: kNotFound, kPermissionDenied, kFailedPrecondition where it is no
/// configuration that obsmon can use (a remote Butler, a class of datastore that it does not know, broken
/// YAML, a map taken into another, a variable in the name of a folder).
absl::StatusOr<ButlerConfig> ReadButlerConfig(const std::filesystem::path& file);

/// The database's file. REQUIRES: Dialect() == "sqlite". kFailedPrecondition where the URL names none.
absl::StatusOr<std::filesystem::path> SqliteFileOf(const ButlerConfig& config);

/// The butler.yaml that `repo` stands for: a repository's folder, or the file itself (*.yaml or *.json).
/// Empty where it is neither.
std::filesystem::path FindButlerConfig(const std::filesystem::path& repo);

/// The butler.yaml of the repository that has the label `label`, the whole of it, in the index. Empty where
/// none has. Errors: an index that can't be read, or that leads to what is not on this machine.
absl::StatusOr<std::filesystem::path> FindButlerConfigOfLabel(const std::string& label,
                                                              const ButlerIndex& index);

/// Whether `text` is meant as a URI, of whatever scheme.
bool IsUri(std::string_view text);
/// What may be shown of a URI of any scheme, for some have a login in them: "https://…".
std::string SchemeOf(std::string_view uri);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_BUTLER_CONFIG_H_
