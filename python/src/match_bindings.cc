// match.h
#include <pybind11/pybind11.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "convert.h"
#include "made_here.h"
#include "obsmon/match.h"
#include "obsmon/stream.h"
#include "shared_bindings.h"
#include "status.h"
#include "table_bindings.h"
#include "text/utf8.h"
#include "work.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

const auto kVerdictNames = [] {
  std::array<std::string_view, kNumVerdicts> names;
  for (const Verdict verdict : kAllVerdicts) names[static_cast<std::size_t>(verdict)] = VerdictName(verdict);
  return names;
}();

const auto kBasisNames = [] {
  std::array<std::string_view, kNumMatchBases> names;
  for (std::size_t i = 0; i < kNumMatchBases; ++i) names[i] = MatchBasisName(static_cast<MatchBasis>(i));
  return names;
}();

struct NightMatchView {
  std::shared_ptr<Table> transfers;
  std::shared_ptr<Table> ingests;
};

Column RowColumn(std::string name, std::span<const std::int32_t> rows, const Owner& owner) {
  return WithNulls(NumberColumn(std::move(name), rows, owner), rows.size(),
                   [&](std::size_t row) { return rows[row] == NightMatch::kNoRow; });
}

NightMatchView ViewOf(NightMatch found) {
  const auto match = std::make_shared<const NightMatch>(std::move(found));
  const std::span<const MatchBasis> bases = match->basis;
  std::vector<Column> transfers;
  transfers.push_back(WordColumn("verdict", std::span<const Verdict>(match->verdict), VerdictNames(), match));
  transfers.push_back(WithNulls(WordColumn("match", bases, BasisNames(), match), bases.size(),
                                [&](std::size_t row) { return bases[row] == MatchBasis::kNone; }));
  transfers.push_back(RowColumn("ingest_row", match->ingest_of, match));
  std::vector<Column> ingests;
  ingests.push_back(RowColumn("transfer_row", match->transfer_of, match));
  return {MakeTable(match->verdict.size(), std::move(transfers)),
          MakeTable(match->transfer_of.size(), std::move(ingests))};
}

NightMatchView Match(const TransferScanView& transfers, const NightIngestsView& ingests,
                     const MaybeDatetime& as_of, const StreamConfig& config, std::int64_t min_fits_bytes,
                     const py::typing::List<AnyPath>& storage_names) {
  const UtcTime time = FromDatetimeOrNow(as_of);
  MatchOptions options = MatchOptionsOf(config.stream);
  options.min_fits_bytes = min_fits_bytes;
  for (const py::handle name : storage_names) options.storage_names.push_back(ToPath(name).native());
  return ViewOf(Await(py::none(), [&](const WorkControl&) {
    return MatchNight(transfers.scan->files, ingests.ingests->rows, time, options);
  }));
}

Verdict VerdictNamed(const std::string& name) {
  for (const Verdict verdict : kAllVerdicts) {
    if (VerdictName(verdict) == name) return verdict;
  }
  throw py::value_error("there is no verdict '" + EscapeForDisplay(name) + "'; obsmon.VERDICTS has all");
}

}  // namespace

std::span<const std::string_view> VerdictNames() { return kVerdictNames; }
std::span<const std::string_view> BasisNames() { return kBasisNames; }

void BindMatch(py::module_& module) {
  py::list names;
  for (const std::string_view name : kVerdictNames) names.append(py::str(name));
  module.attr("VERDICTS") = py::tuple(names);
  module.def(
      "verdict_meaning",
      [](const std::string& name) { return std::string(VerdictMeaning(VerdictNamed(name))); },
      py::arg("verdict"),
      "What a verdict means, in a clause.\n\n"
      ">>> import obsmon\n"
      ">>> obsmon.verdict_meaning('not_ingested')\n"
      "'it arrived whole, but the registry does not list it'\n\n"
      "Raises ValueError for a word that is not in obsmon.VERDICTS.");

  py::class_<NightMatchView>(module, "NightMatch", MadeHere(), "The verdicts of match_night.")
      .def_readonly(
          "transfers", &NightMatchView::transfers,
          "A Table with a row for each transfer: verdict, match (how it was recognised: 'file id', 'path',\n"
          "'name', 'key', 'checksum', or null), ingest_row (its row in the ingests, or null).")
      .def_readonly("ingests", &NightMatchView::ingests,
                    "A Table with a row for each ingest: transfer_row (its row in the transfers, or null).")
      .def("__repr__", [](const NightMatchView& view) {
        return py::str("NightMatch({} transfers, {} ingests)")
            .format(view.transfers->size(), view.ingests->size());
      });
  module.def("match_night", &Match, py::arg("transfers"), py::arg("ingests"), py::arg("as_of"),
             py::arg("config"), py::arg("min_fits_bytes"), py::arg("storage_names"));
}

}  // namespace obsmon::python
