#include "registry/gen2_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "registry/gen2_files.h"
#include "registry/gen2_table.h"
#include "registry/gen2_templates.h"
#include "registry/sqlite_sentences.h"
#include "sqlite/backoff.h"
#include "sqlite/foreign_database.h"
#include "status_macros.h"
#include "text/digest.h"
#include "transfers/observation_type.h"

namespace obsmon {
namespace {

// How long the file or its table may be away. Old ingests renamed a copy over the registry, after they had
// removed it (pipe_tasks before 2020-01-27); --create drops the tables and makes them again, one by one.
constexpr std::chrono::milliseconds kLongestGap{500};

constexpr std::string_view kDatabaseName = "registry.sqlite3";

// Whose word on the camera counts, in this order; the Butler wrote the one, later the other.
constexpr std::array<std::string_view, 2> kMapperFiles = {"_mapper", "repositoryCfg.yaml"};
constexpr std::size_t kMaxMapperBytes = std::size_t{64} * 1024;

std::string FirstBytesOf(const std::filesystem::path& path, std::size_t size) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Gen2Camera CameraOfRepository(const std::filesystem::path& repo) {
  for (const std::string_view name : kMapperFiles) {
    const Gen2Camera camera = CameraOfMapper(FirstBytesOf(repo / name, kMaxMapperBytes));
    if (camera != Gen2Camera::kUnknown) return camera;
  }
  return Gen2Camera::kUnknown;
}

// How long `status` is worth waiting for.
std::chrono::milliseconds PatienceFor(const absl::Status& status, std::chrono::milliseconds busy_timeout) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return busy_timeout;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInternal:  // such as a stale handle of NFS
      return std::min(busy_timeout, kLongestGap);
    default:
      return std::chrono::milliseconds{0};
  }
}

// The rows of some nights, and where their files may lie.
class Gen2Snapshot final : public RegistrySnapshot {
 public:
  Gen2Snapshot(std::filesystem::path repo, RawRows rows, std::vector<Gen2Camera> cameras, WorkControl control)
      : repo_(std::move(repo)),
        rows_(std::move(rows)),
        cameras_(std::move(cameras)),
        plans_(PlansFor(cameras_)),
        control_(std::move(control)) {}

  // Of the sum of the rows' hashes: the order of the table is the chance of the ingest.
  std::uint64_t Digest(Night night) const override {
    const std::span<const RawRow> rows = RowsOf(night);
    std::uint64_t sum = 0;
    for (const RawRow& row : rows) sum += row.HashWith(rows_.texts);
    MixedDigest digest;
    for (const Gen2Camera camera : cameras_) digest.Add(static_cast<std::uint64_t>(camera));
    return digest.Add(rows.size()).Add(sum).value();
  }

  absl::StatusOr<NightIngests> Ingests(Night night, const KnownFiles& known) const override {
    OBSMON_ASSIGN_OR_RETURN(NightIngests ingests,
                            FindRowFiles(repo_, night, RowsOf(night), rows_.texts, plans_, known, control_));
    std::optional<std::uint32_t> last;  // the rows of an exposure mostly follow each other
    for (const RawRow& row : RowsOf(night)) {
      if (!row.Has(RawField::kObsId) || !row.Has(RawField::kImageType)) continue;
      if (std::exchange(last, row.Text(RawField::kObsId)) == row.Text(RawField::kObsId)) continue;
      std::string type = ObservationTypeInWords(rows_.texts[row.Text(RawField::kImageType)]);
      if (type.empty()) continue;  // the header may tell
      ingests.observation_types.try_emplace(std::string(rows_.texts[row.Text(RawField::kObsId)]),
                                            std::move(type));
    }
    return ingests;
  }

 private:
  std::span<const RawRow> RowsOf(Night night) const {
    const auto rows = rows_.nights.find(night);
    if (rows == rows_.nights.end()) return {};
    return rows->second;
  }

  std::filesystem::path repo_;
  RawRows rows_;
  std::vector<Gen2Camera> cameras_;
  std::vector<FolderPlan> plans_;
  WorkControl control_;
};

class Gen2Registry final : public Registry {
 public:
  Gen2Registry(std::filesystem::path repo, const RegistryOptions& options)
      : repo_(std::move(repo)),
        file_(repo_ / kDatabaseName),
        options_(options),
        camera_(CameraOfRepository(repo_)) {}

