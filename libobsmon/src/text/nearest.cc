#include "text/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace obsmon {
namespace {

std::string Folded(std::string_view word) {
  std::string folded(word);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return folded;
}

/// Slips that a reader still recognises the word behind: one in three characters, and two in a short word.
std::size_t SlipsAllowed(std::string_view word) {
  return word.size() < 4 ? 1 : std::max<std::size_t>(2, word.size() / 3);
}

bool IsBeginOrEndOf(std::string_view part, std::string_view word) {
  return part.size() >= 3 && (word.starts_with(part) || word.ends_with(part));
}

}  // namespace

std::size_t EditDistance(std::string_view a, std::string_view b) {
  // Optimal string alignment: the rows of the table for two characters ago, one ago, and now.
  std::vector<std::size_t> two_ago(b.size() + 1);
  std::vector<std::size_t> ago(b.size() + 1);
  std::vector<std::size_t> now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) ago[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = ago[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({replaced, ago[j] + 1, now[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], two_ago[j - 2] + 1);
    }
    std::swap(two_ago, ago);
    std::swap(ago, now);
  }
  return ago[b.size()];
}

std::string_view NearestWord(std::string_view word, std::span<const std::string_view> words) {
  // What someone pastes by accident may be long, and the table below is its length squared.
  constexpr std::size_t kLongestWord = 100;
  if (word.empty() || word.size() > kLongestWord) return {};
  const std::string folded = Folded(word);
  std::string_view nearest;
  // Of those with as few slips the one that is nearest letter by letter.
  std::pair fewest{SlipsAllowed(word) + 1, std::size_t{0}};
  for (const std::string_view candidate : words) {
    const std::string target = Folded(candidate);
    const bool part = IsBeginOrEndOf(folded, target) || IsBeginOrEndOf(target, folded);
    const std::size_t distance = EditDistance(folded, target);
    const std::pair slips{part ? std::min<std::size_t>(1, distance) : distance, distance};
    if (slips < fewest) {
      fewest = slips;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> words) {
  const std::string_view nearest = NearestWord(word, words);
  return nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace obsmon
