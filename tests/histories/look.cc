// Looks at a stream as of the times that come in on standard input: what a test in another language needs to
// hold obsmon against rules of its own.
//
//     obsmon_look INPUT_DIR OUTPUT_DIR NIGHT [KEY=VALUE]...      keys of streams.yaml
//
// For each line, an as_of in nanoseconds since 1970, it prints a line "STATE STATE CHANGED": what the night
// is by a look that knows nothing (ObserveNight), by an update that goes on from the one before
// (UpdateStream), and whether that wrote the page; then the files of the first look as JSON Lines, then an
// empty line.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include "obsmon/obsmon.h"

namespace {

int Refuse(const absl::Status& status) {
  std::cerr << std::string(status.message()) << '\n';
  return 2;
}

int Look(const obsmon::StreamConfig& config, obsmon::Night night) {
  const obsmon::NightWindow window{.first_day = night, .last_day = night};
  std::string line;
  while (std::getline(std::cin, line)) {
    const obsmon::UtcTime as_of{std::chrono::nanoseconds(std::stoll(line))};
    const obsmon::UpdateResult update = obsmon::UpdateStream(config.stream, window, as_of);
    if (!update.status.ok()) return Refuse(update.status);
    const absl::StatusOr<obsmon::NightReport> report = obsmon::ObserveNight(config.stream, night, as_of);
    if (!report.ok()) return Refuse(report.status());
    std::cout << fmt::format("{} {} {}\n", obsmon::NightStateName(report->state),
                             obsmon::NightStateName(update.nights.front().state), update.changed.size());
    obsmon::WriteJsonLines(*report, std::cout);
    std::cout << std::endl;  // NOLINT(performance-avoid-endl): whoever asked waits for it
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4)
    return Refuse(absl::InvalidArgumentError("obsmon_look INPUT OUTPUT NIGHT [KEY=VALUE]..."));
  obsmon::StreamConfig config;
  config.stream.input_dir = arguments[1];
  config.stream.output_dir = arguments[2];
  const absl::StatusOr<obsmon::Night> night = obsmon::Night::Parse(arguments[3]);
  if (!night.ok()) return Refuse(night.status());
  for (const std::string_view option : arguments.subspan(4)) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) return Refuse(absl::InvalidArgumentError(std::string(option)));
    const absl::Status status =
        obsmon::SetStreamField(option.substr(0, equals), option.substr(equals + 1), "", config);
    if (!status.ok()) return Refuse(status);
  }
  return Look(config, *night);
}
