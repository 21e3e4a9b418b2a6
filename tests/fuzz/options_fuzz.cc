// The command line and the environment of `obsmon update`: a line each, the environment's with a $ before
// them.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "options.h"
#include "stream_options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string line;
  const auto take = [&] {
    const std::size_t equals = line.find('=');
    if (line.starts_with('$') && equals != std::string::npos) {
      environment[line.substr(1, equals - 1)] = line.substr(equals + 1);
    } else {
      arguments.push_back(line);
    }
    line.clear();
  };
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      take();
    } else {
      line += static_cast<char>(data[i]);
    }
  }
  take();
  const auto variable = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  for (const obsmon::cli::CommandSpec* command :
       {&obsmon::cli::kUpdateCommand, &obsmon::cli::kNightCommand, &obsmon::cli::kCheckCommand}) {
    const auto options = obsmon::cli::ReadOptions(*command, arguments, variable);
    // A configuration is another target; here any file of this machine could be named.
    if (options.ok() && options->Find("config") == nullptr) {
      static_cast<void>(obsmon::cli::StreamsOf(*options));
    }
  }
  return 0;
}
