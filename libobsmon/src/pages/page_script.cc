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

// An open page is mostly that of the latest night, or of one that is looked at again because of its problems.
constexpr std::size_t kNightsInStatus = 60;

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
  std::size_t shown = 0;
  for (const NightSummary& night : nights) {
    if (!night.changed_at || ++shown > kNightsInStatus) continue;
    // A page says so at each look that can't read the registry, though what is known of the night stays.
    const bool is_as_known = FactsOf(night).registry_readable;
    fmt::format_to(std::back_inserter(script), "\"{}\":{},", night.night.ToString(),
                   Milliseconds(is_as_known ? *night.changed_at : night.looked_at));
  }
  script += "}});\n";
  return {.name = PageStatusName(), .contents = std::move(script)};
}

}  // namespace obsmon
