#include "history/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "text/utf8.h"

namespace obsmon {

std::int64_t Filenum(const FileId& id) {
  std::int64_t number = 0;
  if (!__builtin_mul_overflow(id.inode, 10'000, &number) &&
      !__builtin_add_overflow(number, id.device, &number)) {
    return number;
  }
  constexpr std::uint64_t kLow63Bits = ~std::uint64_t{0} >> 1;
  return -1 - static_cast<std::int64_t>(id.inode & kLow63Bits);
}

bool IsPlain(std::string_view text) {
  return IsUtf8(text) && !text.starts_with("//") && text.find('\0') == std::string_view::npos;
}

// Columns that grow are copied again and again, and the places that they leave are not given back.
EarlierLook EarlierLookOf(UtcTime found_at, std::int64_t files, std::int64_t ingested) {
  static constexpr std::int64_t kMostRows = 1'000'000;
  constexpr std::size_t kBytesOfAPath = 128;  // what is not used of it takes address space alone
  const auto room = [](std::int64_t rows) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(rows, 0, kMostRows));
  };
  const std::size_t num_files = room(files);
  const std::size_t num_links = room(ingested);
  EarlierLook look{.found_at = found_at};
  look.files.Reserve(num_files, num_files * kBytesOfAPath);
  look.is_ingested.reserve(num_files);
  look.links.path.Reserve(num_links, num_links * kBytesOfAPath);
  look.links.target.Reserve(num_links, num_links * kBytesOfAPath);
  look.links.ingest_time.reserve(num_links);
  look.links.file_id.reserve(num_links);
  return look;
}

StringColumn PathsOf(const ExpectedTable& expected, std::span<const AbsentFile> absent) {
  StringColumn paths;
  for (const AbsentFile& file : absent) paths.Append(expected.path()[file.expected_row]);
  return paths;
}

std::string EventTime(const std::optional<UtcTime>& time) {
  constexpr std::int64_t kUnit = 10'000;  // nanoseconds in its last digit
  if (!time) return "0000-00-00T00:00:00";
  const auto whole = std::chrono::floor<std::chrono::seconds>(*time);
  std::string text = FormatUtc(*time);
  text.pop_back();  // the Z
  const std::int64_t fraction = (*time - whole).count() / kUnit;
  if (fraction == 0) return text;
  text += fmt::format(".{:05}", fraction);
  while (text.ends_with('0')) text.pop_back();
  return text;
}

}  // namespace obsmon
