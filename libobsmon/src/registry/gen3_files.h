// Finds the files of a night's datasets in a Gen3 repository.
#ifndef OBSMON_SRC_REGISTRY_GEN3_FILES_H_
#define OBSMON_SRC_REGISTRY_GEN3_FILES_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "registry/gen3_query.h"
#include "registry/gen3_schema.h"

namespace obsmon {

/// Where the repository is.
struct Gen3Place {
  std::string folder{};  ///< of butler.yaml, absolute: paths below it are told from it on
};

/// What a record's path names, given the root of its datastore.
struct Gen3Artifact {
  std::string location{};  ///< the absolute path of a file, or the URI of one that is elsewhere
  bool is_remote = false;
  bool is_in_datastore =
      false;  ///< relative to the datastore's root, and not a file outside of it ("direct")
  std::string_view zip_member{};  ///< the name of a zip file's member; else empty; a view into `path`
};

/// Each row by itself is relative, absolute or a URI, whatever the rows beside it are: an absolute URI
/// (percent- encoded, unless it names another host) where it was ingested "direct", else a plain path from
/// `root` on. Members of zip files end in #zip-path=<member>. (daf_butler, fileDatastore.py; lsst.resources,
/// _resourcePath.py)
Gen3Artifact ResolveGen3Path(std::string_view path, std::string_view root);

/// Asks for the file of each of `rows`, but for those outside of the repository that are `known`: one system
/// call a file, and one for its folder, which is not listed.
/// Files in object stores are not asked for. Errors: kCancelled.
absl::StatusOr<NightIngests> FindGen3Files(const Gen3Place& place, const Gen3Schema& schema,
                                           const Gen3Rows& rows, Night night,
                                           std::span<const Gen3Row> of_night, const KnownFiles& known,
                                           const WorkControl& control);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN3_FILES_H_
