#include "support/synthetic_night.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "files/system_error.h"
#include "obsmon/night.h"
#include "sqlite/sqlite.h"
#include "status_macros.h"

namespace obsmon {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::int64_t kJsonBytes = 2'000;
constexpr int kScienceDetectors = 189;

constexpr std::array<std::string_view, 21> kScienceRafts = {"R01", "R02", "R03", "R10", "R11", "R12", "R13",
                                                            "R14", "R20", "R21", "R22", "R23", "R24", "R30",
                                                            "R31", "R32", "R33", "R34", "R41", "R42", "R43"};
constexpr std::array<std::string_view, 9> kScienceSensors = {"S00", "S01", "S02", "S10", "S11",
                                                             "S12", "S20", "S21", "S22"};
constexpr std::array<std::string_view, 4> kCornerRafts = {"R00", "R04", "R40", "R44"};
constexpr std::array<std::string_view, 4> kCornerSensors = {"SG0", "SG1", "SW0", "SW1"};

// obs_lsst, config/lsstCam/ingest.py, as the registries of 2020-01-30 and later have it.
constexpr std::string_view kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS raw (
    id integer primary key autoincrement, run text,visit int,filter text,date text,dateObs text,
    expTime double,raftName text,detectorName text,detector int,snap int,object text,imageType text,
    testType text,lsstSerial text,wavelength int,controller text,obsid text,expGroup text,expId int,
    dayObs text,seqNum int, unique(expId,detector,visit));
  CREATE TABLE IF NOT EXISTS raw_visit (
    visit int,filter text,dateObs text,expTime double, unique(visit));
)sql";

constexpr std::string_view kInsertRaw = R"sql(
  INSERT INTO raw (run, visit, filter, date, dateObs, expTime, raftName, detectorName, detector, snap, object,
                   imageType, testType, lsstSerial, wavelength, controller, obsid, expGroup, expId, dayObs,
                   seqNum)
  VALUES ('synthetic', ?1, 'r', ?2, ?2, 30, ?3, ?4, ?5, 0, 'sky', 'SKYEXP', 'SKYEXP', 'none', -666, 'O', ?6,
          ?6, ?1, ?7, ?8)
)sql";

constexpr std::string_view kInsertVisit =
    "INSERT OR IGNORE INTO raw_visit (visit, filter, dateObs, expTime) VALUES (?1, 'r', ?2, 30)";

std::pair<std::string_view, std::string_view> RaftAndSensor(int detector) {
  const auto at = static_cast<std::size_t>(detector);
  if (detector < kScienceDetectors) return {kScienceRafts[at / 9], kScienceSensors[at % 9]};
  const std::size_t corner = at - kScienceDetectors;
  return {kCornerRafts[corner / 4], kCornerSensors[corner % 4]};
}

std::string ExposureFolder(Night night, int exposure) {
  return fmt::format("{}/{}", night.ToString(), SyntheticObsId(night, exposure));
}

UtcTime EveningOf(Night night) { return UtcTime(night.date()) + hours{20}; }
UtcTime MorningAfter(Night night) { return UtcTime(night.date()) + hours{35}; }
UtcTime TimeOf(Night night, int exposure) { return EveningOf(night) + seconds{40} * exposure; }

absl::Status Failure(const std::filesystem::path& path) {
  const absl::Status status = SystemError(errno);
  return {status.code(), fmt::format("{}: {}", path.string(), std::string(status.message()))};
}

timespec ToTimespec(UtcTime time) {
  return {.tv_sec = std::chrono::floor<seconds>(time).time_since_epoch().count(), .tv_nsec = 0};
}

absl::Status Date(const std::filesystem::path& path, UtcTime time) {
  const std::array<timespec, 2> times{ToTimespec(time), ToTimespec(time)};
  if (utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) return Failure(path);
  return absl::OkStatus();
}

absl::Status MakeFolders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::InternalError(fmt::format("{}: {}", path.string(), error.message()));
  return absl::OkStatus();
}

