// Rows as a text of JSON: an array with an array for each row, of whole numbers, texts and nulls.
//
// SQLite's own JSON functions read it, so that a view can give the rows one by one. What is read back here
// was written here, or is damaged: that takes one pass over numbers and texts, and no tree of values in
// between.
#ifndef OBSMON_SRC_HISTORY_PACK_TEXT_H_
#define OBSMON_SRC_HISTORY_PACK_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace obsmon {

/// Appends rows to a text. REQUIRES: BeginRow, its values, EndRow, and Finish after the last.
class PackWriter {
 public:
  explicit PackWriter(std::string& out) : out_(out) { out_ = '['; }

  void BeginRow() { out_ += '['; }
  void Text(std::string_view utf8);
  void Int(std::int64_t value);
  void IntOrNull(std::optional<std::int64_t> value) { value ? Int(*value) : Null(); }
  void Null() { out_ += "null,"; }
  void EndRow() { out_.back() = ']', out_ += ','; }
  void Finish() { out_.back() = ']'; }

 private:
  std::string& out_;  // each value and each row ends with a comma, which the bracket then takes the place of
};

/// Reads what PackWriter writes. Where it meets anything else there are no more rows and no more values, and
/// it is `damaged`.
class PackReader {
 public:
  explicit PackReader(std::string_view text) : left_(text) {}

  /// Goes to the next row, past all that was not read of this one.
  bool NextRow();
  /// The next value of the row, which is a number.
  std::int64_t Int();
  /// The same; absent where it is null, or there is none.
  std::optional<std::int64_t> IntOrNull();
  /// In UTF-8, and as it is until the next call; absent likewise.
  std::optional<std::string_view> TextOrNull();
  bool damaged() const { return damaged_; }

 private:
  enum class At : std::uint8_t { kBeginning, kRow, kValue, kEnd };

  bool Take(std::string_view what);
  bool BeginValue();  ///< whether there is one that is not null
  void EndValue();
  void Damaged();

  std::string_view left_;
  At at_ = At::kBeginning;
  bool damaged_ = false;
  std::string unescaped_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_PACK_TEXT_H_
