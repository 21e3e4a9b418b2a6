#include "summary_tables.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "owned_columns.h"
#include "report/night_bins.h"
#include "table_bindings.h"

namespace obsmon::python {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 3> kManifestWords = {"none", "read", "bad"};  // as ManifestStateName

/// The five columns of one latency: of how many files, how many of these with a wrong clock, and their ranks.
class LatencyColumns {
 public:
  explicit LatencyColumns(std::size_t rows) : p50_(rows), p95_(rows), max_(rows) {}

  void Append(const LatencySummary& latency) {
    const bool known = latency.files > 0;
    files_.push_back(latency.files);
    negative_.push_back(latency.negative);
    p50_.Append(known ? std::optional(latency.p50) : std::nullopt);
    p95_.Append(known ? std::optional(latency.p95) : std::nullopt);
    max_.Append(known ? std::optional(latency.max) : std::nullopt);
  }
  void Finish(const std::string& name, std::vector<Column>& columns) && {
    columns.push_back(OwnedColumn(name + "_files", ColumnType::kInt64, std::move(files_)));
    columns.push_back(OwnedColumn(name + "_negative", ColumnType::kInt64, std::move(negative_)));
    columns.push_back(std::move(p50_).Finish(name + "_p50", ColumnType::kDuration));
    columns.push_back(std::move(p95_).Finish(name + "_p95", ColumnType::kDuration));
    columns.push_back(std::move(max_).Finish(name + "_max", ColumnType::kDuration));
  }

 private:
  std::vector<std::int64_t> files_;
  std::vector<std::int64_t> negative_;
  OptionalValues<nanoseconds> p50_;
  OptionalValues<nanoseconds> p95_;
  OptionalValues<nanoseconds> max_;
};

template <typename Row, typename Get>
Column Integers(std::string name, const std::vector<Row>& rows, Get get) {
  std::vector<std::int64_t> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(get(row));
  return OwnedColumn(std::move(name), ColumnType::kInt64, std::move(values));
}

}  // namespace

std::shared_ptr<Table> MakeExposuresTable(const NightReport& report) {
  const std::vector<ExposureSummary>& exposures = report.exposures;
  StringColumn obs_id;
  std::vector<ManifestState> manifest;
  OptionalValues<UtcTime> first_creation(exposures.size());
  OptionalValues<UtcTime> last_arrival(exposures.size());
  LatencyColumns to_arrival(exposures.size());
  LatencyColumns arrival_to_ingest(exposures.size());
  LatencyColumns to_ingest(exposures.size());
  for (const ExposureSummary& exposure : exposures) {
    obs_id.Append(exposure.obs_id);
    manifest.push_back(exposure.manifest);
    first_creation.Append(exposure.first_creation);
    last_arrival.Append(exposure.last_arrival);
    to_arrival.Append(exposure.latency.creation_to_arrival);
    arrival_to_ingest.Append(exposure.latency.arrival_to_ingest);
    to_ingest.Append(exposure.latency.creation_to_ingest);
  }
  std::vector<Column> columns;
  columns.push_back(OwnedTexts("obs_id", std::move(obs_id), EmptyText::kIsText));
  columns.push_back(OwnedColumn("manifest", ColumnType::kWord, std::move(manifest)));
  columns.back().words = kManifestWords;
  columns.push_back(Integers("files", exposures, [](const ExposureSummary& e) { return e.files; }));
  for (const Verdict verdict : kAllVerdicts) {
    columns.push_back(Integers(std::string(VerdictName(verdict)), exposures,
                               [verdict](const ExposureSummary& e) { return e[verdict]; }));
  }
  columns.push_back(std::move(first_creation).Finish("first_creation", ColumnType::kTime));
  columns.push_back(std::move(last_arrival).Finish("last_arrival", ColumnType::kTime));
  std::move(to_arrival).Finish("creation_to_arrival", columns);
  std::move(arrival_to_ingest).Finish("arrival_to_ingest", columns);
  std::move(to_ingest).Finish("creation_to_ingest", columns);
  return MakeTable(exposures.size(), std::move(columns));
}

std::shared_ptr<Table> MakeThroughTheNightTable(const NightReport& report) {
  const NightBins night = BinsOf(report);
  const std::vector<NightBin> bins(night.bins.begin(), night.empty() ? night.bins.begin() : night.bins.end());
  std::vector<UtcTime> begin;
  std::vector<UtcTime> end;
  LatencyColumns to_ingest(bins.size());
  for (const NightBin& bin : bins) {
    begin.push_back(bin.begin);
    end.push_back(bin.begin + night.length);
    to_ingest.Append(bin.creation_to_ingest);
  }
  std::vector<Column> columns;
  columns.push_back(OwnedColumn("begin", ColumnType::kTime, std::move(begin)));
  columns.push_back(OwnedColumn("end", ColumnType::kTime, std::move(end)));
  columns.push_back(Integers("arrived", bins, [](const NightBin& bin) { return bin.arrived; }));
  columns.push_back(Integers("ingested", bins, [](const NightBin& bin) { return bin.ingested; }));
  std::move(to_ingest).Finish("creation_to_ingest", columns);
  return MakeTable(bins.size(), std::move(columns));
}

}  // namespace obsmon::python
