// A hash that is the same in every process and on every machine, for what the history compares. Not for hash
// tables (Abseil's is faster) nor against people who mean harm.
#ifndef OBSMON_SRC_TEXT_DIGEST_H_
#define OBSMON_SRC_TEXT_DIGEST_H_

#include <cstdint>
#include <string_view>

namespace obsmon {

/// FNV-1a of 64 bits (Fowler, Noll, Vo; http://www.isthe.com/chongo/tech/comp/fnv/).
class Digest {
 public:
  Digest& Add(std::string_view bytes) {
    for (const char c : bytes) {
      value_ ^= static_cast<unsigned char>(c);
      value_ *= 0x100000001B3U;
    }
    return *this;
  }
  Digest& Add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      value_ ^= (number >> static_cast<unsigned>(shift)) & 0xFFU;
      value_ *= 0x100000001B3U;
    }
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

/// Of numbers alone, and many: one step a number, in place of FNV's eight. After each, the finalizer of
/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class MixedDigest {
 public:
  MixedDigest& Add(std::uint64_t number) {
    value_ += number + 0x9E3779B97F4A7C15U;
    value_ = (value_ ^ (value_ >> 30U)) * 0xBF58476D1CE4E5B9U;
    value_ = (value_ ^ (value_ >> 27U)) * 0x94D049BB133111EBU;
    value_ ^= value_ >> 31U;
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_TEXT_DIGEST_H_
