#include "history/copy_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <type_traits>

#include "status_macros.h"
#include "text/digest.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

// No path from storage or a repository begins with two slashes, nor does any other text that is kept; what
// does is not plain.
constexpr std::string_view kBytes = "//bytes:";
constexpr std::string_view kLong = "//long:";
constexpr std::size_t kLongestKey = 2000;
constexpr std::size_t kBytesOfEnd = 200;
constexpr std::string_view kCut = "…";
constexpr std::size_t kBytesOfAnOddByte = 3;  // %XX
static_assert(kBytes.size() + kBytesOfAnOddByte * StoredPaths::kNeverShortened <= kLongestKey);
constexpr std::size_t kBytesAMessage = std::size_t{1} << 20U;  // bytes

/// With the high byte first.
template <typename Number>
void Append(std::string& bytes, Number number) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(number);
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<unsigned char>(bits >> static_cast<unsigned>(shift)));
  }
}

}  // namespace

std::string StoredText(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string stored(kBytes);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0 || text[at] == '%' || text[at] == '\0') {
      stored += fmt::format("%{:02X}", static_cast<unsigned char>(text[at++]));
    } else {
      stored += text.substr(at, length);
      at += length;
    }
  }
  return stored;
}

std::string FromStoredText(std::string_view stored) {
  if (!stored.starts_with(kBytes)) return std::string(stored);
  std::string text;
  for (std::size_t at = kBytes.size(); at < stored.size(); ++at) {
    constexpr int kHex = 16;
    unsigned char byte = 0;
    const char* const digits = stored.data() + at + 1;
    if (stored[at] == '%' && at + 2 < stored.size() &&
        std::from_chars(digits, digits + 2, byte, kHex).ptr == digits + 2) {
      text += static_cast<char>(byte);
      at += 2;
    } else {
      text += stored[at];
    }
  }
  return text;
}

Key StoredPaths::operator()(std::string_view path) {
  if (IsPlain(path) && path.size() <= kLongestKey) return {.path = path};
  std::string stored = StoredText(path);
  if (stored.size() > kLongestKey) {
    // The views ask for what a name ends with.
    stored = fmt::format("{}{:016x}:{}{}{}", kLong, Digest().Add(path).value(),
                         Utf8Prefix(stored, kLongestKey - kBytesOfEnd - kCut.size()), kCut,
                         Utf8Suffix(stored, kBytesOfEnd));
  }
  return {.path = odd_.emplace_back(std::move(stored))};
}

CopyRows::CopyRows(postgres::Connection& connection, std::string_view table, std::string_view columns)
    : connection_(connection),
      sql_(fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, columns)),
      num_columns_(static_cast<std::int16_t>(1 + std::ranges::count(columns, ','))) {}

void CopyRows::Int(std::int64_t value) {
  Append(rows_, std::int32_t{sizeof(value)});
  Append(rows_, value);
}

void CopyRows::Int32(std::int32_t value) {
  Append(rows_, std::int32_t{sizeof(value)});
  Append(rows_, value);
}

void CopyRows::Text(std::string_view text) {
  if (IsPlain(text)) return TextAsIs(text);
  TextAsIs(StoredText(text));
}

void CopyRows::TextAsIs(std::string_view stored) {
  Append(rows_, static_cast<std::int32_t>(stored.size()));
  rows_ += stored;
}

void CopyRows::IntOrNull(std::optional<std::int64_t> value) {
  if (value) return Int(*value);
  Null();
}

void CopyRows::Null() { Append(rows_, std::int32_t{-1}); }

void CopyRows::BeginRow() {
  constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);  // no flags, no extension
  if (rows_.empty()) rows_ = kHeader;
  Append(rows_, num_columns_);
}

absl::Status CopyRows::EndRow() { return rows_.size() < kBytesAMessage ? absl::OkStatus() : Send(); }

absl::Status CopyRows::Finish() { return rows_.empty() ? absl::OkStatus() : Send(); }

absl::Status CopyRows::Send() {
  Append(rows_, std::int16_t{-1});  // the end
  absl::Status status = connection_.CopyIn(sql_, rows_);
  rows_.clear();
  return status;
}

}  // namespace obsmon
