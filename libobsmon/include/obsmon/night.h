// The observing night, and the instants that belong to it.
//
// A night is named by one calendar date, as the storage folders and the registries name it ("2020-05-01" or
// "20200501", `dayObs`, `day_obs`). The folder's name decides which night a file belongs to; an instant
// decides it only where no folder does, by a NightRule.
//
// Threads: these are values; copy them freely.
#ifndef OBSMON_NIGHT_H_
#define OBSMON_NIGHT_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace obsmon {

/// An instant in UTC with nanoseconds, as file systems and registries give it. Leap seconds are not counted
/// (POSIX time). What is not known is an absent optional; a column has a value of its own for it, such as
/// IngestTable::kNoTime.
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Half of what UtcTime reaches, the years 1824 to 2116: so the difference of any two fits. All instants that
/// obsmon reads lie there. A file's time beyond is taken for the nearest that does, any other for none.
inline constexpr UtcTime kEarliestTime{UtcTime::min().time_since_epoch() / 2};
inline constexpr UtcTime kLatestTime{UtcTime::max().time_since_epoch() / 2};

/// Writes `time` as "2020-05-02T00:28:59Z", cut (not rounded) to whole seconds.
std::string FormatUtc(UtcTime time);

/// Writes `time` as "2020-05-02T00:28:59.123456789Z".
std::string FormatUtcNanos(UtcTime time);

/// The clock in which a night begins.
enum class TimeScale : std::uint8_t { kUtc, kTai };

/// How an instant is assigned to a night: its date in `scale`, `offset` earlier.
///
/// The default, UTC-12 h, runs from noon UTC to noon UTC and is the rule of the prototype's pages and of the
/// embargo ingest. obs_lsst and Butler registries use TAI-12 h (translators/lsst.py, `_ROLLOVER_TIME`), 37 s
/// earlier since 2017; imSim data use an offset of 0.
struct NightRule {
  std::chrono::minutes offset = std::chrono::hours{12};
  TimeScale scale = TimeScale::kUtc;
};

/// One observing night.
class Night {
 public:
  /// The night of 1970-01-01; there so that a Night can be a member. Use Parse or Containing.
  constexpr Night() = default;

  /// The night named by a calendar date.
  constexpr explicit Night(std::chrono::sys_days date) : date_(date) {}

  /// Reads "2020-05-01" or "20200501", and nothing else: no blanks, no further digits, no day that the
  /// calendar does not have. Anything else is kInvalidArgument, with a sentence that quotes `text`.
  static absl::StatusOr<Night> Parse(std::string_view text);

  /// The night that a folder's name stands for, by the rules of Parse; nothing where it is no night.
  static std::optional<Night> FromFolderName(std::string_view name);

  /// The night that `time` belongs to under `rule`.
  static Night Containing(UtcTime time, const NightRule& rule = {});

  /// The calendar date of `time` in UTC: what the prototype takes for "today".
  static Night OfUtcDate(UtcTime time);

  /// "2020-05-01": the name on pages, in the history and in registries of Gen2 (`dayObs`).
  std::string ToString() const;
  /// "20200501": the other name a storage folder may have.
  std::string Compact() const;
  /// 20200501: `day_obs` in registries of Gen3.
  int yyyymmdd() const;
  /// Midnight UTC at which the date begins.
  constexpr std::chrono::sys_days date() const { return date_; }

  constexpr Night operator+(int nights) const { return Night(date_ + std::chrono::days{nights}); }
  constexpr Night operator-(int nights) const { return Night(date_ - std::chrono::days{nights}); }
  /// How many nights lie from `other` to this one; negative where this one is earlier.
  constexpr int operator-(Night other) const { return static_cast<int>((date_ - other.date_).count()); }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes a defaulted <=> for a null
  friend constexpr auto operator<=>(const Night&, const Night&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Night& night) {
    return H::combine(std::move(h), night.date_.time_since_epoch().count());
  }

 private:
  std::chrono::sys_days date_{};
};

}  // namespace obsmon

#endif  // OBSMON_NIGHT_H_
