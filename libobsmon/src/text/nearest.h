// The word that someone meant who wrote another. Private to the parts that read what people write.
#ifndef OBSMON_SRC_TEXT_NEAREST_H_
#define OBSMON_SRC_TEXT_NEAREST_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace obsmon {

/// The least number of characters put in, taken out, replaced, or swapped with a neighbour that turn `a` into
/// `b`.
std::size_t EditDistance(std::string_view a, std::string_view b);

/// The word of `words` that `word` most probably stands for: one that it begins or ends, else the one with
/// the fewest slips; of several the one nearest letter by letter. Empty where none is near enough to be worth
/// a person's time. Case, and - for _, are no slips.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> words);

/// "; did you mean 'input_dir'?" for a message, or nothing where no word is near.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> words);

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_NEAREST_H_