absl::Status MakeSparseFile(const std::string& path, std::int64_t bytes, UtcTime time) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return Failure(path);
  const std::array<timespec, 2> times{ToTimespec(time), ToTimespec(time)};
  const bool done = ftruncate(fd, bytes) == 0 && futimens(fd, times.data()) == 0;
  const absl::Status status = done ? absl::OkStatus() : Failure(path);
  close(fd);
  return status;
}

/// Half of the files when `share` is one half: which is decided by their number, evenly and always alike.
bool IsIngested(std::int64_t file, double share) {
  return static_cast<std::int64_t>(static_cast<double>(file + 1) * share) >
         static_cast<std::int64_t>(static_cast<double>(file) * share);
}

/// The repository of a tree, open for the ingest of one night.
class Repository {
 public:
  static absl::StatusOr<Repository> Open(const std::filesystem::path& root) {
    OBSMON_RETURN_IF_ERROR(MakeFolders(root / "raw"));
    std::ofstream(root / "_mapper") << "lsst.obs.lsst.LsstCamMapper\n";
    OBSMON_ASSIGN_OR_RETURN(
        sqlite::Connection connection,
        sqlite::Connection::Open(root / "registry.sqlite3", sqlite::OpenMode::kReadWrite, seconds{1}));
    OBSMON_RETURN_IF_ERROR(connection.Execute("PRAGMA synchronous = off"));
    OBSMON_RETURN_IF_ERROR(connection.Execute(kSchema));
    OBSMON_RETURN_IF_ERROR(connection.Execute("BEGIN"));
    OBSMON_ASSIGN_OR_RETURN(sqlite::Statement raw, connection.Prepare(kInsertRaw));
    OBSMON_ASSIGN_OR_RETURN(sqlite::Statement visit, connection.Prepare(kInsertVisit));
    return Repository(root, std::move(connection), std::move(raw), std::move(visit));
  }

  absl::Status MakeExposureFolder(Night night, int exposure) {
    return MakeFolders((root_ / SyntheticIngestPath(night, exposure, 0)).parent_path());
  }

  absl::Status Ingest(const std::filesystem::path& file, Night night, int exposure, int detector) {
    const std::filesystem::path link = root_ / SyntheticIngestPath(night, exposure, detector);
    if (symlink(file.c_str(), link.c_str()) != 0) return Failure(link);
    OBSMON_RETURN_IF_ERROR(Date(link, TimeOf(night, exposure) + seconds{90}));
    const std::int64_t id = SyntheticExposureId(night, exposure);
    const std::string date = FormatUtc(TimeOf(night, exposure)).substr(0, 19) + ".000";
    const auto [raft, sensor] = RaftAndSensor(detector);
    OBSMON_RETURN_IF_ERROR(visit_.Bind(1, id).Bind(2, date).Run());
    return raw_.Bind(1, id)
        .Bind(2, date)
        .Bind(3, raft)
        .Bind(4, sensor)
        .Bind(5, std::int64_t{detector})
        .Bind(6, SyntheticObsId(night, exposure))
        .Bind(7, night.ToString())
        .Bind(8, std::int64_t{exposure})
        .Run();
  }

  absl::Status Commit() { return connection_.Execute("COMMIT"); }

 private:
  Repository(std::filesystem::path root, sqlite::Connection connection, sqlite::Statement raw,
             sqlite::Statement visit)
      : root_(std::move(root)),
        connection_(std::move(connection)),
        raw_(std::move(raw)),
        visit_(std::move(visit)) {}

  std::filesystem::path root_;
  sqlite::Connection connection_;
  sqlite::Statement raw_;
  sqlite::Statement visit_;
};

