#include "transfers/observation_type.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "files/descriptor.h"

namespace obsmon {
namespace {

constexpr std::size_t kCardBytes = 80;  // FITS standard 4.0, 3.3
constexpr std::size_t kBlockBytes = 36 * kCardBytes;
constexpr std::size_t kMostBlocks = 64;  // LSSTCam's first header has a dozen

// The surest first.
constexpr std::array<std::string_view, 4> kKeywords = {"OBSTYPE ", "IMGTYPE ", "IMAGETYP", "IMGTYP  "};

// The text of a card "KEYWORD = 'TEXT    ' / comment"; empty where it has another value.
std::string_view TextOfCard(std::string_view card) {
  const std::size_t begin = card.find_first_not_of(' ', 10);
  if (card.substr(8, 2) != "= " || begin == std::string_view::npos || card[begin] != '\'') return {};
  const std::string_view text = card.substr(begin + 1, card.find('\'', begin + 1) - begin - 1);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool HasEnd(std::string_view block) {
  for (std::size_t at = 0; at + kCardBytes <= block.size(); at += kCardBytes) {
    if (block.substr(at, 8) == "END     ") return true;
  }
  return false;
}

}  // namespace

std::string ObservationTypeInWords(std::string_view type) {
  std::string word = absl::AsciiStrToLower({type.data(), type.size()});
  if (word == "object" || word == "skyexp") return "science";
  if (word == "unknown" || word.find('?') != std::string::npos) return {};
  return word;
}

std::string ObservationTypeIn(std::string_view header) {
  if (!header.starts_with("SIMPLE  =")) return {};
  std::array<std::string_view, kKeywords.size()> found{};
  for (std::size_t at = 0; at + kCardBytes <= header.size(); at += kCardBytes) {
    const std::string_view card = header.substr(at, kCardBytes);
    if (card.starts_with("END     ")) break;
    const auto* keyword = std::ranges::find(kKeywords, card.substr(0, 8));
    if (keyword == kKeywords.end()) continue;
    found.at(static_cast<std::size_t>(keyword - kKeywords.begin())) = TextOfCard(card);
  }
  const auto* type = std::ranges::find_if(found, [](std::string_view text) { return !text.empty(); });
  return type == found.end() ? std::string() : ObservationTypeInWords(*type);
}

std::string ReadObservationType(const std::filesystem::path& file) {
  // Should a pipe have taken the file's place, nobody waits for its writer.
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  if (opened.get() < 0) return {};
  std::string header;
  for (std::size_t block = 0; block < kMostBlocks; ++block) {
    header.resize(header.size() + kBlockBytes);
    const std::size_t begin = block * kBlockBytes;
    const ssize_t got = read(opened.get(), header.data() + begin, kBlockBytes);
    header.resize(begin + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (header.size() < begin + kBlockBytes || HasEnd(std::string_view(header).substr(begin))) break;
  }
  return ObservationTypeIn(header);
}

}  // namespace obsmon
