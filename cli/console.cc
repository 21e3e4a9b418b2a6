#include "console.h"

#include "text/utf8.h"

namespace obsmon::cli {
namespace {

bool IsDumb(const Environment& environment) {
  return environment.variable("TERM").value_or("dumb") == "dumb";
}

// https://no-color.org: present and not empty.
bool RefusesColor(const Environment& environment) {
  return !environment.variable("NO_COLOR").value_or("").empty();
}

}  // namespace

Console::Console(const Environment& environment, std::ostream& out, std::ostream& err)
    : environment_(environment),
      out_(out),
      err_(err),
      progress_(err,
                environment.err_is_terminal && !IsDumb(environment) ? environment.clock : MonotonicClock{}),
      color_(environment.out_is_terminal && !IsDumb(environment) && !RefusesColor(environment)) {}

void Console::SetVerbosity(const Options& options) {
  quiet_ = options.IsOn("quiet");
  verbose_ = options.IsOn("verbose") && !quiet_;
}

void Console::Result(std::string_view line) {
  if (quiet_) return;
  progress_.Clear();
  // Each line at once: a run over many streams is watched, or piped into something that waits for it.
  out_ << EscapeForDisplay(line) << '\n' << std::flush;
}

void Console::Error(std::string_view sentence) { Say(sentence); }

void Console::Note(std::string_view sentence) {
  if (!quiet_) Say(sentence);
}

void Console::Detail(std::string_view sentence) {
  if (verbose_) Say(sentence);
}

std::ostream& Console::out() {
  progress_.Clear();
  return out_;
}

WorkControl Console::Follow(std::string_view work) {
  progress_.Begin(work);
  WorkControl control{.progress = {}, .stop = environment_.stop};
  if (!quiet_) {
    control.progress = [this](std::string_view stage, std::int64_t done, std::int64_t total) {
      progress_.Show(stage, done, total);
    };
  }
  return control;
}

bool Console::FlushResults() {
  progress_.Clear();
  out_.flush();
  return out_.good();
}

void Console::Say(std::string_view sentence) {
  progress_.Clear();
  err_ << "obsmon: " << EscapeForDisplay(sentence) << '\n' << std::flush;
}

}  // namespace obsmon::cli
