// Gives a fuzz target the files of its corpus, and what becomes of each of them in the ways in which files
// are damaged: cut off at every 512 bytes, and with single bits turned. No fuzzer is needed; a crash is the
// failure.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t kCut = 512;  // SQLite's smallest page

Bytes Contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t Replay(const Bytes& bytes, std::size_t num_flips) {
  const auto give = [](const Bytes& given) { LLVMFuzzerTestOneInput(given.data(), given.size()); };
  give(bytes);
  std::size_t inputs = 1;
  for (std::size_t size = 0; size < bytes.size(); size += kCut, ++inputs) {
    give(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  std::mt19937 random(20200501);  // always the same
  for (std::size_t flip = 0; flip < num_flips && !bytes.empty(); ++flip, ++inputs) {
    Bytes turned = bytes;
    // One to eight bits, a third of them in the first page, where a database says what it is.
    for (std::size_t bit = random() % 8 + 1; bit > 0; --bit) {
      const std::size_t end = random() % 3 == 0 ? std::min(bytes.size(), kCut) : bytes.size();
      turned[random() % end] ^= static_cast<std::uint8_t>(1U << random() % 8);
    }
    give(turned);
  }
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: replay FLIPS FILE...\n";
    return 2;
  }
  const std::size_t num_flips = std::strtoul(argv[1], nullptr, 10);
  std::size_t inputs = 0;
  for (int i = 2; i < argc; ++i) inputs += Replay(Contents(argv[i]), num_flips);
  std::cout << "replayed " << inputs << " inputs of " << argc - 2 << " files, crashes 0\n";
  return EXIT_SUCCESS;
}
