// obsmon_make_pages FOLDER: output folders as `obsmon update` leaves them, of nights made in memory: 500,
// 9000 and 410000 files, with some of each trouble, and one of hostile names. For the tests in a browser, and
// to look at.
//
// Pages are the same each time; only data/status.js has the time of now.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "obsmon/export.h"
#include "obsmon/match.h"
#include "obsmon/pages.h"
#include "obsmon/report.h"
#include "pages/hostile_names.h"
#include "support/synthetic_night.h"

namespace obsmon {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Night kNight{std::chrono::sys_days{std::chrono::year{2020} / 5 / 1}};
constexpr std::int64_t kFitsBytes = 18'000'000;

UtcTime AsOf() { return UtcTime(kNight.date()) + hours{34}; }

// Numbers that look like none is like the other, and are the same each time.
class Scatter {
 public:
  std::int64_t Below(std::int64_t end) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((state_ >> 33U) % static_cast<std::uint64_t>(end));
  }

 private:
  std::uint64_t state_ = 1;
};

NightReport ReportOf(std::string stream, NightEvidence evidence) {
  NightMatch match = MatchNight(evidence.transfers, evidence.ingests, AsOf(), {});
  return MakeReport(std::move(stream), kNight, AsOf(), std::move(evidence), std::move(match));
}

// A night of LSSTCam, or of its first detectors.
class CameraNight {
 public:
  CameraNight(int exposures, int detectors) : exposures_(exposures), detectors_(detectors) {}

  NightReport Report() && {
    for (int exposure = 1; exposure <= exposures_; ++exposure) {
      shot_ =
          UtcTime(kNight.date()) + hours{23} + exposure * std::chrono::nanoseconds(hours{10}) / exposures_;
      for (int detector = 0; detector < detectors_; ++detector) Detector(exposure, detector);
    }
    return ReportOf("LSSTCam", std::move(evidence_));
  }

