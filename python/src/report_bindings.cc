// report.h, and the forms of export.h and pages.h that a report has.
#include "report_bindings.h"

#include <pybind11/pybind11.h>

#include <chrono>
#include <sstream>
#include <string>

#include "bindings.h"
#include "convert.h"
#include "files_table.h"
#include "made_here.h"
#include "obsmon/export.h"
#include "obsmon/pages.h"
#include "report/night_in_words.h"
#include "shared_bindings.h"
#include "summary_tables.h"
#include "table_bindings.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

std::shared_ptr<Table> Once(std::once_flag& flag, std::shared_ptr<Table>& table, auto make) {
  std::call_once(flag, [&] { table = make(); });
  return table;
}

/// Runs one of export.h's functions into a text.
template <typename Write>
std::string Written(const Write& write) {
  std::ostringstream out;
  write(out);
  return std::move(out).str();
}

MaybeTimedelta MaybeSpan(const LatencySummary& latency, std::chrono::nanoseconds span) {
  if (latency.files == 0) return py::none();
  return ToTimedelta(span);
}

void BindCounts(py::module_& module) {
  py::class_<NightCounts> counts(
      module, "NightCounts", MadeHere(),
      "What the files of a night add up to. Each verdict is an attribute, and a key:\n"
      "counts.not_ingested, counts['not_ingested']; together they are counts.files.");
  counts.def_readonly("files", &NightCounts::files, "All files of the report.");
  counts.def_readonly("exposures", &NightCounts::exposures, "Exposures that the files' names tell.");
  counts.def_readonly("without_manifest", &NightCounts::without_manifest,
                      "Those of them without a manifest: whether they are complete is not known.");
  for (const Verdict verdict : kAllVerdicts) {
    counts.def_property_readonly(
        std::string(VerdictName(verdict)).c_str(), [verdict](const NightCounts& c) { return c[verdict]; },
        std::string(VerdictMeaning(verdict)).c_str());
  }
  counts
      .def_property_readonly(
          "by_verdict",
          [](const NightCounts& c) -> py::typing::Dict<py::str, py::int_> {
            py::dict numbers;
            for (const Verdict verdict : kAllVerdicts) {
              numbers[py::str(std::string(VerdictName(verdict)))] = c[verdict];
            }
            return numbers;
          },
          "The number of files by verdict, in the order in which verdicts are decided: a dict of str to int.")
      .def(
          "__getitem__",
          [](const py::object& c, const std::string& verdict) -> py::int_ {
            return c.attr("by_verdict")[py::str(verdict)];
          },
          py::arg("verdict"))
      .def(
          "__contains__",
          [](const py::object& c, const py::object& verdict) {
            return c.attr("by_verdict").attr("__contains__")(verdict).cast<bool>();
          },
          py::arg("verdict"))
      .def(
          "__iter__",
          [](const py::object& c) -> py::typing::Iterator<py::str> { return py::iter(c.attr("by_verdict")); })
      .def("__len__", [](const NightCounts&) { return kAllVerdicts.size(); })
      .def("__eq__", &IsEqual<NightCounts>, py::arg("other"))
      .def_property_readonly(
          "last_creation", [](const NightCounts& c) { return ToDatetime(c.last_creation); },
          "The latest creation time of a file in storage, a datetime in UTC, or None.")
      .def_property_readonly(
          "last_arrival", [](const NightCounts& c) { return ToDatetime(c.last_arrival); },
          "The latest arrival, a datetime in UTC, or None.")
      .def_property_readonly(
          "last_ingest", [](const NightCounts& c) { return ToDatetime(c.last_ingest); },
          "The latest ingest, a datetime in UTC, or None.")
      .def("__repr__", [](const py::object& c) {
        return py::str("NightCounts(files={}, {})").format(c.attr("files"), c.attr("by_verdict"));
      });

  py::class_<LatencySummary>(
      module, "LatencySummary", MadeHere(),
      "How long files took for a span of their way; of those for which both ends are known.")
      .def_readonly("files", &LatencySummary::files, "Of how many files.")
      .def_readonly("negative", &LatencySummary::negative,
                    "Of them, those whose span ended before it began: some machine's clock is wrong.")
      .def_property_readonly(
          "min", [](const LatencySummary& l) { return MaybeSpan(l, l.min); },
          "The shortest; a timedelta, or None without files.")
      .def_property_readonly(
          "p50", [](const LatencySummary& l) { return MaybeSpan(l, l.p50); },
          "Half of them took no longer; a timedelta, or None without files.")
      .def_property_readonly(
          "p95", [](const LatencySummary& l) { return MaybeSpan(l, l.p95); },
          "95 % of them took no longer; a timedelta, or None.")
      .def_property_readonly(
          "max", [](const LatencySummary& l) { return MaybeSpan(l, l.max); },
          "The longest; a timedelta, or None.")
      .def("__eq__", &IsEqual<LatencySummary>, py::arg("other"))
      .def("__repr__", [](const py::object& l) {
        return py::str("LatencySummary(files={}, p50={}, p95={}, max={})")
            .format(l.attr("files"), l.attr("p50"), l.attr("p95"), l.attr("max"));
      });
  py::class_<Latencies>(module, "Latencies", MadeHere(), "The way of files from the camera to the registry.")
      .def("__eq__", &IsEqual<Latencies>, py::arg("other"))
      .def_readonly("creation_to_arrival", &Latencies::creation_to_arrival,
                    "Of all files that have arrived; a LatencySummary.")
      .def_readonly("arrival_to_ingest", &Latencies::arrival_to_ingest,
                    "Of the ingested ones; a LatencySummary.")
      .def_readonly("creation_to_ingest", &Latencies::creation_to_ingest,
                    "Of the ingested ones; a LatencySummary.")
      .def("__repr__", [](const py::object& l) {
        return py::str("Latencies(creation_to_arrival={}, arrival_to_ingest={}, creation_to_ingest={})")
            .format(l.attr("creation_to_arrival"), l.attr("arrival_to_ingest"), l.attr("creation_to_ingest"));
      });
}

