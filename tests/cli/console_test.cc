#include "console.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <sstream>
#include <string>

namespace obsmon::cli {
namespace {

TEST(Console, TakesProgressAwayBeforeAResultThatIsATextOfItsOwn) {
  std::chrono::steady_clock::time_point now{};
  std::ostringstream terminal;
  const Environment environment{.variable = [](const std::string&) { return std::optional("xterm"); },
                                .err_is_terminal = true,
                                .clock = [&now] { return now += std::chrono::seconds{1}; }};
  Console console(environment, terminal, terminal);
  const WorkControl control = console.Follow("auxtel");
  control.progress("scan", 1, 10);
  control.progress("scan", 2, 10);
  console.out() << "the night\n";
  EXPECT_EQ(terminal.str(), "\r\x1b[Kauxtel: scan 2 of 10\r\x1b[Kthe night\n");
}

}  // namespace
}  // namespace obsmon::cli
