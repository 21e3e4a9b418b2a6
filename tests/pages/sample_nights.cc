#include "pages/sample_nights.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/status/status.h"

namespace obsmon::samples {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kDetectors = 9;

UtcTime Shot(int exposure) { return AsOf() - std::chrono::hours{5} + seconds{40 * exposure}; }

// A night under construction: files and datasets that belong to each other have the same inode.
class NightBuilder {
 public:
  struct File {
    std::int64_t size = 33'567'120;
    UtcTime created{};
    TransferState state = TransferState::kArrived;
    std::chrono::seconds travel{7};
  };
  void Arrive(std::string_view path, std::uint64_t inode, const File& file) {
    evidence_.transfers.Append({.path = path,
                                .size_bytes = file.size,
                                .creation_time = file.created,
                                .arrival_time = file.created + file.travel,
                                .file_id = {.device = 1, .inode = inode},
                                .state = file.state});
  }
  void Ingest(IngestRow row) {
    if (row.night == Night()) row.night = kNight;
    evidence_.ingests.Append(row);
  }
  // One exposure as it should be.
  void Exposure(int exposure, bool ingested, UtcTime shot) {
    const std::string id = fmt::format("MC_O_20200501_{:06}", exposure);
    for (int detector = 0; detector < kDetectors; ++detector) {
      const std::string name = fmt::format("{}_R22_S{}{}.fits", id, detector / 3, detector % 3);
      const auto inode = static_cast<std::uint64_t>(1000 + exposure * 100 + detector);
      Arrive(fmt::format("2020-05-01/{}/{}", id, name), inode, {.created = shot});
      if (ingested) {
        const std::string path = fmt::format("raw/2020-05-01/20200501{:05}/{}", exposure, name);
        Ingest({.path = path,
                .file_id = {.device = 1, .inode = inode},
                .size_bytes = 33'567'120,
                .ingest_time = shot + seconds{25 + 7 * detector + exposure % 5}});
      }
    }
    Arrive(fmt::format("2020-05-01/{}/{}_expectedSensors.json", id, id),
           static_cast<std::uint64_t>(1000 + exposure * 100 + 99), {.size = 4'312, .created = shot});
  }
  void Issue(std::string path, absl::Status status) {
    evidence_.issues.push_back({.path = std::move(path), .status = std::move(status)});
  }
  void RegistryTrouble(absl::Status status) { evidence_.registry_status = std::move(status); }

  NightReport Report(std::string stream = "comCam") && {
    NightMatch match = MatchNight(evidence_.transfers, evidence_.ingests, AsOf(),
                                  {.registry_readable = evidence_.registry_status.ok()});
    return MakeReport(std::move(stream), kNight, AsOf(), std::move(evidence_), std::move(match));
  }

 private:
  NightEvidence evidence_;
};

}  // namespace

UtcTime AsOf() { return UtcTime(kNight.date()) + std::chrono::hours{30}; }

NightReport CalmNight(int exposures) {
  NightBuilder night;
  for (int exposure = 1; exposure <= exposures; ++exposure) {
    night.Exposure(exposure, true, Shot(exposure % 400));
  }
  return std::move(night).Report();
}

NightReport TroubledNight() {
  NightBuilder night;
  for (int exposure = 1; exposure <= 12; ++exposure) {
    night.Exposure(exposure, exposure != 5 && exposure != 9, Shot(exposure));
  }
  night.Arrive("2020-05-01/MC_O_20200501_000013/MC_O_20200501_000013_R22_S00.fits", 1,
               {.size = 2'880, .created = Shot(13)});
  night.Arrive("2020-05-01/MC_O_20200501_000014/.MC_O_20200501_000014_R22_S00.fits.x7Kq2b", 2,
               {.size = 12'000'000,
                .created = AsOf() - seconds{9},
                .state = TransferState::kInFlight,
                .travel = seconds{8}});
  night.Arrive("2020-05-01/MC_O_20200501_000014/MC_O_20200501_000014_R22_S01.fits", 3,
               {.created = AsOf() - seconds{30}});
  std::uint64_t inode = 10;
  for (const std::string& name : HostileNames("2020-05-01/hostile/")) {
    night.Arrive(name, inode++, {.size = 57'600, .created = Shot(15)});
  }
  night.Ingest({.path = "raw/2020-05-01/2020050100016/MC_O_20200501_000016_R22_S00.fits",
                .artifact = ArtifactState::kGone});
  night.Ingest({.path = "raw/2020-05-01/2020050100017/MC_O_20200501_000017_R22_S00.fits",
                .file_id = {.device = 1, .inode = 999},
                .size_bytes = 33'567'120,
                .ingest_time = Shot(17)});
  night.Ingest({.path = "raw/2020-05-01/2020050100018/MC_O_20200501_000018_R22_S00.fits",
                .status = IngestStatus::kFailed,
                .message = "RuntimeError: <b>no header</b> & no \"DATE-OBS\" in HDU 0"});
  night.Ingest({.path = "raw/2020-05-01/2020050100019/MC_O_20200501_000019_R22_S00.fits",
                .status = IngestStatus::kPending});
  night.Arrive("2020-05-01/MC_O_20200501_000021/MC_O_20200501_000021_R22_S00.fits", 4, {.created = Shot(21)});
  night.Ingest({.path = "raw/2020-05-02/2020050200001/MC_O_20200501_000021_R22_S00.fits",
                .night = kNight + 1,
                .file_id = {.device = 1, .inode = 4},
                .size_bytes = 33'567'120,
                .ingest_time = Shot(22)});
  night.Issue("/data/comCam/storage/2020-05-01/MC_O_20200501_000020",
              absl::PermissionDeniedError("Permission denied"));
  NightReport report = std::move(night).Report();
  // What the registries of Gen2 never say, but pages must be able to show.
  report.match.verdict[report.match.verdict.size() - 2] = Verdict::kMissing;
  report.match.verdict[report.match.verdict.size() - 3] = Verdict::kIgnored;
  return MakeReport(report.stream, kNight, AsOf(), std::move(report.evidence), std::move(report.match));
}

NightReport EmptyNight() { return NightBuilder().Report(); }

NightReport UnknownNight() {
  NightBuilder night;
  for (int exposure = 1; exposure <= 3; ++exposure) night.Exposure(exposure, false, Shot(exposure));
  night.RegistryTrouble(
      absl::UnavailableError("/data/comCam/gen2repo/registry.sqlite3 was locked by a writer for longer than "
                             "10 s; look again later"));
  return std::move(night).Report();
}

NightReport NightInProgress() {
  NightBuilder night;
  for (int exposure = 1; exposure <= 4; ++exposure) night.Exposure(exposure, true, Shot(exposure));
  night.Exposure(5, false, AsOf() - seconds{20});
  return std::move(night).Report();
}

NightReport CatastrophicNight(int exposures) {
  NightBuilder night;
  for (int exposure = 1; exposure <= exposures; ++exposure)
    night.Exposure(exposure, false, Shot(exposure % 300));
  return std::move(night).Report();
}

std::vector<std::string> HostileNames(const std::string& folder) {
  return {
      folder + "\" onmouseover=\"alert(1)\".fits",
      folder + "'; DROP TABLE raw; --.fits",
      folder + "<img src=x onerror=alert(1)>.fits",
      folder + "a\nb\tc\rd.fits",
      folder + "comma,quote\",semicolon;.fits",
      folder + "esc\x1b[31mred.fits",
      folder + "not \xFF utf-8 \xC3.fits",
      folder + "reversed\xE2\x80\xAEstif.exe.fits",
      folder + std::string(250, 'x') + ".fits",
      folder + "&amp;&#60;b&#62;.fits",
      folder + "</style><script>alert(1)</script>.fits",
      "=cmd|' /C calc'!A0.fits",
      folder + "\xE2\x98\x85 \xE8\xA6\xB3\xE6\xB8\xAC.fits",
  };
}

NightSummary SummaryOf(const NightReport& report) {
  return {.night = report.night,
          .state = report.state,
          .counts = report.counts,
          .legacy = report.legacy,
          .num_issues = std::ssize(report.evidence.issues),
          .num_hiding = std::ranges::count_if(report.evidence.issues, HidesFiles),
          .trouble = std::string(report.evidence.registry_status.message()),
          .looked_at = report.as_of,
          .changed_at = report.as_of};
}

std::vector<NightSummary> Nights(int nights) {
  const NightSummary calm = SummaryOf(CalmNight(120));
  std::vector<NightSummary> history;
  for (int back = 0; back < nights; ++back) {
    NightSummary night = back == 0    ? SummaryOf(NightInProgress())
                         : back == 1  ? SummaryOf(TroubledNight())
                         : back == 4  ? SummaryOf(UnknownNight())
                         : back == 7  ? SummaryOf(CatastrophicNight(40))
                         : back == 11 ? SummaryOf(EmptyNight())
                                      : calm;
    night.night = kNight - back;
    for (auto* time : {&night.counts.last_creation, &night.counts.last_ingest}) {
      if (*time) *time = **time - std::chrono::days{back};
    }
    if (back > 1) night.changed_at = AsOf() - std::chrono::days{back} + minutes{7};
    if (back >= nights - 5) {
      night.from_prototype = true;
      night.changed_at.reset();
    }
    history.push_back(std::move(night));
  }
  return history;
}

std::vector<StreamSummary> Streams() {
  std::vector<NightSummary> troubled = Nights(40);
  troubled.resize(3);
  NightSummary calm = SummaryOf(CalmNight());
  std::vector<NightSummary> calm_nights{calm, calm, calm};
  calm_nights[1].night = kNight - 1;
  calm_nights[2].night = kNight - 2;
  return {{.name = "comCam",
           .page = "comCam/index.html",
           .nights = std::move(troubled),
           .last_look = AsOf() - std::chrono::minutes{15}},
          {.name = "aux & \"Tel\"",
           .page = "aux & \"Tel\"/index.html",
           .nights = std::move(calm_nights),
           .last_look = AsOf() - std::chrono::minutes{185}},
          {.name = "ts8",
           .page = "ts8/index.html",
           .trouble = "/www/ts8/observing_monitor.sqlite3 is no database (file is not a database); "
                      "it was left as it is"}};
}

}  // namespace obsmon::samples
