// Uses enough of the library that a header, a symbol or a dependency that is not installed shows.
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "obsmon/obsmon.h"

namespace {

/// Whether the call reached the library and found, as it should, nothing.
bool IsNotFound(std::string_view call, const absl::Status& status) {
  std::cout << call << ": " << status << '\n';
  return status.code() == absl::StatusCode::kNotFound;
}

}  // namespace

int main() {
  const absl::StatusOr<obsmon::Night> night = obsmon::Night::Parse("2020-05-01");
  const bool works =
      night.ok() && night->ToString() == "2020-05-01" &&
      IsNotFound("ScanTransfers", obsmon::ScanTransfers("/nonexistent/storage", *night).status()) &&
      IsNotFound("Registry::Open", obsmon::Registry::Open("/nonexistent/repo").status()) &&    // SQLite
      IsNotFound("ReadStreams", obsmon::ReadStreams("/nonexistent/streams.yaml").status()) &&  // yaml-cpp
      IsNotFound("ObserveNight",
                 obsmon::ObserveNight({.input_dir = "/nonexistent"}, *night, obsmon::UtcTime{}).status());
  return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
