#include "obsmon/raw_file_name.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "obsmon/transfers.h"
#include "text/path_text.h"

namespace obsmon {
namespace {

bool IsDigit(char c) { return '0' <= c && c <= '9'; }
bool IsUpper(char c) { return 'A' <= c && c <= 'Z'; }

// Whether `text` begins as `shape` says: A stands for a capital letter, 0 for a digit, * for either, and any
// other character for itself.
bool BeginsAs(std::string_view shape, std::string_view text) {
  return text.size() >= shape.size() &&
         std::ranges::equal(shape, text.substr(0, shape.size()), [](char s, char c) {
           if (s == 'A') return IsUpper(c);
           if (s == '0') return IsDigit(c);
           if (s == '*') return IsUpper(c) || IsDigit(c);
           return s == c;
         });
}

constexpr std::string_view kObsId = "AA_A_00000000_000000";
// R22_S11, R00_SG0 and R44_SW1 of a corner raft, and R00_SW, a wavefront sensor as a whole. No name fits two.
constexpr std::array<std::string_view, 4> kDetectors = {"_R**_S00", "_R**_SG0", "_R**_SW0", "_R**_SW"};
constexpr std::string_view kGuider = "_guider";

bool EndsAWord(std::string_view text) { return text.empty() || text.front() == '_' || text.front() == '.'; }

// Cuts what `shape` matches from the front of `text`, without its own first character; nothing where it
// doesn't.
std::string_view Take(std::string_view shape, std::string_view& text) {
  if (!BeginsAs(shape, text) || !EndsAWord(text.substr(shape.size()))) return {};
  const std::string_view taken = text.substr(1, shape.size() - 1);
  text.remove_prefix(shape.size());
  return taken;
}

}  // namespace

std::optional<RawFileName> ParseRawFileName(std::string_view path) {
  std::string_view name = NameOf(path);
  if (IsRsyncTemporaryName(name)) name = name.substr(1, name.rfind('.') - 1);
  if (!BeginsAs(kObsId, name) || !EndsAWord(name.substr(kObsId.size()))) return std::nullopt;
  RawFileName raw{.obs_id = name.substr(0, kObsId.size())};
  name.remove_prefix(kObsId.size());
  for (const std::string_view shape : kDetectors) {
    if (raw.detector = Take(shape, name); !raw.detector.empty()) break;
  }
  raw.guider = name.starts_with(kGuider) && EndsAWord(name.substr(kGuider.size()));
  if (raw.guider) name.remove_prefix(kGuider.size());
  const std::size_t dot = std::min(name.find('.'), name.size());
  raw.ending = name.substr(dot);
  raw.rest = name.substr(0, dot);
  if (!raw.rest.empty()) raw.rest.remove_prefix(1);
  return raw;
}

}  // namespace obsmon
