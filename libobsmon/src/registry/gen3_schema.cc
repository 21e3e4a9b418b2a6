#include "registry/gen3_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <utility>

#include "status_macros.h"
#include "text/nearest.h"

namespace obsmon {
namespace {

// Where a Butler's raws are, and those of guiders, which are files of their own (obs_lsst,
// _ingest_guider.py).
constexpr std::string_view kRaw = "raw";
constexpr std::string_view kGuiderRaw = "guider_raw";
constexpr std::size_t kMostNamesInASentence = 8;

using Values = std::span<const BoundValue>;

// Calls `take` with each row.
absl::Status ForEachRow(Gen3Transaction& transaction, std::string_view sql, Values values,
                        absl::FunctionRef<void(const Gen3Statement&)> take) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Statement> statement, transaction.Prepare(sql));
  OBSMON_RETURN_IF_ERROR(statement->Run(values));
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, statement->Step());
    if (!has_row) return absl::OkStatus();
    take(*statement);
  }
}

absl::StatusOr<std::vector<std::string>> ReadTexts(Gen3Transaction& transaction, std::string_view sql,
                                                   Values values = {}) {
  std::vector<std::string> texts;
  OBSMON_RETURN_IF_ERROR(ForEachRow(transaction, sql, values,
                                    [&](const Gen3Statement& row) { texts.emplace_back(row.Text(0)); }));
  return texts;
}

std::string Listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMostNamesInASentence);
  std::string list =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) list += fmt::format(" and {} more", names.size() - shown);
  return list;
}

std::vector<std::string_view> ViewsOf(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

bool HasColumns(const SqlColumns& columns, std::initializer_list<std::string_view> names) {
  return std::ranges::all_of(names, [&](std::string_view name) { return columns.contains(name); });
}

// --- versions
// -----------------------------------------------------------------------------------------------

// The parts of a schema that have versions of their own, and the one that is known, as far as it counts: a
// manager keeps its tables as they are within it (daf_butler, registry/versions.py).
struct KnownManager {
  std::string_view kind;
  std::string_view first;  ///< what a version begins with that can be read
  std::string_view second{};
};
constexpr std::array kKnownManagers = {
    KnownManager{"datasets", "1.", "2."}, KnownManager{"collections", "2."}, KnownManager{"dimensions", "6."},
    KnownManager{"datastores", "0.2."},   KnownManager{"opaque", "0.2."},
};

absl::Status CheckVersions(Gen3Transaction& transaction) {
  OBSMON_ASSIGN_OR_RETURN(const SqlColumns columns, transaction.ColumnsOf("butler_attributes"));
  if (!HasColumns(columns, {"name", "value"})) return absl::OkStatus();  // very old ones have none
  std::map<std::string, std::string, std::less<>> attributes;
  OBSMON_RETURN_IF_ERROR(ForEachRow(
      transaction,
      fmt::format("SELECT name, value FROM {} WHERE name LIKE 'version:%' OR name LIKE 'config:registry.%'",
                  transaction.Table("butler_attributes")),
      {}, [&](const Gen3Statement& row) { attributes.emplace(row.Text(0), row.Text(1)); }));
  for (const KnownManager& known : kKnownManagers) {
    const auto manager = attributes.find(fmt::format("config:registry.managers.{}", known.kind));
    if (manager == attributes.end()) continue;
    const auto version = attributes.find("version:" + manager->second);
    if (version == attributes.end() || version->second.starts_with(known.first) ||
        (!known.second.empty() && version->second.starts_with(known.second))) {
      continue;
    }
    return absl::FailedPreconditionError(
        fmt::format("its {} manager has version {}, which this obsmon does not know; it needs a newer obsmon",
                    known.kind, version->second));
  }
  return absl::OkStatus();
}

// --- tables
// -------------------------------------------------------------------------------------------------

absl::StatusOr<IngestDate> IngestDateOf(std::string_view type) {
  if (type.find("int") != std::string_view::npos) return IngestDate::kTaiNanoseconds;
  if (type == "timestamp" || type == "datetime") return IngestDate::kUtcText;
  if (type == "timestamp without time zone") return IngestDate::kUtcTimestamp;
  return absl::FailedPreconditionError(
      fmt::format("its datasets have an ingest_date of type '{}', which this obsmon does not know", type));
}

absl::StatusOr<IngestDate> CheckTables(Gen3Transaction& transaction) {
  OBSMON_ASSIGN_OR_RETURN(const SqlColumns dataset, transaction.ColumnsOf("dataset"));
  OBSMON_ASSIGN_OR_RETURN(const SqlColumns exposure, transaction.ColumnsOf("exposure"));
  OBSMON_ASSIGN_OR_RETURN(const SqlColumns type, transaction.ColumnsOf("dataset_type"));
  if (!HasColumns(dataset, {"id", "ingest_date"}) ||
      !HasColumns(type, {"id", "name", "tag_association_table"}) ||
      !HasColumns(exposure, {"instrument", "id", "day_obs", "obs_id"})) {
    return absl::FailedPreconditionError(
        "it lacks the tables dataset, dataset_type and exposure of a Butler's "
        "registry; name the repository with --repo");
  }
  if (dataset.find("id")->second.find("int") != std::string::npos) {
    return absl::FailedPreconditionError(
        "its datasets are numbered, as the Butler did until May 2021; obsmon reads registries whose datasets "
        "have "
        "UUIDs, to which the Butler can migrate it");
  }
  if (!dataset.contains("run_id")) {
    return absl::FailedPreconditionError(
        "its collections are kept by name (NameKeyCollectionManager), and obsmon reads those kept by number, "
        "to "
        "which the Butler can migrate it");
  }
  return IngestDateOf(dataset.find("ingest_date")->second);
}

// --- what is asked for
// --------------------------------------------------------------------------------------

absl::Status ChooseInstrument(Gen3Transaction& transaction, const RegistryOptions& options,
                              Gen3Schema& schema) {
  OBSMON_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          ReadTexts(transaction, fmt::format("SELECT name FROM {} ORDER BY name",
                                                             transaction.Table("instrument"))));
  if (names.empty()) return absl::OkStatus();
  if (!options.instrument.empty()) {
    if (std::ranges::find(names, options.instrument) == names.end()) {
      return absl::FailedPreconditionError(fmt::format("it has no instrument '{}', only {}{}",
                                                       options.instrument, Listed(names),
                                                       DidYouMean(options.instrument, ViewsOf(names))));
    }
    schema.instrument = options.instrument;
    return absl::OkStatus();
  }
  if (names.size() > 1) {
    return absl::FailedPreconditionError(
        fmt::format("it has {} instruments, {}; choose one with --instrument", names.size(), Listed(names)));
  }
  schema.instrument = names.front();
  return absl::OkStatus();
}