 private:
  void Detector(int exposure, int detector) {
    const std::string stem = SyntheticStorageStem(kNight, exposure, detector);
    const UtcTime created = shot_ + milliseconds{scatter_.Below(2'000)};
    const UtcTime arrived = created + milliseconds{2'000 + scatter_.Below(4'000)};
    const bool small = exposure % 97 == 20 && detector == 7;
    const std::uint64_t inode = ++inode_;
    evidence_.transfers.Append(
        {.path = stem + ".fits",
         .size_bytes = small ? 2'880 : kFitsBytes + scatter_.Below(2'000'000) / 2'880 * 2'880,
         .creation_time = created,
         .arrival_time = arrived,
         .file_id = {.device = 1, .inode = inode}});
    evidence_.transfers.Append({.path = stem + ".json",
                                .size_bytes = 3'000 + scatter_.Below(100),
                                .creation_time = created,
                                .arrival_time = arrived + milliseconds{200},
                                .file_id = {.device = 1, .inode = ++inode_}});
    // A raft that was lost for a while, an exposure that nobody ingested, and now and then a file.
    const bool raft_lost =
        detector / 9 == 4 && exposure > exposures_ / 2 && exposure <= exposures_ / 2 + 1 + exposures_ / 40;
    const bool exposure_lost = exposure == exposures_ / 3;
    if (small || raft_lost || exposure_lost || scatter_.Below(20'000) == 0) return;
    const std::int64_t slow = exposure > exposures_ * 3 / 4 && exposure < exposures_ * 7 / 8 ? 10 : 1;
    const std::string path = SyntheticIngestPath(kNight, exposure, detector);
    IngestRow row{.path = path,
                  .night = kNight,
                  .file_id = {.device = 1, .inode = inode},
                  .size_bytes = kFitsBytes,
                  .ingest_time = arrived + milliseconds{slow * (4'000 + scatter_.Below(20'000))}};
    if (scatter_.Below(30'000) == 0) {
      row.status = IngestStatus::kFailed;
      row.message = "RuntimeError: no header in HDU 0";
    }
    evidence_.ingests.Append(row);
  }

  int exposures_;
  int detectors_;
  UtcTime shot_{};
  std::uint64_t inode_ = 0;
  Scatter scatter_;
  NightEvidence evidence_;
};

NightReport HostileNight() {
  NightEvidence evidence;
  std::uint64_t inode = 0;
  for (const std::string& name : samples::ManyHostileNames("2020-05-01/hostile/")) {
    evidence.transfers.Append({.path = name,
                               .size_bytes = 57'600,
                               .creation_time = AsOf() - hours{5},
                               .arrival_time = AsOf() - hours{5},
                               .file_id = {.device = 1, .inode = ++inode}});
  }
  return ReportOf("</title><script>alert(1)</script>", std::move(evidence));
}

NightSummary SummaryOf(const NightReport& report, int back) {
  NightSummary night{.night = report.night - back,
                     .state = report.state,
                     .counts = report.counts,
                     .legacy = report.legacy,
                     .latency = report.latency,
                     .looked_at = report.as_of - std::chrono::days{back},
                     .changed_at = report.as_of - std::chrono::days{back}};
  return night;
}

absl::Status Write(const fs::path& folder, const NightReport& report, const NightReport& other_nights) {
  fs::create_directories(folder);
  if (absl::Status status = PublishNight(folder, report); !status.ok()) return status;
  std::vector<NightSummary> nights = {SummaryOf(report, 0)};
  for (int back = 1; back < 75; ++back) {
    if (back % 9 == 6) continue;  // clouds
    nights.push_back(SummaryOf(back % 13 == 4 ? report : other_nights, back));
    nights.back().counts.files -= back * 7 % 90;
  }
  return PublishIndexPage(
      folder, RenderIndexPage(report.stream, nights, AsOf()),
      RenderPageStatus(nights, std::chrono::system_clock::now(), std::chrono::minutes{15}));
}

bool WriteAll(const fs::path& folder) {
  NightEvidence calm_evidence;
  for (int i = 0; i < 400; ++i) {
    const std::string path = fmt::format("2020-05-01/{}.json", i);
    calm_evidence.transfers.Append({.path = path,
                                    .size_bytes = 1'000,
                                    .creation_time = AsOf() - hours{9},
                                    .arrival_time = AsOf() - hours{9}});
  }
  const NightReport calm = ReportOf("LSSTCam", std::move(calm_evidence));
  std::vector<std::pair<std::string, NightReport>> nights;
  nights.emplace_back("500", CameraNight(27, 9).Report());
  nights.emplace_back("9000", CameraNight(50, 90).Report());
  nights.emplace_back("410000", CameraNight(1'000, 205).Report());
  nights.emplace_back("hostile", HostileNight());
  for (const auto& [name, report] : nights) {
    if (const absl::Status status = Write(folder / name, report, calm); !status.ok()) {
      std::cerr << status.message() << '\n';
      return false;
    }
  }
  StreamSummary stream{.name = "LSSTCam", .page = "../500/index.html"};
  for (int back = 0; back < 4; ++back)
    stream.nights.push_back(SummaryOf(back == 1 ? calm : nights[0].second, back));
  stream.last_look = AsOf() - hours{3};
  const StreamSummary broken{.name = "ts8", .page = "ts8/index.html", .trouble = "/www/ts8 has no history"};
  fs::create_directories(folder / "summary");
  const absl::Status status =
      PublishIndexPage(folder / "summary", RenderSummaryPage(std::vector{stream, broken}, AsOf()),
                       RenderPageStatus({}, std::chrono::system_clock::now(), std::chrono::minutes{15}));
  if (!status.ok()) std::cerr << status.message() << '\n';
  std::ofstream csv(folder / "hostile.csv", std::ios::binary);
  WriteCsv(nights.back().second, csv);
  std::ofstream json(folder / "hostile.json", std::ios::binary);
  WriteJson(nights.back().second, json);
  std::ofstream hex(folder / "hostile.hex", std::ios::binary);
  for (const FileRow file : nights.back().second.files()) {
    for (const char byte : file.path) hex << fmt::format("{:02x}", static_cast<unsigned char>(byte));
    hex << '\n';
  }
  return status.ok() && csv.flush().good() && json.flush().good() && hex.flush().good();
}

}  // namespace
}  // namespace obsmon

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: obsmon_make_pages FOLDER\n";
    return 2;
  }
  return obsmon::WriteAll(argv[1]) ? 0 : 1;
}
