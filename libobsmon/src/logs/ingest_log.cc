#include "logs/ingest_log.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "logs/log_file.h"
#include "obsmon/match.h"
#include "status_macros.h"
#include "text/utf8.h"

namespace obsmon::logs {
namespace {

constexpr std::array<std::string_view, 5> kFailing = {"error", "fail", "exception", "cannot", "conflict"};
constexpr std::array<std::string_view, 2> kSucceeding = {"success", "ingested file"};
constexpr std::string_view kReason = "for reason: ";
constexpr std::size_t kLongestMessage = 500;

// `line` without its paths and names of files: a folder may be called "errors".
std::string WithoutPaths(std::string_view line) {
  std::string rest;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    if (word.find('/') == std::string_view::npos && !IsFitsName(word)) rest.append(word).append(" ");
  }
  return rest;
}

template <std::size_t kSize>
bool HasOneOf(const std::array<std::string_view, kSize>& words, std::string_view line) {
  const std::string lower = absl::AsciiStrToLower(WithoutPaths(line));  // whatever the locale
  return std::ranges::any_of(words,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// The names of FITS files in a line: what stands between blanks, quotes, brackets, commas and slashes.
std::vector<std::string_view> NamesIn(std::string_view line) {
  constexpr std::string_view kBetween = " \t\r\"'()[]{}<>,;=/";
  std::vector<std::string_view> names;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(kBetween), line.size());
    std::string_view word = line.substr(0, end);
    while (word.ends_with(':') || word.ends_with('.')) word.remove_suffix(1);
    if (IsFitsName(word)) names.push_back(word);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return names;
}

}  // namespace

IngestFailures ParseIngestLog(std::string_view text) {
  IngestFailures failures;
  std::string_view reason;  // of the files that the next lines list
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::vector<std::string_view> names = NamesIn(line);
    if (const std::size_t at = line.find(kReason); at != std::string_view::npos && names.empty()) {
      reason = line.substr(at + kReason.size());
      continue;
    }
    if (names.empty()) {
      reason = {};
      continue;
    }
    const bool fails = !reason.empty() || HasOneOf(kFailing, line);
    const std::string_view message = Utf8Prefix(reason.empty() ? line : reason, kLongestMessage);
    for (const std::string_view name : names) {
      if (fails) {
        failures.insert_or_assign(std::string(name), std::string(message));
      } else if (HasOneOf(kSucceeding, line)) {
        failures.erase(std::string(name));
      }
    }
  }
  return failures;
}

absl::StatusOr<IngestFailures> ReadIngestLog(const std::filesystem::path& file) {
  OBSMON_ASSIGN_OR_RETURN(const std::string text, ReadEndOfLog(file));
  return ParseIngestLog(text);
}

}  // namespace obsmon::logs
