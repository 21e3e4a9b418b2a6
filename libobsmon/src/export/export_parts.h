// What the three forms of a report share.
#ifndef OBSMON_SRC_EXPORT_EXPORT_PARTS_H_
#define OBSMON_SRC_EXPORT_EXPORT_PARTS_H_

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>

#include "obsmon/export.h"

namespace obsmon {

/// Which verdicts' files are written.
class WantedVerdicts {
 public:
  /// All of them where none is asked for.
  explicit WantedVerdicts(const ExportOptions& options) {
    wanted_.fill(options.verdicts.empty());
    for (const Verdict verdict : options.verdicts) wanted_[static_cast<std::size_t>(verdict)] = true;
  }
  bool Has(Verdict verdict) const { return wanted_[static_cast<std::size_t>(verdict)]; }

 private:
  std::array<bool, kNumVerdicts> wanted_{};
};

/// From creation to ingest, where both are known.
inline std::optional<std::chrono::nanoseconds> DeltaOf(const FileRow& file) {
  if (!file.ingest_time || !file.creation_time) return std::nullopt;
  return *file.ingest_time - *file.creation_time;
}

/// `span` in seconds, exactly: "12", "0.25", "-1.000000001".
inline void AppendSeconds(std::chrono::nanoseconds span, std::string& out) {
  constexpr std::int64_t kNanosASecond = 1'000'000'000;
  if (span < std::chrono::nanoseconds::zero()) out += '-';
  const std::int64_t nanos = span.count() < 0 ? -span.count() : span.count();
  fmt::format_to(std::back_inserter(out), "{}", nanos / kNanosASecond);
  if (nanos % kNanosASecond == 0) return;
  fmt::format_to(std::back_inserter(out), ".{:09}", nanos % kNanosASecond);
  while (out.back() == '0') out.pop_back();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_EXPORT_EXPORT_PARTS_H_
