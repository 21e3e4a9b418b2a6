#include "postgres/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

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

/// As written; absent where there is none of this name. Of several libpq takes the last, and it undoes the
/// percent-encoding of names too.
std::optional<std::string_view> Parameter(std::string_view parameters, std::string_view name) {
  std::optional<std::string_view> value;
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find('&'), parameters.size());
    const std::string_view parameter = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos &&
        EqualIgnoringCase(PercentDecoded(parameter.substr(0, equals)), name)) {
      value = parameter.substr(equals + 1);
    }
  }
  return value;
}

/// The hosts before the database and their ports, each with commas, as written.
struct Hosts {
  std::string names{};
  std::string ports{};
};

Hosts HostsOf(std::string_view hosts) {
  Hosts found;
  for (bool is_first = true;; is_first = false) {
    const std::size_t end = std::min(hosts.find(','), hosts.size());
    std::string_view host = hosts.substr(0, end);
    std::string_view port;
    if (const std::size_t colon = PortColon(host); colon != std::string_view::npos) {
      port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    found.names.append(is_first ? "" : ",").append(host);
    found.ports.append(is_first ? "" : ",").append(port);
    if (end == hosts.size()) return found;
    hosts.remove_prefix(end + 1);
  }
}

/// A URI's parts, as written. A parameter comes before what stands in front of the '?', as libpq has it: so
/// it is the server that is spoken to that a password is for, and that people are told of.
UriParts WrittenParts(const Pieces& pieces) {
  const auto part = [&](std::string_view name, std::string_view in_front) {
    return std::string(Parameter(pieces.parameters, name).value_or(in_front));
  };
  const Hosts hosts = HostsOf(pieces.hosts);
  UriParts parts{.user = part("user", pieces.user),
                 .password = part("password", pieces.password),
                 .host = part("host", hosts.names),
                 .port = part("port", hosts.ports),
                 .database = part("dbname", pieces.database)};
  // An address goes before a name, which then is but what its certificate must say.
  if (std::string address = part("hostaddr", ""); !address.empty()) parts.host = std::move(address);
  return parts;
}

/// "host:port,host:port", as they would stand before the database.
std::string HostsForPeople(const UriParts& written) {
  const std::vector<std::string> names = SplitAtCommas(written.host);
  const std::vector<std::string> ports = SplitAtCommas(written.port);
  std::string shown;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = PercentDecoded(names[i]);
    if (i > 0) shown += ',';
    shown += name.find(':') == std::string::npos ? Encoded(name) : fmt::format("[{}]", name);
    const std::string& port = ports.size() == 1 ? ports.front() : i < ports.size() ? ports[i] : std::string();
    if (!port.empty()) shown.append(":").append(port);
  }
  return shown;
}

}  // namespace

bool IsUri(std::string_view text) { return SplitScheme(text).has_value(); }

std::string WithoutDriver(std::string_view uri) {
  const Split split = SplitScheme(uri).value_or(Split{});
  return std::string(split.scheme).append(kAfterScheme).append(split.rest);
}

UriParts PartsOf(std::string_view uri) {
  UriParts parts = WrittenParts(PiecesOf(SplitScheme(uri).value_or(Split{}).rest));
  for (std::string* part : {&parts.user, &parts.password, &parts.host, &parts.port, &parts.database}) {
    *part = PercentDecoded(*part);
  }
  return parts;
}

std::vector<std::string> SplitAtCommas(std::string_view list) {
  std::vector<std::string> entries;
  for (;;) {
    const std::size_t end = std::min(list.find(','), list.size());
    entries.emplace_back(list.substr(0, end));
    if (end == list.size()) return entries;
    list.remove_prefix(end + 1);
  }
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
  return std::ranges::any_of(kSecretParameters, [&](std::string_view name) {
    return !Parameter(pieces.parameters, name).value_or("").empty();
  });
}

std::string ForPeople(std::string_view uri) {
  const Split split = SplitScheme(uri).value_or(Split{});
  const Pieces pieces = PiecesOf(split.rest);
  std::string shown = std::string(split.scheme).append(kAfterScheme);
  if (pieces.is_ambiguous) return shown.append("…");
  const UriParts parts = WrittenParts(pieces);
  if (!parts.user.empty()) shown.append(parts.user).append("@");
  shown.append(HostsForPeople(parts));
  if (!parts.database.empty()) shown.append("/").append(parts.database);
  return shown;
}

}  // namespace obsmon::postgres