  /// Whether there is a registry that can be read.
  absl::Status Check() {
    return Explained(WithColumns([](sqlite::Connection&, const RawColumns&) { return absl::OkStatus(); }));
  }

  std::string ChangeToken() override {
    const std::string token = sqlite::ChangeTokenOf(file_);
    if (token.empty()) return {};
    return fmt::format("{}-{}", token, static_cast<int>(camera_));  // the templates depend on it
  }

  absl::StatusOr<std::unique_ptr<RegistrySnapshot>> Read(std::span<const Night> nights,
                                                         const RowsAreFixed& rows_are_fixed) override {
    RawRows rows;
    std::vector<Gen2Camera> cameras;
    const absl::Status read =
        WithColumns([&](sqlite::Connection& database, const RawColumns& columns) -> absl::Status {
          if (rows_are_fixed) rows_are_fixed();
          OBSMON_ASSIGN_OR_RETURN(rows, ReadRawRows(database, columns, nights, options_.control.stop));
          cameras = CamerasFor(columns);
          return absl::OkStatus();
        });
    if (!read.ok()) return UnavailableIfGone(Explained(read));
    return std::make_unique<Gen2Snapshot>(repo_, std::move(rows), std::move(cameras), options_.control);
  }

 private:
  using ReadFunction = absl::FunctionRef<absl::Status(sqlite::Connection&, const RawColumns&)>;

  // Calls `read` in a transaction, with the table's columns; again and again while it is worth waiting. Every
  // time the file is opened anew: another one may have taken its place.
  absl::Status WithColumns(ReadFunction read) {
    sqlite::Backoff backoff(options_.control.stop);
    for (;;) {
      absl::Status status = ReadOnce(read);
      if (status.ok() || !backoff.Wait(PatienceFor(status, options_.busy_timeout))) return status;
    }
  }

  absl::Status ReadOnce(ReadFunction read) {
    OBSMON_ASSIGN_OR_RETURN(
        sqlite::ForeignDatabase database,
        sqlite::ForeignDatabase::Open(file_, options_.copies_folder, options_.control.stop));
    const absl::StatusOr<RawColumns> columns = RawColumns::Read(database.connection());
    const absl::Status status = columns.ok() ? read(database.connection(), *columns) : columns.status();
    return sqlite::WithoutPath(status, database.connection().file());
  }

  std::vector<Gen2Camera> CamerasFor(const RawColumns& columns) const {
    if (camera_ != Gen2Camera::kUnknown) return {camera_};
    return CamerasOfColumns(columns.fields(), columns.has_test_seq_num());
  }

  absl::Status Explained(const absl::Status& status) const;
  absl::Status UnavailableIfGone(absl::Status status) const;

  std::filesystem::path repo_;
  std::filesystem::path file_;
  RegistryOptions options_;
  Gen2Camera camera_;
};

absl::Status Gen2Registry::Explained(const absl::Status& status) const {
  const std::string file = file_.string();
  const std::string clause(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return absl::NotFoundError(
          fmt::format("{}: no such file; name the Gen2 repository with --repo, or go by its folders of links "
                      "with --search_links",
                      file));
    case absl::StatusCode::kFailedPrecondition:
      return absl::FailedPreconditionError(
          fmt::format("{}: {}; it is not the registry of a Gen2 repository: name that repository with --repo",
                      file, clause));
    case absl::StatusCode::kDataLoss:
      return absl::DataLossError(fmt::format(
          "{}: no SQLite database, or a damaged one ({}); restore it, or go by the folders of links "
          "with --search_links",
          file, clause));
    default:
      return ExplainSqliteRegistry(status, file, options_);
  }
}

// A registry that was there when it was opened is being re-made.
absl::Status Gen2Registry::UnavailableIfGone(absl::Status status) const {
  if (!absl::IsNotFound(status) && !absl::IsFailedPrecondition(status)) return status;
  return absl::UnavailableError(fmt::format(
      "{}: the registry, or its table 'raw', was there a moment ago and is gone; look again later",
      file_.string()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Registry>> OpenGen2ByQuery(const std::filesystem::path& repo,
                                                          const RegistryOptions& options) {
  auto registry = std::make_unique<Gen2Registry>(repo, options);
  OBSMON_RETURN_IF_ERROR(registry->Check());
  return registry;
}

}  // namespace obsmon
