// registry.h
#include <pybind11/pybind11.h>

#include <array>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "bindings.h"
#include "convert.h"
#include "files/directory.h"
#include "made_here.h"
#include "obsmon/registry.h"
#include "obsmon/stream.h"
#include "shared_bindings.h"
#include "status.h"
#include "table_bindings.h"
#include "work.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

constexpr std::array<std::string_view, 4> kIngestStatuses = {"ingested", "pending", "failed", "ignored"};
constexpr std::array<std::string_view, 5> kArtifactStates = {"present", "gone", "unreadable", "remote",
                                                             "not_stored"};

/// A repository, and how to ask it. Each question opens it anew, so that one that was interrupted harms no
/// other, any number of threads may ask at once, and no database is held open for as long as a notebook.
class RegistryView {
 public:
  /// What its paths are relative to is the working folder of now, whatever that will be later.
  explicit RegistryView(Stream stream) : stream_(std::move(stream)), repo_(stream_.RepoFolder()) {
    for (std::filesystem::path* path :
         {&stream_.repo, &stream_.storage, &stream_.butler_index.file, &stream_.logins.file}) {
      if (!path->empty()) *path = AbsolutePath(*path);
    }
  }

  absl::StatusOr<std::unique_ptr<Registry>> Open(const WorkControl& control) const {
    return OpenRegistry(stream_, control);
  }

  absl::StatusOr<NightIngests> ReadNight(Night night, const WorkControl& control) const {
    absl::StatusOr<std::unique_ptr<Registry>> registry = Open(control);
    if (!registry.ok()) return registry.status();
    return (*registry)->ReadNight(night);
  }

  const std::filesystem::path& repo() const { return repo_; }

 private:
  Stream stream_;
  std::filesystem::path repo_;
};

RegistryView OpenView(const StreamConfig& config) {
  RegistryView view(config.stream);
  RaiseUnlessOk(Await(py::none(), [&](const WorkControl& control) { return view.Open(control).status(); }));
  return view;
}

NightIngestsView Read(const RegistryView& view, const AnyNight& night, const MaybeProgress& progress) {
  const Night asked = ToNight(night);
  return NightIngestsView(ValueOrRaise(
      Await(progress, [&](const WorkControl& control) { return view.ReadNight(asked, control); })));
}

Column TimesOrNull(std::string name, std::span<const UtcTime> times, const Owner& owner) {
  return WithNulls(TimeColumn(std::move(name), times, owner), times.size(),
                   [&](std::size_t row) { return times[row] == IngestTable::kNoTime; });
}

}  // namespace

NightIngestsView::NightIngestsView(NightIngests found)
    : ingests(std::make_shared<const NightIngests>(std::move(found))),
      rows(TableOf(ingests->rows, ingests)) {}

std::shared_ptr<Table> TableOf(const IngestTable& ingests, const Owner& owner) {
  const std::size_t rows = ingests.size();
  std::vector<Column> columns;
  AddPathColumns("path", ingests.path(), EmptyText::kIsText, owner, columns);
  columns.push_back(DateColumn("night", ingests.night()));
  columns.push_back(WithNulls(NumberColumn("exposure", ingests.exposure(), owner), rows,
                              [&](std::size_t row) { return ingests.exposure()[row] == 0; }));
  columns.push_back(WithNulls(NumberColumn("detector", ingests.detector(), owner), rows,
                              [&](std::size_t row) { return ingests.detector()[row] < 0; }));
  columns.push_back(TextColumn("storage_stem", ingests.storage_stem(), EmptyText::kIsNull, owner));
  columns.push_back(WordColumn("status", ingests.status(), kIngestStatuses, owner));
  columns.push_back(TextColumn("message", ingests.message(), EmptyText::kIsNull, owner));
  columns.push_back(WordColumn("artifact", ingests.artifact(), kArtifactStates, owner));
  columns.push_back(WithNulls(NumberColumn("size_bytes", ingests.size_bytes(), owner), rows,
                              [&](std::size_t row) { return ingests.size_bytes()[row] < 0; }));
  AddPathColumns("link_target", ingests.link_target(), EmptyText::kIsNull, owner, columns);
  columns.push_back(TimesOrNull("ingest_time", ingests.ingest_time(), owner));
  columns.push_back(TimesOrNull("file_time", ingests.file_time(), owner));
  std::vector<bool> absent(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    absent[row] = ingests.artifact()[row] != ArtifactState::kPresent;
  }
  AddFileIdColumns(ingests.file_id(), absent, columns);
  return MakeTable(rows, std::move(columns));
}

void BindRegistry(py::module_& module) {
  py::class_<NightIngestsView>(module, "NightIngests", MadeHere(),
                               "What a registry and its files say of one night.")
      .def_readonly(
          "rows", &NightIngestsView::rows,
          "A Table, sorted by path: path, path_bytes, night, exposure, detector, storage_stem, status\n"
          "('ingested', 'pending', 'failed', 'ignored'), message, artifact ('present', 'gone', 'unreadable', "
          "'remote',\n"
          "'not_stored'),\n"
          "size_bytes, link_target, link_target_bytes, ingest_time, file_time, device, inode.")
      .def_property_readonly(
          "issues", [](const NightIngestsView& view) { return IssuesOf(view.ingests->issues); },
          "What of the repository's folders could not be read: a list of ScanIssue.")
      .def("__repr__", [](const NightIngestsView& view) {
        return py::str("NightIngests({} rows, {} issues)")
            .format(view.rows->size(), view.ingests->issues.size());
      });

  py::class_<RegistryView>(
      module, "Registry", MadeHere(),
      "A repository's registry, made by open_registry. Only ever read; any number of threads\n"
      "may use it at once.")
      .def("read_night", &Read, py::arg("night"), py::arg("progress") = py::none(),
           "The datasets of one night, a NightIngests. `progress`: a callable (stage, done, total), or "
           "None.\n\n"
           "Raises RegistryBusyError where a writer has it for longer than busy_timeout, FileNotFoundError,\n"
           "PermissionError, and Error where it is damaged.")
      .def_property_readonly(
          "repo", [](const RegistryView& view) { return ToStr(view.repo().native()); },
          "The repository's folder, a str.")
      .def("__repr__", [](const RegistryView& view) {
        return py::str("Registry({!r})").format(ToStr(view.repo().native()));
      });
  module.def("open_registry", &OpenView, py::arg("config"));
}

}  // namespace obsmon::python