constexpr const char* kReportDoc =
    R"(One night as it was found: its files, each with a verdict and a reason, and what they add up to.

Made by observe_night. It owns all it shows, and never changes; any number of threads may use it.)";

constexpr const char* kFilesDoc =
    R"(The files, a Table: first those of storage, then those that only the registry knows, then those that are
expected and nowhere.

    path            large_utf8      from storage on; where only the registry knows the file, from the repository on
    path_bytes      large_binary    its bytes where it is not UTF-8, else null
    obs_id          large_utf8      the exposure, where the file's name tells it
    detector        large_utf8      the detector, likewise
    verdict         dictionary      one of obsmon.VERDICTS
    reason          large_utf8      why, in one sentence
    in_storage      bool            false: only the registry knows it, or it is expected and nowhere
    size_bytes      int64           bytes; null where the file is gone
    creation_time   timestamp       of the file in storage (mtime), UTC
    arrival_time    timestamp       of the file in storage (ctime), UTC
    ingest_path     large_utf8      of its dataset, from the repository on; null without one
    ingest_path_bytes               as path_bytes
    ingest_night    date32          the registry's night of the dataset
    ingest_time     timestamp       UTC; null where it is not known
    match           dictionary      how file and dataset were recognised as one: 'file id', 'path', 'name', 'key',
                                    'checksum'
    message         large_utf8      what the registry says of a failure; of an ignored file, why
    expected_since  timestamp       of a file that is expected and nowhere, since when, UTC)";

constexpr const char* kExposuresDoc =
    R"(The exposures, as the files' names tell them: a Table, sorted by obs_id.

    obs_id          large_utf8
    manifest        dictionary      whether it is known what should arrive: 'none', 'read', 'bad'
    files           int64           how many; then a column for each of obsmon.VERDICTS, which add up to it
    first_creation  timestamp       of its files in storage, UTC
    last_arrival    timestamp       likewise

and for each of creation_to_arrival, arrival_to_ingest and creation_to_ingest

    …_files         int64           of how many files this is known
    …_negative      int64           of these, where it ends before it begins: a clock is wrong
    …_p50           duration[ns]    half of them took no longer; null where there are none
    …_p95           duration[ns]    likewise of 95 %
    …_max           duration[ns]    the longest)";

constexpr const char* kThroughTheNightDoc =
    R"(The night in 96 stretches of equal, round length, as its plots show it: a Table; empty without files.

    begin           timestamp       UTC
    end             timestamp       where the next begins
    arrived         int64           files that arrived in it
    ingested        int64           files that were ingested in it
    creation_to_ingest_files, _negative, _p50, _p95, _max
                                    of the ingested files that were created in it, as in `exposures`)";

}  // namespace

