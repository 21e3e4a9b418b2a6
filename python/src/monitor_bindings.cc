// monitor.h, and what of history.h can be read.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "bindings.h"
#include "convert.h"
#include "made_here.h"
#include "obsmon/history.h"
#include "obsmon/monitor.h"
#include "obsmon/stream.h"
#include "report_bindings.h"
#include "shared_bindings.h"
#include "status.h"
#include "work.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

std::unique_ptr<ReportView> Observe(const StreamConfig& config, Night night, const MaybeDatetime& as_of,
                                    const MaybeProgress& progress) {
  const UtcTime time = FromDatetimeOrNow(as_of);
  return std::make_unique<ReportView>(ValueOrRaise(Await(progress, [&](const WorkControl& control) {
    return ObserveNight(config.stream, night, time, control);
  })));
}

UpdateResult Update(const StreamConfig& config, const MaybeDatetime& as_of, const MaybeProgress& progress) {
  const UtcTime time = FromDatetimeOrNow(as_of);
  UpdateResult result = Await(progress, [&](const WorkControl& control) {
    return UpdateStream(config.stream, config.window, time, control);
  });
  if (!result.status.ok()) {
    // Which of a result the module logs; an exception has no place for them.
    const py::object logger = py::module_::import("logging").attr("getLogger")("obsmon");
    for (const py::handle warning : ToStrs(result.warnings)) logger.attr("warning")("%s", warning);
  }
  RaiseUnlessOk(result.status);
  return result;
}

// `shared` tells of a shared history alone.
std::vector<std::string> Summarise(const AnyPath& out, const py::typing::List<AnyPath>& streams,
                                   const StreamConfig& shared, const MaybeDatetime& as_of) {
  const std::filesystem::path folder = ToPath(out);
  std::vector<std::filesystem::path> folders;
  for (const py::handle stream : streams) folders.push_back(ToPath(stream));
  const UtcTime time = FromDatetimeOrNow(as_of);
  const StreamOutput common = OutputOf(shared.stream);
  return ValueOrRaise(Await(py::none(), [&](const WorkControl& control) {
    return UpdateSummary(folder, folders, time, common.history, common.max_age, control.stop);
  }));
}

std::vector<NightSummary> ReadHistory(const AnyPath& output_dir, const StreamConfig& shared) {
  const StreamOutput output = OutputIn(ToPath(output_dir), OutputOf(shared.stream).history);
  return ValueOrRaise(
      Await(py::none(), [&](const WorkControl& control) -> absl::StatusOr<std::vector<NightSummary>> {
        absl::StatusOr<std::unique_ptr<History>> history = History::OpenReadOnly(output, control.stop);
        if (!history.ok()) return history.status();
        return (*history)->Nights();
      }));
}

void BindValues(py::module_& module) {
  py::class_<NightSummary>(module, "NightSummary", MadeHere(),
                           "A night in a line, as the index page shows it.")
      .def("__eq__", &IsEqual<NightSummary>, py::arg("other"))
      .def_readonly("night", &NightSummary::night, "The Night.")
      .def_property_readonly(
          "state", [](const NightSummary& night) { return std::string(NightStateName(night.state)); },
          "'complete', 'in_progress', 'needs_attention' or 'unknown'.")
      .def_readonly("counts", &NightSummary::counts, "A NightCounts.")
      .def_readonly("latency", &NightSummary::latency, "The Latencies.")
      .def_readonly("num_issues", &NightSummary::num_issues, "How many entries could not be read.")
      .def_readonly("num_hiding", &NightSummary::num_hiding,
                    "Those of the entries that could not be read that may hide files.")
      .def_property_readonly(
          "trouble",
          [](const NightSummary& night) -> MaybeStr {
            if (night.trouble.empty()) return py::none();
            return ToStr(night.trouble);
          },
          "Why the state is unknown, one sentence; else None.")
      .def_property_readonly(
          "looked_at", [](const NightSummary& night) { return ToDatetime(night.looked_at); },
          "When the last look at it began, a datetime in UTC.")
      .def_property_readonly(
          "changed_at", [](const NightSummary& night) { return ToDatetime(night.changed_at); },
          "When a look last found anything new, a datetime in UTC; None where only the prototype has seen "
          "it.")
      .def_readonly("from_prototype", &NightSummary::from_prototype,
                    "Whether it was taken over from a prototype's history, and not looked at since.")
      .def("__repr__", [](const NightSummary& night) {
        return py::str("NightSummary({}, {}, {} files)")
            .format(py::cast(night.night), std::string(NightStateName(night.state)), night.counts.files);
      });

  py::class_<UpdateResult>(module, "UpdateResult", MadeHere(), "What an update did.")
      .def_property_readonly(
          "stream", [](const UpdateResult& result) { return ToStr(result.stream); },
          "The stream's name, a str.")
      .def_property_readonly(
          "complete", [](const UpdateResult& result) { return result.outcome == UpdateOutcome::kDone; },
          "False: pages and history are written, but some of the input could not be read; see `warnings`.")
      .def_readonly("nights", &UpdateResult::nights,
                    "The nights looked at, newest first: a list of NightSummary.")
      .def_readonly("changed", &UpdateResult::changed,
                    "Those of them whose page was written: a list of Night.")
      .def_property_readonly(
          "warnings", [](const UpdateResult& result) { return ToStrs(result.warnings); },
          "What could not be read, one sentence each: a list of str.")
      .def("__repr__", [](const UpdateResult& result) {
        return py::str("UpdateResult({!r}: {} looked at, {} changed, {} warnings)")
            .format(ToStr(result.stream), result.nights.size(), result.changed.size(),
                    result.warnings.size());
      });
}

}  // namespace

void BindMonitor(py::module_& module) {
  BindValues(module);
  module.def("observe_night", &Observe, py::arg("config"), py::arg("night"), py::arg("as_of"),
             py::arg("progress"));
  module.def("update", &Update, py::arg("config"), py::arg("as_of"), py::arg("progress"));
  module.def(
      "update_summary",
      [](const AnyPath& out, const py::typing::List<AnyPath>& streams, const StreamConfig& shared,
         const MaybeDatetime& as_of) { return ToStrs(Summarise(out, streams, shared, as_of)); },
      py::arg("out"), py::arg("streams"), py::arg("shared"), py::arg("as_of"));
  module.def("read_history", &ReadHistory, py::arg("output_dir"), py::arg("shared"));
}

}  // namespace obsmon::python
