#include "query/night_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace obsmon {
namespace {

struct Placeholder {
  std::string_view text;
  std::string (*value)(Night night);
};

constexpr std::array kPlaceholders = {
    Placeholder{"{night}", [](Night night) { return night.ToString(); }},
    Placeholder{"{day_obs}", [](Night night) { return night.Compact(); }},
    Placeholder{"{begin}", [](Night night) { return night.ToString() + " 12:00:00"; }},
    Placeholder{"{end}", [](Night night) { return (night + 1).ToString() + " 12:00:00"; }},
};

/// The placeholder that `text` begins with.
std::optional<std::size_t> PlaceholderAt(std::string_view text) {
  const auto* const found = std::ranges::find_if(
      kPlaceholders, [text](const Placeholder& placeholder) { return text.starts_with(placeholder.text); });
  if (found == kPlaceholders.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kPlaceholders.begin());
}

}  // namespace

absl::StatusOr<NightQuery> NightQuery::Parse(std::string_view query) {
  // Many end a query with a semicolon, as the shell wants it.
  while (!query.empty() && std::string_view("; \t\r\n").find(query.back()) != std::string_view::npos) {
    query.remove_suffix(1);
  }
  NightQuery parsed;
  parsed.pieces_.emplace_back();
  while (!query.empty()) {
    const std::optional<std::size_t> placeholder = PlaceholderAt(query);
    if (!placeholder) {
      parsed.pieces_.back() += query.front();
      query.remove_prefix(1);
      continue;
    }
    const std::string_view text = kPlaceholders.at(*placeholder).text;
    query.remove_prefix(text.size());
    if (parsed.pieces_.back().ends_with('\'') && query.starts_with('\'')) {
      return absl::InvalidArgumentError(
          fmt::format("{} stands in quotes in the query; take them away, for it is a value already", text));
    }
    parsed.placeholders_.push_back(*placeholder);
    parsed.pieces_.emplace_back();
  }
  if (parsed.placeholders_.empty()) {
    return absl::InvalidArgumentError(
        "the query does not say where the night goes; write {night} (2020-05-01), {day_obs} (20200501), or "
        "{begin} and "
        "{end} (its noons in UTC) into it");
  }
  return parsed;
}

std::string NightQuery::Sql(char mark) const {
  std::string sql = pieces_.front();
  for (std::size_t i = 1; i < pieces_.size(); ++i) sql += fmt::format("{}{}{}", mark, i, pieces_[i]);
  return sql;
}

std::vector<std::string> NightQuery::ValuesFor(Night night) const {
  std::vector<std::string> values;
  values.reserve(placeholders_.size());
  for (const std::size_t placeholder : placeholders_)
    values.push_back(kPlaceholders.at(placeholder).value(night));
  return values;
}

}  // namespace obsmon