// "dataset_tags_00000001" becomes part of SQL.
bool IsTagsTable(std::string_view name) {
  constexpr std::string_view kPrefix = "dataset_tags_";
  return name.starts_with(kPrefix) && name.size() >= kPrefix.size() + 8 &&
         name.find_first_not_of("0123456789", kPrefix.size()) == std::string_view::npos;
}

absl::Status AddType(Gen3Transaction& transaction, const std::string& tags_table, Gen3DatasetType type,
                     Gen3Schema& schema) {
  const auto group = std::ranges::find(schema.types, tags_table, &Gen3TypeGroup::tags_table);
  if (group != schema.types.end()) {
    group->types.push_back(std::move(type));
    return absl::OkStatus();
  }
  SqlColumns columns;
  if (IsTagsTable(tags_table)) {
    OBSMON_ASSIGN_OR_RETURN(columns, transaction.ColumnsOf(tags_table));
  }
  if (!HasColumns(columns,
                  {"dataset_type_id", "dataset_id", "collection_id", "instrument", "detector", "exposure"})) {
    return absl::FailedPreconditionError(fmt::format(
        "its datasets of type '{}' are not told apart by exposure and detector, as raw files are; choose "
        "another type with --dataset_type",
        type.name));
  }
  schema.types.push_back({.tags_table = tags_table, .types = {std::move(type)}});
  return absl::OkStatus();
}

