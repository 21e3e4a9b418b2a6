#include "status.h"

#include <pybind11/gil_safe_call_once.h>

#include <string>

#include "text/utf8.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

struct ErrorTypes {
  py::object error;
  py::object registry_busy;
  py::object output_locked;
};

// Never destroyed: an exception may be raised as late as the interpreter's end.
PYBIND11_CONSTINIT py::gil_safe_call_once_and_store<ErrorTypes> error_types;

py::object MakeType(const char* name, const char* doc, const py::handle& base) {
  PyObject* type = PyErr_NewExceptionWithDoc(name, doc, base.ptr(), nullptr);
  if (type == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(type);
}

ErrorTypes MakeTypes() {
  const py::object error =
      MakeType("obsmon.Error", "What obsmon could not do, in one sentence: what, where, and what to do.",
               PyExc_Exception);
  return {
      error,
      MakeType(
          "obsmon.RegistryBusyError",
          "A database could not be asked for now: a writer kept it locked for longer than busy_timeout, or\n"
          "its server is down, silent or refuses the login. Try again later.",
          error),
      MakeType("obsmon.OutputLockedError", "Another run holds the output folder; the sentence names it.",
               error)};
}

const ErrorTypes& Types() { return error_types.call_once_and_store_result(MakeTypes).get_stored(); }

py::handle TypeFor(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kNotFound:
      return PyExc_FileNotFoundError;
    case absl::StatusCode::kPermissionDenied:
      return PyExc_PermissionError;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return PyExc_ValueError;
    case absl::StatusCode::kUnavailable:
      return Types().registry_busy;
    case absl::StatusCode::kAborted:
      return Types().output_locked;
    default:
      return Types().error;
  }
}

}  // namespace

void BindErrors(py::module_& module) {
  module.attr("Error") = Types().error;
  module.attr("RegistryBusyError") = Types().registry_busy;
  module.attr("OutputLockedError") = Types().output_locked;
}

void Raise(const absl::Status& status) {
  // A sentence may quote what was given, and the name of a file: bytes that need not be UTF-8, nor fit to be
  // shown.
  py::set_error(TypeFor(status.code()), EscapeForDisplay(std::string(status.message())).c_str());
  throw py::error_already_set();
}

}  // namespace obsmon::python
