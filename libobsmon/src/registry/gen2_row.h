// One row of a Gen2 registry's table `raw`, kept compactly: a night can have 205,000.
#ifndef OBSMON_SRC_REGISTRY_GEN2_ROW_H_
#define OBSMON_SRC_REGISTRY_GEN2_ROW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace obsmon {

/// What obsmon takes from a row: first what is text, then what is a number.
enum class RawField : std::uint8_t {
  kDayObs,
  kDateObs,
  kRun,
  kRaftName,
  kDetectorName,
  kSkyField,  ///< column `field`
  kFilter,
  kObsId,
  kImageType,  ///< of no path, but what the exposure was taken for

  kVisit,
  kExpId,
  kDetector,  ///< column `detector`, or `ccd` (HSC)
  kSnap,
  kPointing,
};

inline constexpr std::size_t kNumTextFields = 9;
inline constexpr std::size_t kNumNumberFields = 5;
inline constexpr std::size_t kNumRawFields = kNumTextFields + kNumNumberFields;

constexpr bool IsText(RawField field) { return static_cast<std::size_t>(field) < kNumTextFields; }

/// Which fields there are, one bit each.
class FieldSet {
 public:
  constexpr FieldSet& Add(RawField field) {
    bits_ = static_cast<std::uint16_t>(bits_ | 1U << static_cast<unsigned>(field));
    return *this;
  }
  constexpr bool Has(RawField field) const { return (bits_ & 1U << static_cast<unsigned>(field)) != 0; }
  constexpr bool Contains(FieldSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr std::uint16_t bits() const { return bits_; }

 private:
  std::uint16_t bits_ = 0;
};

/// The texts of many rows, each kept once: a night's rows share all of theirs but the exposures'.
class TextPool {
 public:
  /// The number of `text`; equal texts have equal numbers.
  std::uint32_t Add(std::string_view text);
  std::string_view operator[](std::uint32_t number) const { return texts_[number]; }
  /// A stable hash of a text, computed once.
  std::uint64_t HashOf(std::uint32_t number) const { return hashes_[number]; }

 private:
  std::deque<std::string> texts_;  // a deque never moves them: the map's keys look into it
  std::vector<std::uint64_t> hashes_;
  absl::flat_hash_map<std::string_view, std::uint32_t> numbers_;
};

/// One row. A field that is NULL, empty, or can't be part of a path is absent.
class RawRow {
 public:
  void SetText(RawField field, std::uint32_t number) {
    texts_[static_cast<std::size_t>(field)] = number;
    known_.Add(field);
  }
  /// Detector, snap and pointing outside of 32 bits are no such numbers, and stay absent.
  void SetNumber(RawField field, std::int64_t value);

  FieldSet known() const { return known_; }
  bool Has(RawField field) const { return known_.Has(field); }
  /// REQUIRES for these two: Has(field).
  std::uint32_t Text(RawField field) const { return texts_[static_cast<std::size_t>(field)]; }
  std::int64_t Number(RawField field) const;

  /// `expId` where it is a number, else `visit`, else 0. HSC's `expId` is a text ("HSCA03626000"); its number
  /// of the exposure is `visit`.
  std::int64_t Exposure() const;
  std::int32_t Detector() const { return Has(RawField::kDetector) ? detector_ : -1; }

  /// A hash of all fields, the same in every process.
  std::uint64_t HashWith(const TextPool& texts) const;

 private:
  std::int64_t visit_ = 0;
  std::int64_t exp_id_ = 0;
  std::int32_t detector_ = -1;
  std::int32_t snap_ = 0;
  std::int32_t pointing_ = 0;
  std::array<std::uint32_t, kNumTextFields> texts_{};
  FieldSet known_;
};

/// The stem that the row's file has in storage by the observatory's convention: obsid, and for a camera of
/// rafts
/// _<raftName>_<detectorName>; empty where the row does not tell ("unknown" and the like).
std::string StorageStem(const RawRow& row, const TextPool& texts);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_ROW_H_
