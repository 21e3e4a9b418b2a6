#include "registry/gen2_templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "text/path_text.h"

namespace obsmon {
namespace {

using enum Gen2Camera;

// Source: the policy files of lsst/obs_lsst (history up to d7cd38c5, 2022-05-23) and lsst/obs_subaru
// (policy/HscMapper.yaml). The dates are those of the commits; a release or a pipeline lagged behind them.
constexpr auto kTemplates = std::to_array<Gen2Template>({
    // since 2020-02-19 (b2b3add2)
    {"L3", kLatiss, "raw/{dayObs}/{expId:013}-det{detector:03}.fits"},
    // 2020-01-30 (06ba5cb8) to 2020-02-19
    {"L2", kLatiss, "raw/{dayObs}/{expId:08}-det{detector:03}.fits"},
    // 2018-07-25 to 2020-01-30; before, there was no expId
    {"L1", kLatiss, "raw/{dayObs}/{visit:08}-det{detector:03}.fits"},

    // since 2020-07-10 (ec2129b0); release 21.0.0
    {"M5", kLsstCam, "raw/{dayObs}/{expId:013}/{expId:013}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // 2020-07-01 (508fb5d6) to 2020-07-10: the folder is not padded
    {"M4", kLsstCam, "raw/{dayObs}/{expId}/{expId:013}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // 2020-02-19 (b2b3add2) to 2020-07-01; release 20.0.0
    {"M3", kLsstCam, "raw/{run}/{raftName}/{expId:013}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // 2020-01-30 (06ba5cb8) to 2020-02-19
    {"M2", kLsstCam, "raw/{run}/{raftName}/{expId:08}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // 2018-07-12 to 2020-01-30
    {"M1", kLsstCam,
     "raw/{run}/{raftName}/{visit:08}-{raftName}-{detectorName}-det{detector:03}-{snap:03}.fits"},

    // The simulators kept M2, and had M1 before it.
    {"M2", kImsim, "raw/{run}/{raftName}/{expId:08}-{raftName}-{detectorName}-det{detector:03}.fits"},
    {"M1", kImsim,
     "raw/{run}/{raftName}/{visit:08}-{raftName}-{detectorName}-det{detector:03}-{snap:03}.fits"},

    // since 2020-01-30 (06ba5cb8)
    {"T3", kStand, "raw/{run}/{expId:011}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // 2019-02-07 to 2020-01-30
    {"T2", kStand, "raw/{run}/{visit:011}-{raftName}-{detectorName}-det{detector:03}.fits"},
    // ts8 2018-11 to 2019-02-07
    {"T1", kStand, "raw/{run}/{visit:011}-{detectorName}-det{detector:03}.fits"},

    // since 2020-01-30 (06ba5cb8)
    {"T4", kUcd, "raw/{run}/{expId:011}-{detectorName}-det{detector:03}.fits"},
    // until 2020-01-30
    {"T1", kUcd, "raw/{run}/{visit:011}-{detectorName}-det{detector:03}.fits"},

    {"H", kHsc, "{field}/{dateObs}/{pointing:05}/{filter}/HSC-{visit:07}-{ccd:03}.fits"},
});

constexpr auto kMappers = std::to_array<std::pair<std::string_view, Gen2Camera>>({
    {"LatissMapper", kLatiss},
    {"AuxTelMapper", kLatiss},
    {"LsstComCamMapper", kLsstCam},
    {"LsstCamMapper", kLsstCam},
    {"Ts8Mapper", kStand},
    {"Ts3Mapper", kStand},
    {"UcdMapper", kUcd},
    {"ImsimMapper", kImsim},
    {"PhosimMapper", kImsim},
    {"HscMapper", kHsc},
});

constexpr auto kFieldNames = std::to_array<std::pair<std::string_view, RawField>>({
    {"dayObs", RawField::kDayObs},
    {"dateObs", RawField::kDateObs},
    {"run", RawField::kRun},
    {"raftName", RawField::kRaftName},
    {"detectorName", RawField::kDetectorName},
    {"field", RawField::kSkyField},
    {"filter", RawField::kFilter},
    {"visit", RawField::kVisit},
    {"expId", RawField::kExpId},
    {"detector", RawField::kDetector},
    {"ccd", RawField::kDetector},
    {"snap", RawField::kSnap},
    {"pointing", RawField::kPointing},
});

// As fmt's "{:0{}}", which has to read that for each of a night's 205,000 rows.
void AppendPadded(std::string& text, std::int64_t number, int width) {
  const fmt::format_int digits(number);
  std::string_view shown(digits.data(), digits.size());
  const std::size_t padding = std::max(static_cast<std::size_t>(width), shown.size()) - shown.size();
  if (shown.starts_with('-')) {
    text += '-';
    shown.remove_prefix(1);
  }
  text.append(padding, '0').append(shown);
}

std::optional<RawField> FieldNamed(std::string_view name) {
  const auto* const found =
      std::ranges::find(kFieldNames, name, [](const auto& entry) { return entry.first; });
  if (found == kFieldNames.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::span<const Gen2Template> AllGen2Templates() { return kTemplates; }

Gen2Camera CameraOfMapper(std::string_view mapper) {
  for (const auto& [name, camera] : kMappers) {
    if (mapper.find(name) != std::string_view::npos) return camera;
  }
  return kUnknown;
}

std::vector<Gen2Camera> CamerasOfColumns(FieldSet columns, bool has_test_seq_num) {
  if (columns.Has(RawField::kSkyField) && columns.Has(RawField::kPointing)) return {kHsc};
  if (has_test_seq_num) return {kStand, kUcd};  // their tables are the same
  if (columns.Has(RawField::kRaftName)) return {columns.Has(RawField::kDayObs) ? kLsstCam : kImsim};
  return {columns.Has(RawField::kDayObs) ? kLatiss : kUnknown};
}

PathPattern::PathPattern(std::string_view text) {
  for (;;) {
    const std::size_t open = text.find('{');
    Piece piece{.literal = std::string(text.substr(0, open))};
    if (open == std::string_view::npos) {
      pieces_.push_back(std::move(piece));
      return;
    }
    const std::size_t close = text.find('}', open);
    const std::string_view field = text.substr(open + 1, close - open - 1);
    const std::size_t colon = field.find(':');
    piece.field = FieldNamed(field.substr(0, colon));
    if (colon != std::string_view::npos) {
      std::from_chars(field.data() + colon + 1, field.data() + field.size(), piece.width);
    }
    needed_.Add(*piece.field);
    pieces_.push_back(std::move(piece));
    text.remove_prefix(close + 1);
  }
}

void PathPattern::AppendTo(std::string& path, const RawRow& row, const TextPool& texts) const {
  for (const Piece& piece : pieces_) {
    path += piece.literal;
    if (!piece.field) continue;
    if (IsText(*piece.field)) {
      path += texts[row.Text(*piece.field)];
    } else {
      AppendPadded(path, row.Number(*piece.field), piece.width);
    }
  }
}

bool FolderPlan::Fits(const RawRow& row) const {
  return folder.Fits(row) &&
         std::ranges::any_of(names, [&row](const PathPattern& name) { return name.Fits(row); });
}

std::string FolderPlan::Folder(const RawRow& row, const TextPool& texts) const {
  std::string path;
  folder.AppendTo(path, row, texts);
  return path;
}

std::string FolderPlan::NewestName(const RawRow& row, const TextPool& texts) const {
  std::string name;
  std::ranges::find_if(names, [&row](const PathPattern& pattern) {
    return pattern.Fits(row);
  })->AppendTo(name, row, texts);
  return name;
}

std::vector<FolderPlan> PlansFor(std::span<const Gen2Camera> cameras) {
  std::vector<FolderPlan> plans;
  std::string_view last_folder;
  for (const Gen2Camera camera : cameras) {
    for (const Gen2Template& known : kTemplates) {
      if (known.camera != camera) continue;
      const std::string_view folder = FolderOf(known.path);
      if (folder != last_folder) plans.push_back({.folder = PathPattern(folder)});
      plans.back().names.emplace_back(NameOf(known.path));
      last_folder = folder;
    }
  }
  return plans;
}

}  // namespace obsmon
