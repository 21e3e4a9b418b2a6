// stream.h
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "bindings.h"
#include "made_here.h"
#include "obsmon/stream.h"
#include "status.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

/// A stream from texts by the keys of SetStreamField, so that the library judges each of them; each with the
/// name that Python has for it.
StreamConfig MakeStream(const std::map<std::string, std::pair<std::string, py::bytes>>& fields) {
  StreamConfig config;
  for (const auto& [key, field] : fields) {
    const auto& [name, text] = field;
    const absl::Status status = SetStreamField(key, std::string(text), {}, config);
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
  py::list keys;
  for (const std::string_view key : StreamKeys()) keys.append(py::str(key));
  module.attr("STREAM_KEYS") = py::tuple(keys);
  module.attr("MAP_SEPARATOR") = std::string(1, kMapSeparator);
}

}  // namespace obsmon::python
