#include "history/pack_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <system_error>

namespace obsmon {
namespace {

constexpr std::size_t kDigitsOfEscape = 4;

// JSON asks for no more than this to be escaped (RFC 8259, section 7).
bool MustBeEscaped(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

// Takes an escape of ASCII off `left`, and appends what it stands for.
bool TakeEscape(std::string_view& left, std::string& out) {
  constexpr std::string_view kShort = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  if (left.size() < 2) return false;
  if (const std::size_t which = kShort.find(left[1]); which != std::string_view::npos) {
    out += kMeant[which];
    left.remove_prefix(2);
    return true;
  }
  const std::string_view digits = left.substr(2, kDigitsOfEscape);
  unsigned code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  const bool is_whole = digits.size() == kDigitsOfEscape && end == digits.data() + digits.size();
  if (left[1] != 'u' || error != std::errc() || !is_whole || code > 0x7F) return false;
  out += static_cast<char>(code);
  left.remove_prefix(2 + kDigitsOfEscape);
  return true;
}

void AppendEscaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (MustBeEscaped(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

}  // namespace

void PackWriter::Text(std::string_view utf8) {
  out_ += '"';
  if (std::ranges::any_of(utf8, MustBeEscaped)) {
    AppendEscaped(utf8, out_);
  } else {
    out_ += utf8;
  }
  out_ += "\",";
}

void PackWriter::Int(std::int64_t value) {
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
  out_ += ',';
}

bool PackReader::Take(std::string_view what) {
  if (!left_.starts_with(what)) return false;
  left_.remove_prefix(what.size());
  return true;
}

void PackReader::Damaged() {
  damaged_ = true;
  left_ = {};
  at_ = At::kEnd;
}

bool PackReader::NextRow() {
  while (at_ == At::kValue) {
    if (left_.starts_with('"')) {
      TextOrNull();
    } else {
      IntOrNull();
    }
  }
  if (at_ == At::kBeginning) {
    if (!Take("[")) Damaged();
  } else if (at_ == At::kRow && !Take(",")) {
    if (!Take("]") || !left_.empty()) Damaged();
    at_ = At::kEnd;
  }
  if (at_ == At::kEnd) return false;
  at_ = At::kValue;
  if (!Take("[")) Damaged();
  return at_ == At::kValue;
}

bool PackReader::BeginValue() {
  if (at_ != At::kValue) return false;
  if (!Take("null")) return true;
  EndValue();
  return false;
}

void PackReader::EndValue() {
  if (Take(",")) return;
  if (Take("]")) {
    at_ = At::kRow;
  } else {
    Damaged();
  }
}

std::int64_t PackReader::Int() {
  const std::optional<std::int64_t> value = IntOrNull();
  if (!value) Damaged();
  return value.value_or(0);
}

std::optional<std::int64_t> PackReader::IntOrNull() {
  if (!BeginValue()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(left_.data(), left_.data() + left_.size(), value);
  if (error != std::errc()) {
    Damaged();
    return std::nullopt;
  }
  left_.remove_prefix(static_cast<std::size_t>(end - left_.data()));
  EndValue();
  return value;
}

std::optional<std::string_view> PackReader::TextOrNull() {
  if (!BeginValue()) return std::nullopt;
  const auto ends_it = [](char c) { return c == '"' || c == '\\'; };
  if (!Take("\"")) {
    Damaged();
    return std::nullopt;
  }
  auto end = static_cast<std::size_t>(std::ranges::find_if(left_, ends_it) - left_.begin());
  std::string_view text = left_.substr(0, end);
  if (left_.substr(end).starts_with('\\')) {
    unescaped_.clear();
    do {
      unescaped_ += left_.substr(0, end);
      left_.remove_prefix(end);
      end = 0;
      if (!TakeEscape(left_, unescaped_)) break;
      end = static_cast<std::size_t>(std::ranges::find_if(left_, ends_it) - left_.begin());
    } while (left_.substr(end).starts_with('\\'));
    unescaped_ += left_.substr(0, end);
    text = unescaped_;
  }
  left_.remove_prefix(end);
  if (!Take("\"")) {
    Damaged();
    return std::nullopt;
  }
  EndValue();
  return text;
}

}  // namespace obsmon
