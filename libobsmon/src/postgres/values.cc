// Values in the binary form that PostgreSQL sends them in (its src/backend/utils/adt, functions *_send):
// numbers with the high byte first, times in microseconds since 2000-01-01.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>

#include "postgres/postgres.h"
#include "text/utc_text.h"

namespace obsmon::postgres {
namespace {

constexpr std::chrono::sys_days kEpoch{std::chrono::year{2000} / 1 / 1};
// Enums, and other types that a database has made itself, are numbered from here on.
constexpr std::uint32_t kFirstOwnType = 16384;
// text, varchar, char(n), name, "char", and a literal of no type.
constexpr std::uint32_t kFilledText = 1042;
constexpr std::array<std::uint32_t, 6> kTextTypes = {25, 1043, kFilledText, 19, 18, 705};

}  // namespace

bool Column::IsText() const {
  return IsOfOwnType() || std::ranges::find(kTextTypes, type) != kTextTypes.end();
}

bool Column::IsOfOwnType() const { return type >= kFirstOwnType; }

std::string_view Rows::Text(int column) const {
  const std::string_view text = Cell(column);
  if (columns_[static_cast<std::size_t>(column)].type != kFilledText) return text;
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::int64_t Rows::Int(int column) const {
  const std::string_view bytes = Cell(column);
  if (bytes.empty() || bytes.size() > sizeof(std::int64_t)) return 0;
  // The sign is that of the first byte.
  auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(bytes.front())));
  for (const char byte : bytes.substr(1)) bits = bits << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(bits);
}

std::optional<UtcTime> Rows::Time(int column) const {
  if (IsNull(column)) return std::nullopt;
  const std::int64_t value = Int(column);
  if (columns_[static_cast<std::size_t>(column)].Is(ColumnType::kDate)) {
    constexpr std::int64_t kMostDays = 200'000;  // more than UtcTime has
    if (value < -kMostDays || kMostDays < value) return std::nullopt;
    return CheckedUtc(kEpoch + std::chrono::days{value});
  }
  constexpr std::int64_t kMost =
      std::numeric_limits<std::int64_t>::max() / 2;  // infinity is the largest number
  if (value < -kMost || kMost < value) return std::nullopt;
  return CheckedUtc(kEpoch + std::chrono::microseconds{value});
}

absl::Status WithPlace(const absl::Status& status, const Connection& connection) {
  const std::string message(status.message());
  if (status.ok() || absl::IsCancelled(status) || message.starts_with(connection.shown())) return status;
  return {status.code(), fmt::format("{}: {}", connection.shown(), message)};
}

}  // namespace obsmon::postgres
