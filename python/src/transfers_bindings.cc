// transfers.h, and what files.h says of trouble with one entry.
#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <array>
#include <string>
#include <utility>

#include "bindings.h"
#include "convert.h"
#include "made_here.h"
#include "obsmon/report.h"
#include "obsmon/transfers.h"
#include "shared_bindings.h"
#include "status.h"
#include "table_bindings.h"
#include "work.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

constexpr std::array<std::string_view, 2> kTransferStates = {"arrived", "in_flight"};

TransferScanView Scan(const AnyPath& storage, Night night, int num_threads, const MaybeProgress& progress) {
  const std::filesystem::path folder = ToPath(storage);
  return TransferScanView(ValueOrRaise(Await(progress, [&](const WorkControl& control) {
    ScanOptions options{.control = control};
    options.control.num_threads = num_threads;
    return ScanTransfers(folder, night, options);
  })));
}

}  // namespace

TransferScanView::TransferScanView(TransferScan found)
    : scan(std::make_shared<const TransferScan>(std::move(found))), files(TableOf(scan->files, scan)) {}

py::typing::List<ScanIssue> IssuesOf(const std::vector<ScanIssue>& issues) {
  py::list list;
  for (const ScanIssue& issue : issues) list.append(py::cast(issue));
  return list;
}

std::shared_ptr<Table> TableOf(const TransferTable& transfers, const Owner& owner) {
  std::vector<Column> columns;
  AddPathColumns("path", transfers.path(), EmptyText::kIsText, owner, columns);
  columns.push_back(NumberColumn("size_bytes", transfers.size_bytes(), owner));
  columns.push_back(TimeColumn("creation_time", transfers.creation_time(), owner));
  columns.push_back(TimeColumn("arrival_time", transfers.arrival_time(), owner));
  columns.push_back(WordColumn("state", transfers.state(), kTransferStates, owner));
  AddFileIdColumns(transfers.file_id(), {}, columns);
  return MakeTable(transfers.size(), std::move(columns));
}

void BindTransfers(py::module_& module) {
  py::class_<ScanIssue>(module, "ScanIssue", MadeHere(),
                        "Trouble with one file or folder: it could not be read, the rest could.")
      .def_property_readonly(
          "path", [](const ScanIssue& issue) { return ToStr(issue.path); },
          "Absolute; str, to be shown: bytes that are not UTF-8 are escaped, and path_bytes has them.")
      .def_property_readonly(
          "path_bytes", [](const ScanIssue& issue) { return py::bytes(issue.path); }, "The path's own bytes.")
      .def_property_readonly(
          "trouble", [](const ScanIssue& issue) { return ToStr(std::string(issue.status.message())); },
          "What the system said, one clause.")
      .def_property_readonly(
          "may_hide_files", &HidesFiles,
          "Whether something is there that can't be read; a name that leads nowhere hides nothing.")
      .def("__repr__", [](const ScanIssue& issue) {
        return py::str("ScanIssue({!r}: {})")
            .format(ToStr(issue.path), ToStr(std::string(issue.status.message())));
      });

  py::class_<TransferScanView>(module, "TransferScan", MadeHere(), "What scan_transfers found of one night.")
      .def_readonly(
          "files", &TransferScanView::files,
          "A Table, sorted by folder, then by name: path, path_bytes, size_bytes, creation_time (mtime),\n"
          "arrival_time (ctime), state ('arrived' or 'in_flight'), device, inode.")
      .def_property_readonly(
          "issues", [](const TransferScanView& view) { return IssuesOf(view.scan->issues); },
          "What could not be read: a list of ScanIssue.")
      .def_property_readonly(
          "num_hidden", [](const TransferScanView& view) { return view.scan->num_hidden; },
          "How many entries with a leading dot were seen that are no transfer.")
      .def("__repr__", [](const TransferScanView& view) {
        return py::str("TransferScan({} files, {} issues)")
            .format(view.files->size(), view.scan->issues.size());
      });

  module.def("scan_transfers", &Scan, py::arg("storage"), py::arg("night"), py::arg("num_threads"),
             py::arg("progress"));
}

}  // namespace obsmon::python
