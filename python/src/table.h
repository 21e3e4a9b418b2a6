// A table as Python and data frames see it: named columns over memory that C++ owns.
//
// A column points into libobsmon's own columns wherever these have Arrow's layout already; what is made anew
// (null bitmaps, escaped names) is owned by the column. No Python object is made for a row.
//
// Threads: a Table never changes; use it from any number.
#ifndef OBSMON_PYTHON_SRC_TABLE_H_
#define OBSMON_PYTHON_SRC_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow_abi.h"
#include "obsmon/columns.h"
#include "obsmon/files.h"
#include "obsmon/night.h"

namespace obsmon::python {

/// What keeps a column's memory alive.
using Owner = std::shared_ptr<const void>;

enum class ColumnType : std::uint8_t {
  kBool,  ///< a bit a row
  kInt32,
  kInt64,
  kUint64,
  kTime,      ///< nanoseconds since 1970 in UTC
  kDuration,  ///< nanoseconds
  kDate,      ///< days since 1970
  kText,      ///< UTF-8
  kBytes,     ///< any bytes
  kWord,      ///< one of a few words, by its number
};

/// "int64", "timestamp[ns, UTC]", "dictionary<int8, utf8>": as pyarrow writes them.
std::string_view TypeName(ColumnType type);

/// Which rows are not null: a bit a row, least significant bit first, as Arrow has it.
class Validity {
 public:
  Validity() = default;
  explicit Validity(std::size_t rows) { bits_.reserve((rows + 7) / 8); }
  void Append(bool valid) {
    if (size_ % 8 == 0) bits_.push_back(0);
    if (valid) bits_.back() = static_cast<std::uint8_t>(bits_.back() | (1U << (size_ % 8)));
    if (!valid) ++num_nulls_;
    ++size_;
  }
  std::int64_t num_nulls() const { return num_nulls_; }
  const std::uint8_t* bits() const { return bits_.data(); }

 private:
  std::vector<std::uint8_t> bits_;
  std::size_t size_ = 0;
  std::int64_t num_nulls_ = 0;
};

/// One column. Its pointers live as long as `owner`.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kInt64;
  const void* values = nullptr;                ///< fixed-width values; of texts, their bytes
  const std::int64_t* offsets = nullptr;       ///< of texts: one more than there are rows
  std::shared_ptr<const Validity> validity{};  ///< null: no row is null
  std::span<const std::string_view> words{};   ///< of kWord; static
  Owner owner{};

  std::int64_t num_nulls() const { return validity == nullptr ? 0 : validity->num_nulls(); }
  bool IsNull(std::size_t row) const {
    return num_nulls() > 0 && ((validity->bits()[row / 8] >> (row % 8)) & 1U) == 0;
  }
  /// REQUIRES: T is the type of the values.
  template <typename T>
  T Value(std::size_t row) const {
    return static_cast<const T*>(values)[row];
  }
  bool Bit(std::size_t row) const { return ((Value<std::uint8_t>(row / 8) >> (row % 8)) & 1U) != 0; }
  std::string_view Text(std::size_t row) const {
    return {static_cast<const char*>(values) + offsets[row],
            static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
  }
};

/// Columns of one length.
class Table {
 public:
  Table(std::size_t rows, std::vector<Column> columns) : rows_(rows), columns_(std::move(columns)) {}
  std::size_t size() const { return rows_; }
  const std::vector<Column>& columns() const { return columns_; }
  /// The column of this name, or null.
  const Column* Find(std::string_view name) const;

 private:
  std::size_t rows_;
  std::vector<Column> columns_;
};

// Columns over values that exist. `owner` keeps them alive.

Column NumberColumn(std::string name, std::span<const std::int32_t> values, Owner owner);
Column NumberColumn(std::string name, std::span<const std::int64_t> values, Owner owner);
Column TimeColumn(std::string name, std::span<const UtcTime> values, Owner owner);
/// `values` number the words; an enumeration of one byte. REQUIRES: each has a word.
Column WordColumn(std::string name, std::span<const std::uint8_t> values,
                  std::span<const std::string_view> words, Owner owner);
template <typename Enum>
Column WordColumn(std::string name, std::span<const Enum> values, std::span<const std::string_view> words,
                  Owner owner) {
  static_assert(sizeof(Enum) == 1);
  return WordColumn(
      std::move(name),
      std::span<const std::uint8_t>(reinterpret_cast<const std::uint8_t*>(values.data()), values.size()),
      words, std::move(owner));
}

/// As `column`, but null where `is_null(row)`.
template <typename IsNull>
Column WithNulls(Column column, std::size_t rows, IsNull is_null) {
  auto validity = std::make_shared<Validity>(rows);
  for (std::size_t row = 0; row < rows; ++row) validity->Append(!is_null(row));
  if (validity->num_nulls() > 0) column.validity = std::move(validity);
  return column;
}

enum class EmptyText : std::uint8_t { kIsText, kIsNull };

/// Two columns over `texts`. `name` is UTF-8: each byte that does not belong is written \xNN, and so is a
/// backslash that would read as such an escape (\x5c), so that the text tells the bytes. `name`_bytes has the
/// bytes of the texts that were changed by that, and is null elsewhere.
void AddPathColumns(const std::string& name, const StringColumn& texts, EmptyText empty, Owner owner,
                    std::vector<Column>& columns);
/// One column over `texts`, escaped in the same way.
Column TextColumn(std::string name, const StringColumn& texts, EmptyText empty, Owner owner);

// Columns with values of their own.

template <typename T>
Column OwnedColumn(std::string name, ColumnType type, std::vector<T> values) {
  const auto owned = std::make_shared<const std::vector<T>>(std::move(values));
  Column column{.name = std::move(name), .type = type};
  column.values = owned->data();
  column.owner = owned;
  return column;
}

/// Two columns, `device` and `inode`; null where `is_null(row)`.
void AddFileIdColumns(std::span<const FileId> ids, const std::vector<bool>& is_null,
                      std::vector<Column>& columns);
Column DateColumn(std::string name, std::span<const Night> nights);

// Arrow. What is written to `out` keeps the table's memory alive until it is released.

void ExportSchema(const Table& table, ArrowSchema* out);
/// A new stream of one batch.
void ExportStream(std::shared_ptr<const Table> table, ArrowArrayStream* out);

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_TABLE_H_
