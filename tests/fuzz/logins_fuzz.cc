// db-auth.yaml, and its JSON in the environment; what it says of a password is in no error.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "fuzz_folder.h"
#include "postgres/logins.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder folder;
  constexpr const char* kUri = "postgresql://reader@db.example.org:5432/lsstdb1";
  const std::filesystem::path file = folder.Put("db-auth.yaml", data, size);
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string text(data, data + size);
  for (const obsmon::DatabaseLogins& logins :
       {obsmon::DatabaseLogins{.file = file}, obsmon::DatabaseLogins{.credentials = text}}) {
    const auto login = obsmon::postgres::LoginFor(kUri, logins);
    if (!login.ok() && login.status().message().find("SECRET") != std::string::npos) std::abort();
  }
  return 0;
}
