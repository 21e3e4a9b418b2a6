#include "pages/page_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <system_error>

#include "history/night_facts.h"
#include "obsmon/pages.h"
#include "pages/js_text.h"
#include "pages/script.h"

namespace obsmon {
namespace {

// An open page is mostly that of one of the latest nights.
constexpr std::size_t kNightsInStatus = 60;
// Or of one that is looked at again because of its problems; and when these are mended it must learn that
// too.
constexpr std::chrono::days kChangedLately{2};

bool MayBeRead(const NightSummary& night, std::size_t place, UtcTime as_of) {
  return place < kNightsInStatus || IsOpen(night) || as_of - *night.changed_at < kChangedLately;
}

}  // namespace

std::string PageScriptName() { return fmt::format("{}/obsmon-{}.js", kPageDataFolder, kScriptHash); }

PageFile PageScript() { return {.name = PageScriptName(), .contents = kScript}; }

std::string PageStatusName() { return fmt::format("{}/status.js", kPageDataFolder); }

std::optional<std::chrono::milliseconds> MaxAgeIn(std::string_view status) {
  constexpr std::string_view kKey = "maxAge:";
  const std::size_t at = status.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t milliseconds = 0;
  const char* const begin = status.data() + at + kKey.size();
  if (std::from_chars(begin, status.data() + status.size(), milliseconds).ec != std::errc()) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(milliseconds);
}

PageFile RenderPageStatus(std::span<const NightSummary> nights, UtcTime as_of, std::chrono::seconds max_age) {
  std::string script = fmt::format("obsmon.status({{lookedAt:{},maxAge:{},nights:{{", Milliseconds(as_of),
                                   std::chrono::milliseconds(max_age).count());
  std::size_t place = 0;
  for (const NightSummary& night : nights) {
    if (!night.changed_at || !MayBeRead(night, place++, as_of)) continue;
    // A page says so at each look that can't read the registry, though what is known of the night stays.
    const bool is_as_known = FactsOf(night).registry_readable;
    fmt::format_to(std::back_inserter(script), "\"{}\":{},", night.night.ToString(),
                   Milliseconds(is_as_known ? *night.changed_at : night.looked_at));
  }
  script += "}});\n";
  return {.name = PageStatusName(), .contents = std::move(script)};
}

}  // namespace obsmon
