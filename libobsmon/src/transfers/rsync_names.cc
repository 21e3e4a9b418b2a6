#include <algorithm>

#include "obsmon/transfers.h"

namespace obsmon {
namespace {

// rsync 3.x, receiver.c, get_tmpname(): a dot, the name without its own leading dots and cut where it would
// be too long, and mkstemp's ".XXXXXX".
constexpr std::size_t kSuffixBytes = 7;

bool IsLetterOrDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool IsRsyncTemporaryName(std::string_view name) {
  if (name.size() < 1 + 1 + kSuffixBytes || name.front() != '.') return false;
  const std::string_view suffix = name.substr(name.size() - kSuffixBytes);
  return suffix.front() == '.' && std::ranges::all_of(suffix.substr(1), IsLetterOrDigit);
}

}  // namespace obsmon
