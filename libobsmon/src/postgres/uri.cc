#include "postgres/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "text/percent.h"

namespace obsmon::postgres {
namespace {

constexpr std::array<std::string_view, 2> kSchemes = {"postgresql", "postgres"};
constexpr std::string_view kAfterScheme = "://";
// What libpq takes a secret from (its documentation, "Parameter Key Words").
constexpr std::array<std::string_view, 2> kSecretParameters = {"password", "sslpassword"};

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, LowerCase, LowerCase);
}

/// The scheme without a driver, and what comes after "://".
struct Split {
  std::string_view scheme{};
  std::string_view rest{};
};

std::optional<Split> SplitScheme(std::string_view text) {
  const std::size_t end = text.find(kAfterScheme);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view scheme = text.substr(0, end);
  scheme = scheme.substr(0, scheme.find('+'));
  for (const std::string_view known : kSchemes) {
    if (EqualIgnoringCase(scheme, known)) return Split{known, text.substr(end + kAfterScheme.size())};
  }
  return std::nullopt;
}

/// The colon before the port of a single host; npos where there is none. An IPv6 address has brackets.
std::size_t PortColon(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  return bracket != std::string_view::npos && colon < bracket ? std::string_view::npos : colon;
}

bool ArePortsNumbers(std::string_view hosts) {
  while (!hosts.empty()) {
    const std::string_view host = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(host.size() + 1, hosts.size()));
    const std::size_t colon = PortColon(host);
    if (colon == std::string_view::npos) continue;
    if (host.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return false;
  }
  return true;
}

/// A URI's pieces, as written.
struct Pieces {
  std::string_view user{};
  std::string_view password{};
  std::string_view hosts{};
  std::string_view database{};
  std::string_view parameters{};
  /// An '@' among the parameters, or a port that is no number, as where the '@' was forgotten: are these a
  /// part of a password?
  bool is_ambiguous = false;
};

// A password that should have been percent-encoded may hold an '@' or a '/'. So the last '@' ends it: libpq
// sees another one in such a URI, but what is shown to people then has nothing of it.
Pieces PiecesOf(std::string_view rest) {
  Pieces pieces;
  if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
    pieces.parameters = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  pieces.is_ambiguous = pieces.parameters.find('@') != std::string_view::npos;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    const std::size_t colon = login.find(':');
    pieces.user = login.substr(0, colon);
    if (colon != std::string_view::npos) pieces.password = login.substr(colon + 1);
  }
  const std::size_t slash = rest.find('/');
  pieces.hosts = rest.substr(0, slash);
  if (slash != std::string_view::npos) pieces.database = rest.substr(slash + 1);
  pieces.is_ambiguous |= !ArePortsNumbers(pieces.hosts);
  return pieces;
}

std::string_view Parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find('&'), parameters.size());
    const std::string_view parameter = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos && EqualIgnoringCase(parameter.substr(0, equals), name)) {
      return parameter.substr(equals + 1);
    }
  }
  return {};
}

std::string OneOf(std::string_view first, std::string_view second) {
  return PercentDecoded(first.empty() ? second : first);
}

}  // namespace

bool IsUri(std::string_view text) { return SplitScheme(text).has_value(); }

std::string WithoutDriver(std::string_view uri) {
  const Split split = SplitScheme(uri).value_or(Split{});
  return std::string(split.scheme).append(kAfterScheme).append(split.rest);
}

UriParts PartsOf(std::string_view uri) {
  const Pieces pieces = PiecesOf(SplitScheme(uri).value_or(Split{}).rest);
  const auto parameter = [&](std::string_view name) { return Parameter(pieces.parameters, name); };
  const bool is_one_host = pieces.hosts.find(',') == std::string_view::npos;
  const std::size_t colon = is_one_host ? PortColon(pieces.hosts) : std::string_view::npos;
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : pieces.hosts.substr(colon + 1);
  return {.user = OneOf(pieces.user, parameter("user")),
          .password = OneOf(pieces.password, parameter("password")),
          .host = OneOf(pieces.hosts.substr(0, colon), parameter("host")),
          .port = OneOf(port, parameter("port")),
          .database = OneOf(pieces.database, parameter("dbname"))};
}

std::string Encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    encoded += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

bool HasSecret(std::string_view uri) {
  const Pieces pieces = PiecesOf(SplitScheme(uri).value_or(Split{}).rest);
  if (pieces.is_ambiguous || !pieces.password.empty()) return true;
  return std::ranges::any_of(
      kSecretParameters, [&](std::string_view name) { return !Parameter(pieces.parameters, name).empty(); });
}

std::string ForPeople(std::string_view uri) {
  const Split split = SplitScheme(uri).value_or(Split{});
  const Pieces pieces = PiecesOf(split.rest);
  std::string shown = std::string(split.scheme).append(kAfterScheme);
  if (pieces.is_ambiguous) return shown.append("…");
  if (!pieces.user.empty()) shown.append(pieces.user).append("@");
  shown.append(pieces.hosts);
  if (!pieces.database.empty()) shown.append("/").append(pieces.database);
  return shown;
}

}  // namespace obsmon::postgres
