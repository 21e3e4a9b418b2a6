// obsmon_make_nights INPUT_DIR LAST_NIGHT NIGHTS EXPOSURES DETECTORS: lays out synthetic nights, each with
// EXPOSURES x DETECTORS FITS files, as many JSON files, and a repository in which all FITS files are
// ingested.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "obsmon/night.h"
#include "support/synthetic_night.h"

namespace {

std::optional<int> ReadCount(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto last = argc == 6 ? obsmon::Night::Parse(argv[2]) : absl::InvalidArgumentError("");
  const std::optional<int> nights = argc == 6 ? ReadCount(argv[3]) : std::nullopt;
  const std::optional<int> exposures = argc == 6 ? ReadCount(argv[4]) : std::nullopt;
  const std::optional<int> detectors = argc == 6 ? ReadCount(argv[5]) : std::nullopt;
  if (!last.ok() || !nights || !exposures || !detectors || *detectors > obsmon::kMaxDetectors) {
    std::fprintf(stderr,
                 "usage: obsmon_make_nights INPUT_DIR LAST_NIGHT NIGHTS EXPOSURES DETECTORS\n"
                 "  LAST_NIGHT as 2020-05-01; counts from 1 on, at most %d detectors\n",
                 obsmon::kMaxDetectors);
    return 2;
  }
  std::int64_t files = 0;
  std::int64_t ingested = 0;
  for (int back = *nights - 1; back >= 0; --back) {
    const auto counts =
        obsmon::MakeSyntheticNight(argv[1], *last - back, {.exposures = *exposures, .detectors = *detectors});
    if (!counts.ok()) {
      std::fprintf(stderr, "obsmon_make_nights: %s\n", std::string(counts.status().message()).c_str());
      return 1;
    }
    files += counts->files;
    ingested += counts->ingested;
  }
  std::printf("%lld files in storage, %lld of them ingested\n", static_cast<long long>(files),
              static_cast<long long>(ingested));
  return 0;
}
