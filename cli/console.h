// Where a command speaks: results on standard output, everything else on standard error as "obsmon: …".
#ifndef OBSMON_CLI_CONSOLE_H_
#define OBSMON_CLI_CONSOLE_H_

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "obsmon/files.h"
#include "options.h"
#include "progress_line.h"
#include "run_command.h"

namespace obsmon::cli {

/// Lines are shown with their control characters escaped: names of files come from outside, and neither a
/// terminal nor a log may be told what to do by them.
class Console {
 public:
  Console(const Environment& environment, std::ostream& out, std::ostream& err);

  /// As the options --quiet and --verbose ask; --quiet is the stronger one.
  void SetVerbosity(const Options& options);

  /// A line of the result. Left out when quiet.
  void Result(std::string_view line);
  /// What went wrong. Never left out.
  void Error(std::string_view sentence);
  void Error(const absl::Status& status) { Error(std::string(status.message())); }
  /// What is worth knowing. Left out when quiet.
  void Note(std::string_view sentence);
  /// What only the curious want to know.
  void Detail(std::string_view sentence);

  /// Standard output, for a result that is a text of its own; no progress is shown beside it.
  std::ostream& out();
  /// Whether that text may have colours.
  bool color() const { return color_; }

  /// How `work` is followed and ended.
  WorkControl Follow(std::string_view work);

  /// Whether all results could be written so far.
  bool FlushResults();

 private:
  void Say(std::string_view sentence);

  const Environment& environment_;
  std::ostream& out_;
  std::ostream& err_;
  ProgressLine progress_;
  bool color_;
  bool quiet_ = false;
  bool verbose_ = false;
};

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_CONSOLE_H_
