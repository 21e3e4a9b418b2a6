// The URI of a PostgreSQL database: what it names, and how it is shown to people, which is never with a
// password.
//
// Here no libpq is needed, so that every build of obsmon can tell such a URI and speak of it.
#ifndef OBSMON_SRC_POSTGRES_URI_H_
#define OBSMON_SRC_POSTGRES_URI_H_

#include <string>
#include <string_view>
#include <vector>

namespace obsmon::postgres {

/// Whether `text` is meant as the URI of a PostgreSQL database: "postgresql://…", "postgres://…", or, as
/// SQLAlchemy writes it, "postgresql+psycopg2://…"; in any case of letters.
bool IsUri(std::string_view text);

/// `uri` as libpq takes it: without SQLAlchemy's "+driver". REQUIRES: IsUri(uri).
std::string WithoutDriver(std::string_view uri);

/// What a URI names, percent-encoding undone; empty where it does not say. A parameter, such as "?host=…",
/// comes before what stands in front of the '?', as libpq has it.
struct UriParts {
  std::string user{};
  std::string password{};
  std::string host{};  ///< what is connected to: a parameter "hostaddr" before a host; of several with commas
  std::string port{};  ///< likewise: of several hosts one each, or one for all
  std::string database{};

  bool operator==(const UriParts&) const = default;
};

/// REQUIRES: IsUri(uri).
UriParts PartsOf(std::string_view uri);

/// The entries of a list of hosts or ports; one that is empty where the list is.
std::vector<std::string> SplitAtCommas(std::string_view list);

/// `text` percent-encoded, to be a part of a URI.
std::string Encoded(std::string_view text);

/// Whether `uri` carries a secret, or may: a password before its host, any parameter that libpq takes a
/// secret from, or a port that is no number, as where the '@' was forgotten.
bool HasSecret(std::string_view uri);

/// `uri` for people: "postgresql://user@host:5432/database", with the parts that PartsOf tells. Its password
/// is left out, and so are all other parameters, for some of them are secrets. Where something is wrong with
/// it rather too much is left out.
std::string ForPeople(std::string_view uri);

}  // namespace obsmon::postgres

#endif  // OBSMON_SRC_POSTGRES_URI_H_
