// Real Gen2 repositories: a registry.sqlite3 with the tables of its camera and time, and files where an
// ingest puts them.
#ifndef OBSMON_TESTS_SUPPORT_REGISTRY_BUILDER_H_
#define OBSMON_TESTS_SUPPORT_REGISTRY_BUILDER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "obsmon/night.h"
#include "sqlite/sqlite.h"
#include "support/temp_tree.h"

namespace obsmon {

/// The table `raw` as an ingest made it (obs_lsst, config/ingest.py and config/<camera>/ingest.py;
/// obs_subaru).
enum class RawSchema : std::uint8_t {
  kLatiss,
  kLatissBefore2020,  ///< no expId, obsid, expGroup
  kLsstCam,           ///< also comCam and the BOT
  kLsstCamBefore2020,
  kStand,  ///< ts8, ts3, ucd
  kStandBefore2020,
  kImsim,  ///< also phosim: no dayObs
  kHsc,    ///< expId is a text, dateObs the night
};

/// The statement that makes the table.
std::string_view CreateRawTable(RawSchema schema);

/// NULL, a number or a text.
using SqlValue = std::variant<std::nullptr_t, std::int64_t, std::string>;
/// Columns and their values.
using RawValues = std::vector<std::pair<std::string, SqlValue>>;

/// `values` with some of them replaced, or others added.
RawValues With(RawValues values, const RawValues& changes);

class RegistryBuilder {
 public:
  /// Makes the repository `repo` of `tree`, its registry with an empty table.
  RegistryBuilder(const TempTree& tree, std::string_view repo, RawSchema schema);
  /// With a table of one's own.
  RegistryBuilder(const TempTree& tree, std::string_view repo, std::string_view create_table);

  /// Inserts one row; columns that are not named are NULL.
  RegistryBuilder& Row(const RawValues& values);
  /// Inserts a row, and makes its file, where `path` says, a link to a file of `size` bytes in storage/.
  RegistryBuilder& Linked(const RawValues& values, std::string_view path, std::size_t size = 57'600);
  /// Names the camera in `_mapper`.
  RegistryBuilder& Mapper(std::string_view name);
  /// Runs any SQL.
  RegistryBuilder& Sql(std::string_view statements);
  /// Ends the open transaction, if any, and closes the connection.
  std::filesystem::path Close();

  std::filesystem::path repo() const { return tree_.root() / repo_; }
  std::filesystem::path file() const { return repo() / "registry.sqlite3"; }

 private:
  const TempTree& tree_;
  std::string repo_;
  std::optional<sqlite::Connection> connection_;
};

/// Everything that can be told of the files below `folder` but their atimes: names, kinds, inodes, sizes,
/// mtimes and contents. Two equal portraits say that nothing was written.
std::string PortraitOf(const std::filesystem::path& folder);

/// Runs `work` in a process of its own. Where that ends in DieHere, it dies as by kill -9: what `work` has
/// open is neither closed nor rolled back.
void InOtherProcess(const std::function<void()>& work);
[[noreturn]] void DieHere();

}  // namespace obsmon

#endif  // OBSMON_TESTS_SUPPORT_REGISTRY_BUILDER_H_
