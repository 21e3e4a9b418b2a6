// A Status as a Python exception: the one place where the one becomes the other.
#ifndef OBSMON_PYTHON_SRC_STATUS_H_
#define OBSMON_PYTHON_SRC_STATUS_H_

#include <pybind11/pybind11.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace obsmon::python {

/// Makes obsmon.Error and what derives from it.
void BindErrors(pybind11::module_& module);

/// Throws what Python users expect for `status`, with its sentence. REQUIRES: the GIL; not OK.
[[noreturn]] void Raise(const absl::Status& status);

inline void RaiseUnlessOk(const absl::Status& status) {
  if (!status.ok()) Raise(status);
}

template <typename T>
T ValueOrRaise(absl::StatusOr<T> value) {
  if (!value.ok()) Raise(value.status());
  return *std::move(value);
}

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_STATUS_H_