absl::Status ChooseTypes(Gen3Transaction& transaction, const ButlerConfig& config,
                         const RegistryOptions& options, Gen3Schema& schema) {
  struct Known {
    std::string tags_table;
    Gen3DatasetType type;
  };
  std::vector<Known> known;
  std::vector<std::string> names;
  OBSMON_RETURN_IF_ERROR(
      ForEachRow(transaction,
                 fmt::format("SELECT id, name, tag_association_table FROM {} ORDER BY id",
                             transaction.Table("dataset_type")),
                 {}, [&](const Gen3Statement& row) {
                   const auto new_name = config.new_names.find(std::string(row.Text(1)));
                   names.emplace_back(new_name == config.new_names.end() ? row.Text(1) : new_name->second);
                   known.push_back({std::string(row.Text(2)), {.name = names.back(), .id = row.Int(0)}});
                 }));
  const bool chosen = !options.dataset_types.empty();
  for (const std::string& name : options.dataset_types) {
    if (names.empty() || std::ranges::find(names, name) != names.end()) continue;
    return absl::FailedPreconditionError(fmt::format("it has no dataset type '{}', only {}{}", name,
                                                     Listed(names), DidYouMean(name, ViewsOf(names))));
  }
  for (Known& entry : known) {
    const std::string& name = entry.type.name;
    const bool wanted = chosen ? std::ranges::find(options.dataset_types, name) != options.dataset_types.end()
                               : name == kRaw || name == kGuiderRaw;
    if (wanted) {
      OBSMON_RETURN_IF_ERROR(AddType(transaction, entry.tags_table, std::move(entry.type), schema));
    }
  }
  return absl::OkStatus();
}

// --- collections
// --------------------------------------------------------------------------------------------

enum CollectionType : std::int64_t { kRun = 1, kTagged = 2, kChained = 3, kCalibration = 4 };

struct Collection {
  std::int64_t id = 0;
  std::int64_t type = 0;
};

absl::Status AddCollection(Gen3Transaction& transaction, Collection collection, std::set<std::int64_t>& seen,
                           Gen3Schema& schema) {
  if (!seen.insert(collection.id).second) return absl::OkStatus();  // reached by another chain, too
  if (collection.type == kRun) schema.runs.push_back(collection.id);
  if (collection.type == kTagged) schema.tagged.push_back(collection.id);
  if (collection.type != kChained) return absl::OkStatus();
  std::vector<Collection> children;
  const std::array values = {BoundValue{collection.id}};
  OBSMON_RETURN_IF_ERROR(ForEachRow(
      transaction,
      fmt::format("SELECT c.collection_id, c.type FROM {} l JOIN {} c ON c.collection_id = l.child "
                  "WHERE l.parent = $1 ORDER BY l.position",
                  transaction.Table("collection_chain"), transaction.Table("collection")),
      values, [&](const Gen3Statement& row) {
        children.push_back({row.Int(0), row.Int(1)});
      }));
  for (const Collection& child : children) {
    OBSMON_RETURN_IF_ERROR(AddCollection(transaction, child, seen, schema));
  }
  return absl::OkStatus();
}

absl::Status ChooseCollections(Gen3Transaction& transaction, const RegistryOptions& options,
                               Gen3Schema& schema) {
  std::set<std::int64_t> seen;
  for (const std::string& name : options.collections) {
    std::vector<Collection> found;
    const std::array values = {BoundValue{std::string_view(name)}};
    OBSMON_RETURN_IF_ERROR(ForEachRow(
        transaction,
        fmt::format("SELECT collection_id, type FROM {} WHERE name = $1", transaction.Table("collection")),
        values, [&](const Gen3Statement& row) {
          found.push_back({row.Int(0), row.Int(1)});
        }));
    if (found.empty()) {
      OBSMON_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                              ReadTexts(transaction, fmt::format("SELECT name FROM {} ORDER BY name",
                                                                 transaction.Table("collection"))));
      return absl::FailedPreconditionError(fmt::format("it has no collection '{}'{}{}", name,
                                                       names.empty() ? "" : ", only " + Listed(names),
                                                       DidYouMean(name, ViewsOf(names))));
    }
    OBSMON_RETURN_IF_ERROR(AddCollection(transaction, found.front(), seen, schema));
  }
  if (!options.collections.empty() && schema.runs.empty() && schema.tagged.empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "its collection{} {} can't hold raw files: neither a run nor a tagged collection is in it; "
        "choose another with --collection",
        options.collections.size() == 1 ? "" : "s", Listed(options.collections)));
  }
  return absl::OkStatus();
}

// --- the rest
// -----------------------------------------------------------------------------------------------

// The distinct names of a table of millions, by steps from one to the next along its primary key.
absl::Status ReadLocationNames(Gen3Transaction& transaction, Gen3Schema& schema) {
  const std::string sql = fmt::format("SELECT min(datastore_name) FROM {} WHERE datastore_name > $1",
                                      transaction.Table("dataset_location"));
  for (std::string last;;) {
    const std::array values = {BoundValue{std::string_view(last)}};
    OBSMON_ASSIGN_OR_RETURN(std::vector<std::string> next, ReadTexts(transaction, sql, values));
    if (next.empty() || next.front().empty()) return absl::OkStatus();
    last = next.front();
    // Else the steps would never end: where the index is damaged, or a name is no text.
    if (std::ranges::find(schema.location_names, last) != schema.location_names.end()) {
      return absl::DataLossError("the datastores' names in its table dataset_location lie in no order");
    }
    schema.location_names.push_back(last);
  }
}