/// Makes the files of one exposure, ingests what is to be ingested of them, and adds them to `counts`.
absl::Status MakeExposure(const std::filesystem::path& storage, Night night, int exposure,
                          const SyntheticNight& options, Repository* repository, SyntheticCounts& counts) {
  OBSMON_RETURN_IF_ERROR(MakeFolders(storage / ExposureFolder(night, exposure)));
  if (repository != nullptr) OBSMON_RETURN_IF_ERROR(repository->MakeExposureFolder(night, exposure));
  ++counts.folders;
  for (int detector = 0; detector < options.detectors; ++detector) {
    const std::string stem = storage / SyntheticStorageStem(night, exposure, detector);
    OBSMON_RETURN_IF_ERROR(MakeSparseFile(stem + ".fits", options.fits_bytes, TimeOf(night, exposure)));
    ++counts.files;
    if (options.json) {
      OBSMON_RETURN_IF_ERROR(MakeSparseFile(stem + ".json", kJsonBytes, TimeOf(night, exposure)));
      ++counts.files;
    }
    const std::int64_t number = std::int64_t{exposure - 1} * options.detectors + detector;
    if (repository != nullptr && IsIngested(number, options.share_ingested)) {
      OBSMON_RETURN_IF_ERROR(repository->Ingest(stem + ".fits", night, exposure, detector));
      ++counts.ingested;
    }
  }
  return absl::OkStatus();
}

/// Dates the folders of the night: the making of their entries has set them to now.
absl::Status DateFolders(const std::filesystem::path& input, Night night, const SyntheticNight& options) {
  const auto date = [&](const std::filesystem::path& folder) {
    return std::filesystem::exists(folder) ? Date(folder, MorningAfter(night)) : absl::OkStatus();
  };
  for (int exposure = 1; exposure <= options.exposures; ++exposure) {
    OBSMON_RETURN_IF_ERROR(date(input / "storage" / ExposureFolder(night, exposure)));
    OBSMON_RETURN_IF_ERROR(
        date((input / "gen2repo" / SyntheticIngestPath(night, exposure, 0)).parent_path()));
  }
  for (const std::filesystem::path& folder :
       {input / "storage" / night.ToString(), input / "storage", input / "gen2repo/raw" / night.ToString(),
        input / "gen2repo/raw", input / "gen2repo", input}) {
    OBSMON_RETURN_IF_ERROR(date(folder));
  }
  return absl::OkStatus();
}

}  // namespace

std::string SyntheticObsId(Night night, int exposure) {
  return fmt::format("MC_O_{}_{:06}", night.Compact(), exposure);
}

std::int64_t SyntheticExposureId(Night night, int exposure) {
  return std::int64_t{night.yyyymmdd()} * 100'000 + exposure;
}

std::string SyntheticRaftSensor(int detector) {
  const auto [raft, sensor] = RaftAndSensor(detector);
  return fmt::format("{}_{}", raft, sensor);
}

std::string SyntheticStorageStem(Night night, int exposure, int detector) {
  return fmt::format("{}/{}_{}", ExposureFolder(night, exposure), SyntheticObsId(night, exposure),
                     SyntheticRaftSensor(detector));
}

std::string SyntheticIngestPath(Night night, int exposure, int detector) {
  const auto [raft, sensor] = RaftAndSensor(detector);
  return fmt::format("raw/{0}/{1:013}/{1:013}-{2}-{3}-det{4:03}.fits", night.ToString(),
                     SyntheticExposureId(night, exposure), raft, sensor, detector);
}

absl::StatusOr<SyntheticCounts> MakeSyntheticNight(const std::filesystem::path& input_dir, Night night,
                                                   const SyntheticNight& options) {
  const std::filesystem::path input = std::filesystem::absolute(input_dir);
  std::optional<Repository> repository;
  if (options.repository) {
    OBSMON_ASSIGN_OR_RETURN(repository, Repository::Open(input / "gen2repo"));
  }
  SyntheticCounts counts;
  for (int exposure = 1; exposure <= options.exposures; ++exposure) {
    OBSMON_RETURN_IF_ERROR(MakeExposure(input / "storage", night, exposure, options,
                                        repository ? &*repository : nullptr, counts));
  }
  if (repository) OBSMON_RETURN_IF_ERROR(repository->Commit());
  OBSMON_RETURN_IF_ERROR(DateFolders(input, night, options));
  return counts;
}

}  // namespace obsmon
