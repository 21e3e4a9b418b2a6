#include "files_table.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "owned_columns.h"
#include "shared_bindings.h"
#include "table_bindings.h"

namespace obsmon::python {
namespace {

/// Whole rows come in, columns go out.
class FileColumns {
 public:
  FileColumns(std::size_t rows, UtcTime as_of)
      : as_of_(as_of),
        size_bytes_(rows),
        creation_time_(rows),
        arrival_time_(rows),
        match_(rows),
        ingest_night_(rows),
        ingest_time_(rows),
        expected_since_(rows) {
    path_.Reserve(rows, 0);
    verdict_.reserve(rows);
  }

  void Append(const FileRow& file) {
    path_.Append(file.path);
    obs_id_.Append(file.obs_id);
    detector_.Append(file.detector);
    verdict_.push_back(file.verdict);
    in_storage_.Append(file.in_storage);
    size_bytes_.Append(file.size_bytes);
    creation_time_.Append(file.creation_time);
    arrival_time_.Append(file.arrival_time);
    ingest_path_.Append(file.ingest_path);
    ingest_night_.Append(file.ingest_night ? std::optional(static_cast<std::int32_t>(
                                                 file.ingest_night->date().time_since_epoch().count()))
                                           : std::nullopt);
    ingest_time_.Append(file.ingest_time);
    match_.Append(file.basis == MatchBasis::kNone ? std::nullopt : std::optional(file.basis));
    message_.Append(file.message);
    expected_since_.Append(file.expected_since);
    reason_.Append(Reason(file, as_of_));
  }

  std::shared_ptr<Table> Finish() && {
    const std::size_t rows = verdict_.size();
    std::vector<Column> columns;
    AddPaths("path", std::move(path_), EmptyText::kIsText, columns);
    columns.push_back(OwnedTexts("obs_id", std::move(obs_id_), EmptyText::kIsNull));
    columns.push_back(OwnedTexts("detector", std::move(detector_), EmptyText::kIsNull));
    columns.push_back(Words("verdict", std::move(verdict_), VerdictNames()));
    columns.push_back(OwnedTexts("reason", std::move(reason_), EmptyText::kIsText));
    columns.push_back(Bits("in_storage", std::move(in_storage_)));
    columns.push_back(std::move(size_bytes_).Finish("size_bytes", ColumnType::kInt64));
    columns.push_back(std::move(creation_time_).Finish("creation_time", ColumnType::kTime));
    columns.push_back(std::move(arrival_time_).Finish("arrival_time", ColumnType::kTime));
    AddPaths("ingest_path", std::move(ingest_path_), EmptyText::kIsNull, columns);
    columns.push_back(std::move(ingest_night_).Finish("ingest_night", ColumnType::kDate));
    columns.push_back(std::move(ingest_time_).Finish("ingest_time", ColumnType::kTime));
    Column match = std::move(match_).Finish("match", ColumnType::kWord);
    match.words = BasisNames();
    columns.push_back(std::move(match));
    columns.push_back(OwnedTexts("message", std::move(message_), EmptyText::kIsNull));
    columns.push_back(std::move(expected_since_).Finish("expected_since", ColumnType::kTime));
    return MakeTable(rows, std::move(columns));
  }

 private:
  static void AddPaths(const std::string& name, StringColumn texts, EmptyText empty,
                       std::vector<Column>& columns) {
    const auto owned = std::make_shared<const StringColumn>(std::move(texts));
    AddPathColumns(name, *owned, empty, owned, columns);
  }
  static Column Words(std::string name, std::vector<Verdict> values,
                      std::span<const std::string_view> words) {
    Column column = OwnedColumn(std::move(name), ColumnType::kWord, std::move(values));
    column.words = words;
    return column;
  }
  static Column Bits(std::string name, Validity bits) {
    const auto owned = std::make_shared<const Validity>(std::move(bits));
    Column column{.name = std::move(name), .type = ColumnType::kBool};
    column.values = owned->bits();
    column.owner = owned;
    return column;
  }

  UtcTime as_of_;
  StringColumn path_;
  StringColumn obs_id_;
  StringColumn detector_;
  std::vector<Verdict> verdict_;
  Validity in_storage_;  // its bits are laid out as those of a column of bool
  OptionalValues<std::int64_t> size_bytes_;
  OptionalValues<UtcTime> creation_time_;
  OptionalValues<UtcTime> arrival_time_;
  StringColumn ingest_path_;
  OptionalValues<MatchBasis> match_;
  OptionalValues<std::int32_t> ingest_night_;
  OptionalValues<UtcTime> ingest_time_;
  OptionalValues<UtcTime> expected_since_;
  StringColumn message_;
  StringColumn reason_;
};

}  // namespace

std::shared_ptr<Table> MakeFilesTable(const std::shared_ptr<const NightReport>& report, WhichFiles which) {
  const auto count = which == WhichFiles::kAll
                         ? report->files().size()
                         : static_cast<std::size_t>(report->counts.Of(Concern::kAttention));
  FileColumns columns(count, report->as_of);
  for (const FileRow& file : report->files()) {
    if (which == WhichFiles::kAll || ConcernOf(file.verdict) == Concern::kAttention) columns.Append(file);
  }
  return std::move(columns).Finish();
}

}  // namespace obsmon::python
