// Prints what needs attention in one night of a stream:  one_night INPUT_DIR NIGHT
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "obsmon/obsmon.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: one_night INPUT_DIR NIGHT\n";
    return 2;
  }
  const absl::StatusOr<obsmon::Night> night = obsmon::Night::Parse(argv[2]);
  if (!night.ok()) {
    std::cerr << night.status().message() << '\n';
    return 2;
  }
  const obsmon::Stream stream{.input_dir = argv[1], .grace = std::chrono::seconds{0}};
  const absl::StatusOr<obsmon::NightReport> report =
      obsmon::ObserveNight(stream, *night, std::chrono::system_clock::now());
  if (!report.ok()) {
    std::cerr << report.status().message() << '\n';
    return EXIT_FAILURE;
  }

  std::cout << night->ToString() << ": " << obsmon::NightStateLabel(report->state) << '\n';
  for (const obsmon::FileRow file : report->files()) {
    if (obsmon::ConcernOf(file.verdict) != obsmon::Concern::kAttention) continue;
    std::cout << file.path << ": " << obsmon::Reason(file, report->as_of) << '\n';
  }
  return EXIT_SUCCESS;
}
