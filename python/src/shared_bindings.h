// What several bindings show of files.h and match.h.
#ifndef OBSMON_PYTHON_SRC_SHARED_BINDINGS_H_
#define OBSMON_PYTHON_SRC_SHARED_BINDINGS_H_

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "obsmon/files.h"
#include "obsmon/match.h"
#include "obsmon/registry.h"
#include "obsmon/transfers.h"
#include "table.h"

namespace obsmon::python {

/// The issues as a list of ScanIssue.
pybind11::typing::List<ScanIssue> IssuesOf(const std::vector<ScanIssue>& issues);

/// "ingested", "artifact_gone", ...: by a verdict's number.
std::span<const std::string_view> VerdictNames();
/// "", "file id", "path", "name", …: by the number of a MatchBasis.
std::span<const std::string_view> BasisNames();

/// For __eq__ of a class of values.
template <typename Value>
bool IsEqual(const Value& value, const pybind11::object& other) {
  return pybind11::isinstance<Value>(other) && value == other.cast<const Value&>();
}

/// Tables over what `owner` keeps alive.
std::shared_ptr<Table> TableOf(const TransferTable& transfers, const Owner& owner);
std::shared_ptr<Table> TableOf(const IngestTable& ingests, const Owner& owner);

/// Transfers as Python has them: the columns, and the table over them.
struct TransferScanView {
  explicit TransferScanView(TransferScan found);
  std::shared_ptr<const TransferScan> scan;
  std::shared_ptr<Table> files;
};

/// Likewise of a registry.
struct NightIngestsView {
  explicit NightIngestsView(NightIngests found);
  std::shared_ptr<const NightIngests> ingests;
  std::shared_ptr<Table> rows;
};

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_SHARED_BINDINGS_H_
