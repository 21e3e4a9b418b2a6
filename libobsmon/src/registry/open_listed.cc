// Opens the registries that are lists: Registry::OpenSql and OpenEvents.

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "obsmon/registry.h"
#include "query/asked_query.h"
#include "registry/event_tables.h"
#include "registry/listed_registry.h"
#include "registry/query_rows.h"
#include "status_macros.h"

namespace obsmon {
namespace {

/// One line of the prototype's findtable: a path that has both words has this prefix.
struct PrefixRule {
  std::string_view word;
  std::string_view second_word;
  std::string_view prefix;
};

// In the prototype's order. It asked twice for "auxtel" where the second time ComCam was meant.
constexpr std::array kPrefixRules = {
    PrefixRule{"ncsa_auxtel", "", "nts_auxtel_"},
    PrefixRule{"ncsa_comcam", "", "nts_comcam_"},
    PrefixRule{"auxtel", "archiver", "obs_auxtel_arc_"},
    PrefixRule{"auxtel", "daq", "obs_auxtel_ccs_"},
    PrefixRule{"comcam", "archiver", "obs_comcam_arc_"},
    PrefixRule{"comcam", "ccs", "obs_comcam_ccs_"},
    PrefixRule{"bot", "", "slac_bot_"},
};

absl::StatusOr<std::unique_ptr<Registry>> Opened(std::unique_ptr<RowSource> source,
                                                 const std::filesystem::path& storage,
                                                 const RegistryOptions& options) {
  OBSMON_RETURN_IF_ERROR(source->Check());
  return MakeListedRegistry(std::move(source), storage, options.control);
}

}  // namespace

std::string EventTablesPrefixOf(const std::filesystem::path& input_dir) {
  const std::string path = absl::AsciiStrToLower(input_dir.string());
  for (const PrefixRule& rule : kPrefixRules) {
    const bool has_both =
        path.find(rule.word) != std::string::npos && path.find(rule.second_word) != std::string::npos;
    if (has_both) return std::string(rule.prefix);
  }
  return {};
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::OpenSql(const SqlQuery& sql,
                                                            const std::filesystem::path& storage,
                                                            const RegistryOptions& options) {
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<RowSource> source, MakeQueryRows(sql, options));
  return Opened(std::move(source), storage, options);
}

absl::StatusOr<std::unique_ptr<Registry>> Registry::OpenEvents(const EventTables& events,
                                                               const std::filesystem::path& storage,
                                                               const RegistryOptions& options) {
  EventTables with_uri = events;
  if (with_uri.uri.empty()) with_uri.uri = "postgresql://";  // all of it from libpq's own places
  OBSMON_RETURN_IF_ERROR(CheckUri(with_uri.uri));
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<RowSource> source, MakeEventTables(with_uri, options));
  return Opened(std::move(source), storage, options);
}

}  // namespace obsmon
