// One of the places that include yaml-cpp: its exceptions end here.

#include "postgres/logins.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "files/small_file.h"
#include "postgres/uri.h"
#include "status_macros.h"
#include "text/glob.h"

namespace obsmon::postgres {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

bool MatchesUri(const UriParts& pattern, const UriParts& uri) {
  const auto fits_host = [&](std::string_view host) { return FitsGlob(pattern.host, host); };
  const auto is_port = [&](std::string_view port) { return pattern.port == port; };
  if (!pattern.user.empty() && pattern.user != uri.user) return false;
  // Any of several may be the one that is sent the password.
  if (!pattern.host.empty() && !std::ranges::all_of(SplitAtCommas(uri.host), fits_host)) return false;
  if (!pattern.port.empty() && !std::ranges::all_of(SplitAtCommas(uri.port), is_port)) return false;
  return pattern.database.empty() || FitsGlob(pattern.database, uri.database);
}

/// `?` is an ordinary character in these patterns, and none that parameters begin with.
UriParts PatternParts(std::string url) {
  constexpr char kQuestion = '\x01';
  for (char& c : url) {
    if (c == '?') c = kQuestion;
  }
  UriParts parts = PartsOf(url);
  for (std::string* part : {&parts.user, &parts.host, &parts.port, &parts.database}) {
    for (char& c : *part) {
      if (c == kQuestion) c = '?';
    }
  }
  return parts;
}

absl::Status NoList(std::string_view source) {
  return absl::FailedPreconditionError(
      fmt::format("{}: this is no list of logins, each with url, username and password", source));
}

absl::StatusOr<Login> FindLogin(const YAML::Node& list, std::string_view source, Login login) {
  if (!list.IsSequence()) return NoList(source);
  const UriParts uri = PartsOf(login.uri);
  for (const YAML::Node& entry : list) {
    if (!entry.IsMap() || !entry["url"].IsDefined()) return NoList(source);
    const auto url = entry["url"].as<std::string>();
    if (!IsUri(url) || !MatchesUri(PatternParts(url), uri)) continue;
    if (uri.user.empty() && entry["username"].IsDefined()) login.user = entry["username"].as<std::string>();
    if (entry["password"].IsDefined()) login.password = entry["password"].as<std::string>();
    return login;
  }
  return login;
}

/// Where daf_butler looks.
constexpr std::string_view kDefaultFile = "~/.lsst/db-auth.yaml";

std::filesystem::path HomeOfUser() {
  constexpr std::size_t kRoom = 16'384;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, kRoom> buffer{};
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

/// Empty where it lies in a home that nobody knows.
std::filesystem::path FileOf(const DatabaseLogins& logins) {
  constexpr std::string_view kHome = "~/";
  const std::string file = logins.file.empty() ? std::string(kDefaultFile) : logins.file.native();
  if (!file.starts_with(kHome)) return file;
  const std::filesystem::path home = logins.home.empty() ? HomeOfUser() : logins.home;
  return home.empty() ? home : home / file.substr(kHome.size());
}

/// The text of the file; nothing where there is none.
absl::StatusOr<std::optional<std::string>> ReadSecretFile(const std::filesystem::path& file) {
  struct stat facts {};
  if (file.empty() || stat(file.c_str(), &facts) != 0) return std::nullopt;
  if ((facts.st_mode & kOthers) != 0) {
    return absl::PermissionDeniedError(fmt::format(
        "{0}: others than its owner may open it, and it holds passwords; chmod 600 {0}", file.native()));
  }
  return ReadSmallFile(file);
}

}  // namespace

absl::StatusOr<Login> LoginFor(std::string_view uri, const DatabaseLogins& logins) {
  Login login{.uri = std::string(uri)};
  const UriParts parts = PartsOf(uri);
  if (parts.host.empty() || parts.database.empty()) return login;
  std::string source = "LSST_DB_AUTH_CREDENTIALS";
  std::optional<std::string> text;
  if (!logins.credentials.empty()) {
    text = logins.credentials;
  } else {
    const std::filesystem::path file = FileOf(logins);
    source = file.native();
    OBSMON_ASSIGN_OR_RETURN(text, ReadSecretFile(file));
  }
  if (!text) return login;
  // What yaml-cpp says of a broken file may quote it.
  try {
    return FindLogin(YAML::Load(*text), source, std::move(login));
  } catch (const std::exception&) {
    return NoList(source);
  }
}

}  // namespace obsmon::postgres