std::shared_ptr<Table> ReportView::Files() {
  return Once(files_made_, files_, [this] { return MakeFilesTable(report_, WhichFiles::kAll); });
}
std::shared_ptr<Table> ReportView::NeedsAttention() {
  return Once(attention_made_, attention_,
              [this] { return MakeFilesTable(report_, WhichFiles::kNeedAttention); });
}
std::shared_ptr<Table> ReportView::Transfers() {
  return Once(transfers_made_, transfers_, [this] { return TableOf(report_->evidence.transfers, report_); });
}
std::shared_ptr<Table> ReportView::Ingests() {
  return Once(ingests_made_, ingests_, [this] { return TableOf(report_->evidence.ingests, report_); });
}
std::shared_ptr<Table> ReportView::Exposures() {
  return Once(exposures_made_, exposures_, [this] { return MakeExposuresTable(*report_); });
}
std::shared_ptr<Table> ReportView::ThroughTheNight() {
  return Once(through_the_night_made_, through_the_night_,
              [this] { return MakeThroughTheNightTable(*report_); });
}

void BindReport(py::module_& module) {
  BindCounts(module);
  const auto without_gil = py::call_guard<py::gil_scoped_release>();
  py::class_<ReportView>(module, "NightReport", MadeHere(), kReportDoc)
      .def_property_readonly(
          "stream", [](const ReportView& view) { return ToStr(view.report().stream); },
          "The name of the stream, a str; may be empty.")
      .def_property_readonly(
          "night", [](const ReportView& view) { return view.report().night; }, "The Night.")
      .def_property_readonly(
          "as_of", [](const ReportView& view) { return ToDatetime(view.report().as_of); },
          "When the look began, a datetime in UTC.")
      .def_property_readonly(
          "state", [](const ReportView& view) { return std::string(NightStateName(view.report().state)); },
          "'complete', 'in_progress', 'needs_attention' or 'unknown'.")
      .def_property_readonly(
          "summary", [](const ReportView& view) { return NightInWords(FactsOf(view.report())); },
          "The night in one sentence, for people.")
      .def_property_readonly(
          "counts", [](const ReportView& view) { return view.report().counts; }, "A NightCounts.")
      .def_property_readonly(
          "latency", [](const ReportView& view) { return view.report().latency; }, "The Latencies.")
      .def_property_readonly("files", py::cpp_function(&ReportView::Files, without_gil), kFilesDoc)
      .def_property_readonly("needs_attention", py::cpp_function(&ReportView::NeedsAttention, without_gil),
                             "Those of the files that someone should look at; a Table as `files`.")
      .def_property_readonly("exposures", py::cpp_function(&ReportView::Exposures, without_gil),
                             kExposuresDoc)
      .def_property_readonly("through_the_night", py::cpp_function(&ReportView::ThroughTheNight, without_gil),
                             kThroughTheNightDoc)
      .def_property_readonly("transfers", py::cpp_function(&ReportView::Transfers, without_gil),
                             "What storage holds; a Table as TransferScan.files.")
      .def_property_readonly(
          "ingests", py::cpp_function(&ReportView::Ingests, without_gil),
          "What the registry lists, with rows of other nights that match a file of this one; a Table as\n"
          "NightIngests.rows.")
      .def_property_readonly(
          "issues", [](const ReportView& view) { return IssuesOf(view.report().evidence.issues); },
          "What of storage and repository could not be read: a list of ScanIssue.")
      .def_property_readonly(
          "registry_trouble",
          [](const ReportView& view) -> MaybeStr {
            const absl::Status& status = view.report().evidence.registry_status;
            if (status.ok()) return py::none();
            return ToStr(std::string(status.message()));
          },
          "Why the registry could not be read, one sentence; None where it could.")
      .def_property_readonly(
          "warnings", [](const ReportView& view) { return ToStrs(WarningsOf(view.report())); },
          "What whoever runs obsmon is told: what of the input could not be read, a sentence each.")
      .def(
          "to_json",
          [](const ReportView& view) {
            return Written([&](std::ostream& out) { WriteJson(view.report(), out); });
          },
          without_gil, "What `obsmon night --format json` prints, a str.")
      .def(
          "to_csv",
          [](const ReportView& view) {
            return Written([&](std::ostream& out) { WriteCsv(view.report(), out); });
          },
          without_gil, "What `obsmon night --format csv` prints, a str.")
      .def(
          "to_html", [](const ReportView& view) { return RenderNightPage(view.report()); }, without_gil,
          "The night's page, a str: in one file, without the script by which that of `obsmon update` shows "
          "more.")
      .def(
          "to_text",
          [](const ReportView& view) {
            return Written([&](std::ostream& out) { WriteTable(view.report(), out); });
          },
          without_gil, "What `obsmon night` prints, a str.")
      .def("__repr__",
           [](const py::object& view) -> py::str {
             return py::module_::import("obsmon._display").attr("report_text")(view);
           })
      .def("_repr_html_", [](const py::object& view) -> py::str {
        return py::module_::import("obsmon._display").attr("report_html")(view);
      });
}

}  // namespace obsmon::python
