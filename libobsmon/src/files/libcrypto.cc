// BLAKE2b by OpenSSL's libcrypto, which libpq brings along where PostgreSQL is read. The only file that
// includes its headers.

#include <openssl/evp.h>

#include <array>

#include "files/checksum.h"

namespace obsmon {
namespace {

absl::Status Refused() {
  return absl::InternalError("libcrypto gives no BLAKE2b here (has openssl.cnf switched it off?)");
}

class Blake2b final : public ChecksumMaker {
 public:
  Blake2b() : context_(EVP_MD_CTX_new()) {}
  ~Blake2b() override { EVP_MD_CTX_free(context_); }
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;

  bool Begin() { return context_ != nullptr && EVP_DigestInit_ex(context_, EVP_blake2b512(), nullptr) == 1; }

  absl::Status Add(std::span<const char> bytes) override {
    return EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1 ? absl::OkStatus() : Refused();
  }

  absl::StatusOr<Checksum> Finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (EVP_DigestFinal_ex(context_, digest.data(), nullptr) != 1) return Refused();
    Checksum checksum = 0;
    for (std::size_t i = 0; i < sizeof checksum; ++i) checksum = checksum << 8U | digest.at(i);
    return checksum;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChecksumMaker>> ChecksumMaker::Make() {
  auto maker = std::make_unique<Blake2b>();
  if (!maker->Begin()) return Refused();
  return maker;
}

}  // namespace obsmon