bool IsLocated(const Gen3Schema& schema, const ButlerDatastore& datastore) {
  return std::ranges::find(schema.location_names, datastore.name) != schema.location_names.end();
}

// Whether a row of dataset_location has to be of a datastore whose table of records is not there: by its
// name, or because it has the name of none that is configured, as after a datastore was given another one.
bool HasLocationsWithoutRecords(const Gen3Schema& schema, const ButlerConfig& config,
                                const ButlerDatastore& datastore) {
  const auto is_located = [&](const ButlerDatastore& other) { return IsLocated(schema, other); };
  if (is_located(datastore)) return true;
  // One whose table is there may be the one that was renamed.
  if (!std::ranges::all_of(schema.datastores, is_located)) return false;
  return std::ranges::any_of(schema.location_names, [&](const std::string& name) {
    return std::ranges::find(config.datastores, name, &ButlerDatastore::name) == config.datastores.end();
  });
}

// The Butler makes a table of records when it first opens a datastore for writing: none means nothing stored
// yet. But where there are locations none means a table that has another name, or that may not be seen: then
// each file would seem never to have been ingested.
absl::Status KeepUsedDatastores(Gen3Transaction& transaction, const ButlerConfig& config,
                                Gen3Schema& schema) {
  std::vector<const ButlerDatastore*> without_table;
  for (const ButlerDatastore& datastore : config.datastores) {
    OBSMON_ASSIGN_OR_RETURN(const SqlColumns columns, transaction.ColumnsOf(datastore.records_table));
    if (columns.empty()) {
      without_table.push_back(&datastore);
      continue;
    }
    if (!HasColumns(columns, {"dataset_id", "path", "component", "file_size"})) {
      return absl::FailedPreconditionError(
          fmt::format("its table {} is no datastore's table of records", datastore.records_table));
    }
    // Of those that share it, and that no location names, nothing tells whose a record is: it is the first
    // one's.
    const bool has_namesake = std::ranges::any_of(schema.datastores, [&](const ButlerDatastore& other) {
      return other.records_table == datastore.records_table && !IsLocated(schema, other);
    });
    if (has_namesake && !IsLocated(schema, datastore)) continue;
    schema.datastores.push_back(datastore);
  }
  for (const ButlerDatastore* datastore : without_table) {
    if (!HasLocationsWithoutRecords(schema, config, *datastore)) continue;
    return absl::FailedPreconditionError(fmt::format(
        "it lists where datasets are stored, but the table {} of their paths is not there, or this login may "
        "not see it; correct records.table of the datastore {} in butler.yaml, or grant SELECT on the table",
        datastore->records_table, datastore->name));
  }
  return absl::OkStatus();
}

absl::Status ReadDetectors(Gen3Transaction& transaction, Gen3Schema& schema) {
  const std::array values = {BoundValue{std::string_view(schema.instrument)}};
  return ForEachRow(
      transaction,
      fmt::format("SELECT id, full_name FROM {} WHERE instrument = $1", transaction.Table("detector")),
      values, [&](const Gen3Statement& row) {
        schema.detectors.emplace(static_cast<std::int32_t>(row.Int(0)), row.Text(1));
      });
}

}  // namespace

absl::StatusOr<Gen3Schema> ReadGen3Schema(Gen3Transaction& transaction, const ButlerConfig& config,
                                          const RegistryOptions& options) {
  Gen3Schema schema{.checksums = options.checksums};
  OBSMON_RETURN_IF_ERROR(CheckVersions(transaction));
  OBSMON_ASSIGN_OR_RETURN(schema.ingest_date, CheckTables(transaction));
  OBSMON_RETURN_IF_ERROR(ChooseInstrument(transaction, options, schema));
  OBSMON_RETURN_IF_ERROR(ChooseTypes(transaction, config, options, schema));
  OBSMON_RETURN_IF_ERROR(ChooseCollections(transaction, options, schema));
  OBSMON_RETURN_IF_ERROR(ReadLocationNames(transaction, schema));
  OBSMON_RETURN_IF_ERROR(KeepUsedDatastores(transaction, config, schema));
  OBSMON_RETURN_IF_ERROR(ReadDetectors(transaction, schema));
  return schema;
}

}  // namespace obsmon
