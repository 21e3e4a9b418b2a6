// stream.h
#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <string>

#include "bindings.h"
#include "made_here.h"
#include "obsmon/stream.h"
#include "status.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

/// A stream from texts by the keys of SetStreamField, so that the library judges each of them.
StreamConfig MakeStream(const py::typing::Dict<py::str, py::bytes>& fields) {
  StreamConfig config;
  for (const auto& [key, text] : fields) {
    const auto name = key.cast<std::string>();
    const absl::Status status = SetStreamField(name, text.cast<std::string>(), {}, config);
    if (!status.ok()) {
      Raise(absl::Status(status.code(), name + ": " + std::string(status.message())));
    }
  }
  if (config.stream.name.empty()) config.stream.name = config.stream.DefaultName();
  return config;
}

}  // namespace

void BindStream(py::module_& module) {
  py::class_<StreamConfig>(module, "_Stream", MadeHere(), "One stream's folders and options.");
  module.def("make_stream", &MakeStream, py::arg("fields"));
}

}  // namespace obsmon::python
