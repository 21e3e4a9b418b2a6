#include "obsmon/raw_file_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "obsmon/transfers.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

constexpr bool IsDigit(char c) { return '0' <= c && c <= '9'; }
constexpr bool IsUpper(char c) { return 'A' <= c && c <= 'Z'; }

// A stands for a capital letter, 0 for a digit, * for either, and any other character for itself.
constexpr bool Fits(char shape, char c) {
  if (shape == 'A') return IsUpper(c);
  if (shape == '0') return IsDigit(c);
  if (shape == '*') return IsUpper(c) || IsDigit(c);
  return shape == c;
}

// Whether `text` begins as `Shape` says. A night's names are read several times, and a shape that the
// compiler knows costs a third of one that it has to read.
template <const std::string_view& Shape>
bool BeginsAs(std::string_view text) {
  return text.size() >= Shape.size()&& [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (Fits(Shape[I], text[I]) && ...);
  }
  (std::make_index_sequence<Shape.size()>());
}

constexpr std::string_view kObsId = "AA_A_00000000_000000";
// R22_S11, R00_SG0 and R44_SW1 of a corner raft, and R00_SW, a wavefront sensor as a whole. No name fits two.
constexpr std::string_view kScience = "_R**_S00";
constexpr std::string_view kCornerGuider = "_R**_SG0";
constexpr std::string_view kHalfWavefront = "_R**_SW0";
constexpr std::string_view kWavefront = "_R**_SW";
// How the archiver of one-detector cameras writes R00_S00: "AT_O_20220317_000471-R00S00.fits", and earlier
// "AT_O_20200325_000002--R00S00.fits".
constexpr std::string_view kArchivers = "-R**S00";
constexpr std::string_view kGuider = "_guider";

bool EndsAWord(std::string_view text) { return text.empty() || text.front() == '_' || text.front() == '.'; }

// Cuts what `Shape` matches from the front of `text`, without its own first character; nothing where it
// doesn't.
template <const std::string_view& Shape>
std::string_view Take(std::string_view& text) {
  if (!BeginsAs<Shape>(text) || !EndsAWord(text.substr(Shape.size()))) return {};
  const std::string_view taken = text.substr(1, Shape.size() - 1);
  text.remove_prefix(Shape.size());
  return taken;
}

std::string_view TakeDetector(std::string_view& text) {
  std::string_view detector = Take<kScience>(text);
  if (detector.empty()) detector = Take<kArchivers>(text);
  if (detector.empty()) detector = Take<kCornerGuider>(text);
  if (detector.empty()) detector = Take<kHalfWavefront>(text);
  if (detector.empty()) detector = Take<kWavefront>(text);
  return detector;
}

}  // namespace

std::optional<RawFileName> ParseRawFileName(std::string_view path) {
  std::string_view name = NameOf(path);
  if (IsRsyncTemporaryName(name)) name = name.substr(1, name.rfind('.') - 1);
  if (!BeginsAs<kObsId>(name)) return std::nullopt;
  RawFileName raw{.obs_id = name.substr(0, kObsId.size())};
  name.remove_prefix(kObsId.size());
  if (name.starts_with("--")) name.remove_prefix(1);
  if (!EndsAWord(name) && !BeginsAs<kArchivers>(name)) return std::nullopt;
  raw.detector = TakeDetector(name);
  raw.guider = name.starts_with(kGuider) && EndsAWord(name.substr(kGuider.size()));
  if (raw.guider) name.remove_prefix(kGuider.size());
  const std::size_t dot = std::min(name.find('.'), name.size());
  raw.ending = name.substr(dot);
  raw.rest = name.substr(0, dot);
  if (!raw.rest.empty()) raw.rest.remove_prefix(1);
  return raw;
}

}  // namespace obsmon
