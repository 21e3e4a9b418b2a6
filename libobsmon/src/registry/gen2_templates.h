// Where a Gen2 ingest puts the file of a row: the path templates of each camera and period.
//
// The template follows the software on the day of the ingest, the table's columns the day on which the
// registry was made: one repository can mix templates, and every row is tried with each that its columns can
// fill.
#ifndef OBSMON_SRC_REGISTRY_GEN2_TEMPLATES_H_
#define OBSMON_SRC_REGISTRY_GEN2_TEMPLATES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/gen2_row.h"

namespace obsmon {

/// Cameras, as far as their templates differ.
enum class Gen2Camera : std::uint8_t {
  kUnknown,  ///< has no templates
  kLatiss,   ///< LATISS, auxTel
  kLsstCam,  ///< lsstCam, comCam, BOT: rafts
  kImsim,    ///< imsim, phosim: rafts, simulated
  kStand,    ///< ts8, ts3: test stands with rafts
  kUcd,      ///< the test stand at UC Davis
  kHsc,
};

/// One template as obs_lsst or obs_subaru had it.
struct Gen2Template {
  std::string_view id;  ///< as the tests and issues call it
  Gen2Camera camera;
  std::string_view path;  ///< from the repository on; {field:0N} is a number padded with zeros to N digits
};

/// All templates, of each camera the newest first.
std::span<const Gen2Template> AllGen2Templates();

/// The camera that `mapper` names: the contents of `_mapper` or `repositoryCfg.yaml`; kUnknown where it is
/// none that obsmon has templates for.
Gen2Camera CameraOfMapper(std::string_view mapper);

/// The cameras that a table with these columns can have been made for, the likelier first.
/// `has_test_seq_num`: whether there is the column testSeqNum, which only test stands have.
std::vector<Gen2Camera> CamerasOfColumns(FieldSet columns, bool has_test_seq_num);

/// A template, or a part of one, taken apart.
class PathPattern {
 public:
  /// REQUIRES: `text` is a part of a path in AllGen2Templates().
  explicit PathPattern(std::string_view text);

  /// Whether `row` has all that is needed.
  bool Fits(const RawRow& row) const { return row.known().Contains(needed_); }
  /// Appends the path of `row`. REQUIRES: Fits(row).
  void AppendTo(std::string& path, const RawRow& row, const TextPool& texts) const;

 private:
  struct Piece {
    std::string literal{};            ///< what stands before the field
    std::optional<RawField> field{};  ///< absent in the last piece
    int width = 0;
  };
  std::vector<Piece> pieces_;
  FieldSet needed_;
};

/// Templates that share their folder, so that one listing answers for all of them.
struct FolderPlan {
  PathPattern folder;
  std::vector<PathPattern> names{};  ///< newest first

  bool Fits(const RawRow& row) const;
  std::string Folder(const RawRow& row, const TextPool& texts) const;
  /// The newest name that the row's columns can fill. REQUIRES: Fits(row).
  std::string NewestName(const RawRow& row, const TextPool& texts) const;
};

/// The folders in which the files of `cameras` may lie, newest first.
std::vector<FolderPlan> PlansFor(std::span<const Gen2Camera> cameras);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_GEN2_TEMPLATES_H_
