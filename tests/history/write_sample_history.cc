// Writes a small history for the tests in Python: write_sample_history OUTPUT_DIR
#include <cstdio>
#include <memory>
#include <string>

#include "history/night_reports.h"
#include "obsmon/history.h"

namespace obsmon {
namespace {

absl::Status WriteSample(const std::filesystem::path& output_dir) {
  absl::StatusOr<std::unique_ptr<History>> history = History::Open(output_dir);
  if (!history.ok()) return history.status();
  NightReport report =
      Report(N("2020-05-01"),
             {{.path = "20200501/a'b\"c.fits", .file_id = {.device = 2049, .inode = 7}},
              {.path = "20200501/MC_C_1/Photodiode_Readings_1.txt", .file_id = {.device = 2049, .inode = 8}},
              {.path = "20200501/not\xFFutf8.fits", .file_id = {.device = 2049, .inode = ~std::uint64_t{0}}}},
             {{.path = "raw/2020-05-01/a.fits", .file_id = {.device = 2049, .inode = 7}}});
  report.legacy = {.n_files = 3, .n_ingest = 1, .n_small = 0, .n_not_fits = 1, .n_error = 1};
  absl::Status status = (*history)->Begin();
  status.Update((*history)->Put(report, {}));
  status.Update((*history)->Commit());
  return status;
}

}  // namespace
}  // namespace obsmon

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const absl::Status status = obsmon::WriteSample(argv[1]);
  if (status.ok()) return 0;
  std::fputs((status.ToString() + "\n").c_str(), stderr);
  return 1;
}
