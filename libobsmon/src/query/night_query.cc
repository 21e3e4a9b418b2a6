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

/// What `query` begins with, as far as it is to be taken as a whole: a quoted text or name, a comment, or one
/// character.
std::string_view TokenAt(std::string_view query) {
  struct Bounds {
    std::string_view begin;
    std::string_view end;
  };
  static constexpr std::array kWholes = {Bounds{"'", "'"}, Bounds{"\"", "\""}, Bounds{"--", "\n"},
                                         Bounds{"/*", "*/"}};
  for (const Bounds& whole : kWholes) {
    if (!query.starts_with(whole.begin)) continue;
    const std::size_t end = query.find(whole.end, whole.begin.size());
    return end == std::string_view::npos ? query : query.substr(0, end + whole.end.size());
  }
  return query.substr(0, 1);
}

/// The first placeholder in `text`; empty where there is none.
std::string_view PlaceholderIn(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (const auto found = PlaceholderAt(text.substr(at))) return kPlaceholders.at(*found).text;
  }
  return {};
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
      const std::string_view token = TokenAt(query);
      if (const std::string_view quoted = PlaceholderIn(token); token.starts_with('\'') && !quoted.empty()) {
        return absl::InvalidArgumentError(
            fmt::format("{} stands in quotes in the query; take them away, for it is a value already, and "
                        "join it to a text "
                        "with ||: {} || '/%'",
                        quoted, quoted));
      }
      parsed.pieces_.back() += token;
      query.remove_prefix(token.size());
      continue;
    }
    query.remove_prefix(kPlaceholders.at(*placeholder).text.size());
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
