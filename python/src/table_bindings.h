// How other bindings hand tables to Python.
#ifndef OBSMON_PYTHON_SRC_TABLE_BINDINGS_H_
#define OBSMON_PYTHON_SRC_TABLE_BINDINGS_H_

#include <memory>
#include <utility>
#include <vector>

#include "table.h"

namespace obsmon::python {

/// pybind11 holds what it is given as not const; no binding of Table changes it.
inline std::shared_ptr<Table> MakeTable(std::size_t rows, std::vector<Column> columns) {
  return std::make_shared<Table>(rows, std::move(columns));
}

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_TABLE_BINDINGS_H_
