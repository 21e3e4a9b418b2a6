// The parts that obsmon's tables are made of: columns inside, rows at the edge.
//
// A night has up to 410,000 files. A table keeps each attribute in one contiguous column, and all of its
// texts in one buffer, so that memory stays small and a column can be handed to another language without a
// copy; a range-for over a table still reads as rows.
//
// Threads: const access from any number of threads; Append from one, with no reader.
#ifndef OBSMON_COLUMNS_H_
#define OBSMON_COLUMNS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace obsmon {

/// A column of byte strings: one buffer, and where each string begins (the layout of Arrow's large_binary).
/// Strings may hold any byte, for a file name on Linux may. Views into it live until the next Append.
class StringColumn {
 public:
  void Append(std::string_view text) {
    bytes_.append(text);
    offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
  }
  /// Adds all strings of another column. REQUIRES: &texts != this.
  void Append(const StringColumn& texts) {
    const auto begin = static_cast<std::int64_t>(bytes_.size());
    bytes_.append(texts.bytes_);
    for (std::size_t row = 1; row < texts.offsets_.size(); ++row) {
      offsets_.push_back(begin + texts.offsets_[row]);
    }
  }
  void Reserve(std::size_t rows, std::size_t bytes) {
    offsets_.reserve(rows + 1);
    bytes_.reserve(bytes);
  }
  std::size_t size() const { return offsets_.size() - 1; }
  std::string_view operator[](std::size_t row) const {
    const auto begin = static_cast<std::size_t>(offsets_[row]);
    return std::string_view(bytes_).substr(begin, static_cast<std::size_t>(offsets_[row + 1]) - begin);
  }
  /// size() + 1 offsets into bytes(), the first of them 0.
  std::span<const std::int64_t> offsets() const { return offsets_; }
  std::span<const char> bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::vector<std::int64_t> offsets_{0};
};

/// A random-access iterator over anything with size() and operator[](std::size_t) that returns a row by
/// value.
template <typename Table>
class RowIterator {
 public:
  using iterator_category = std::input_iterator_tag;  // C++17: a row is a value, not a reference
  using iterator_concept = std::random_access_iterator_tag;
  using value_type = decltype(std::declval<const Table&>()[0]);
  using difference_type = std::ptrdiff_t;
  using reference = value_type;
  using pointer = void;

  RowIterator() = default;
  RowIterator(const Table* table, std::size_t row) : table_(table), row_(row) {}

  reference operator*() const { return (*table_)[row_]; }
  reference operator[](difference_type n) const { return *(*this + n); }
  RowIterator& operator++() { return *this += 1; }
  RowIterator& operator--() { return *this += -1; }
  RowIterator operator++(int) { return std::exchange(*this, *this + 1); }
  RowIterator operator--(int) { return std::exchange(*this, *this - 1); }
  RowIterator& operator+=(difference_type n) {
    row_ = static_cast<std::size_t>(static_cast<difference_type>(row_) + n);
    return *this;
  }
  RowIterator& operator-=(difference_type n) { return *this += -n; }
  friend RowIterator operator+(RowIterator it, difference_type n) { return it += n; }
  friend RowIterator operator+(difference_type n, RowIterator it) { return it += n; }
  friend RowIterator operator-(RowIterator it, difference_type n) { return it -= n; }
  friend difference_type operator-(const RowIterator& a, const RowIterator& b) {
    return static_cast<difference_type>(a.row_) - static_cast<difference_type>(b.row_);
  }
  friend bool operator==(const RowIterator& a, const RowIterator& b) { return a.row_ == b.row_; }
  friend auto operator<=>(const RowIterator& a, const RowIterator& b) { return a.row_ <=> b.row_; }

 private:
  const Table* table_ = nullptr;
  std::size_t row_ = 0;
};

}  // namespace obsmon

#endif  // OBSMON_COLUMNS_H_
