// BLAKE2b by OpenSSL's libcrypto, which is opened when the first checksum is asked for. The only file that
// includes its headers.

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>

#include <array>
#include <string>

#include "files/checksum.h"
#include "files/shared_library.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// Of the version whose headers these are: its functions' types are what counts.
#define OBSMON_QUOTED(text) #text
#define OBSMON_LIBCRYPTO_OF(version) "libcrypto.so." OBSMON_QUOTED(version)
#ifdef OPENSSL_SHLIB_VERSION
constexpr const char* kLibcrypto = OBSMON_LIBCRYPTO_OF(OPENSSL_SHLIB_VERSION);
#else
constexpr const char* kLibcrypto = "libcrypto.so." SHLIB_VERSION_NUMBER;  // before OpenSSL 3
#endif
#undef OBSMON_LIBCRYPTO_OF
#undef OBSMON_QUOTED

#define OBSMON_FOR_EACH_LIBCRYPTO_CALL(CALL) \
  CALL(EVP_MD_CTX_new)                       \
  CALL(EVP_MD_CTX_free)                      \
  CALL(EVP_blake2b512)                       \
  CALL(EVP_DigestInit_ex)                    \
  CALL(EVP_DigestUpdate)                     \
  CALL(EVP_DigestFinal_ex)

struct LibcryptoCalls {
  OBSMON_FOR_EACH_LIBCRYPTO_CALL(OBSMON_DECLARE_CALL)
};

absl::StatusOr<LibcryptoCalls> FindLibcryptoCalls() {
  OBSMON_ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::Open(kLibcrypto));
  LibcryptoCalls calls;
  OBSMON_FOR_EACH_LIBCRYPTO_CALL(OBSMON_FIND_CALL)
  return calls;
}

absl::Status Refused() {
  return absl::InternalError("libcrypto gives no BLAKE2b here (has openssl.cnf switched it off?)");
}

class Blake2b final : public ChecksumMaker {
 public:
  explicit Blake2b(const LibcryptoCalls& calls) : calls_(calls), context_(calls_.EVP_MD_CTX_new()) {}
  ~Blake2b() override { calls_.EVP_MD_CTX_free(context_); }
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;

  bool Begin() {
    return context_ != nullptr && calls_.EVP_DigestInit_ex(context_, calls_.EVP_blake2b512(), nullptr) == 1;
  }

  absl::Status Add(std::span<const char> bytes) override {
    return calls_.EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1 ? absl::OkStatus() : Refused();
  }

  absl::StatusOr<Checksum> Finish() override {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (calls_.EVP_DigestFinal_ex(context_, digest.data(), nullptr) != 1) return Refused();
    Checksum checksum = 0;
    for (std::size_t i = 0; i < sizeof checksum; ++i) checksum = checksum << 8U | digest.at(i);
    return checksum;
  }

 private:
  const LibcryptoCalls& calls_;
  EVP_MD_CTX* context_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChecksumMaker>> ChecksumMaker::Make() {
  static const absl::StatusOr<LibcryptoCalls> calls = FindLibcryptoCalls();
  if (!calls.ok()) {
    return absl::UnimplementedError(
        fmt::format("checksums can't be compared without OpenSSL's libcrypto ({}); install it, or leave "
                    "--compare_checksums out",
                    std::string(calls.status().message())));
  }
  auto maker = std::make_unique<Blake2b>(*calls);
  if (!maker->Begin()) return Refused();
  return maker;
}

}  // namespace obsmon
