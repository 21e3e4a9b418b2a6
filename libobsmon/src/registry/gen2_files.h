// Finds the files of a night's registry rows on disk.
#ifndef OBSMON_SRC_REGISTRY_GEN2_FILES_H_
#define OBSMON_SRC_REGISTRY_GEN2_FILES_H_

#include <filesystem>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"
#include "registry/gen2_row.h"
#include "registry/gen2_templates.h"

namespace obsmon {

/// The path of a row that can't fill any template; such rows are counted in one issue of the night.
inline constexpr std::string_view kUnknownPath = "raw/<unknown>";

/// Finds the file of each of `rows`, trying `plans` from the newest on; the first that exists is the row's,
/// also under its name with .gz or .fz appended, as the Butler's readers accept (obs_base, mapping.py).
///
/// A folder is listed once for each plan, not asked for each name; a file that is found is asked once. A row
/// whose file is nowhere is kGone at its newest path, or kUnreadable at the newest whose folder can't be
/// read. `repo` is absolute.
absl::StatusOr<NightIngests> FindRowFiles(const std::filesystem::path& repo, Night night,
                                          std::span<const RawRow> rows, const TextPool& texts,
                                          std::span<const FolderPlan> plans, const KnownFiles& known,
                                          const WorkControl& control);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_FILES_H_
