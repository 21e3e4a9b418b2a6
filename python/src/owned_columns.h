// Columns that are filled row by row.
#ifndef OBSMON_PYTHON_SRC_OWNED_COLUMNS_H_
#define OBSMON_PYTHON_SRC_OWNED_COLUMNS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "table.h"

namespace obsmon::python {

/// A column of values, some of which are absent.
template <typename T>
class OptionalValues {
 public:
  explicit OptionalValues(std::size_t rows) : validity_(rows) { values_.reserve(rows); }
  void Append(const std::optional<T>& value) {
    values_.push_back(value.value_or(T{}));
    validity_.Append(value.has_value());
  }
  Column Finish(std::string name, ColumnType type) && {
    Column column = OwnedColumn(std::move(name), type, std::move(values_));
    if (validity_.num_nulls() > 0) column.validity = std::make_shared<const Validity>(std::move(validity_));
    return column;
  }

 private:
  std::vector<T> values_;
  Validity validity_;
};

inline Column OwnedTexts(std::string name, StringColumn texts, EmptyText empty) {
  const auto owned = std::make_shared<const StringColumn>(std::move(texts));
  return TextColumn(std::move(name), *owned, empty, owned);
}

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_OWNED_COLUMNS_H_
