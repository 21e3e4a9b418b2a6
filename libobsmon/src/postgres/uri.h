// The URI of a PostgreSQL database: what it names, and how it is shown to people, which is never with a
// password.
//
// Here no libpq is needed, so that every build of obsmon can tell such a URI and speak of it.
#ifndef OBSMON_SRC_POSTGRES_URI_H_
#define OBSMON_SRC_POSTGRES_URI_H_

#include <string>
#include <string_view>

namespace obsmon::postgres {

/// Whether `text` is meant as the URI of a PostgreSQL database: "postgresql://…", "postgres://…", or, as
/// SQLAlchemy writes it, "postgresql+psycopg2://…"; in any case of letters.
bool IsUri(std::string_view text);

/// `uri` as libpq takes it: without SQLAlchemy's "+driver". REQUIRES: IsUri(uri).
std::string WithoutDriver(std::string_view uri);

/// What a URI names, percent-encoding undone; empty where it does not say.
struct UriParts {
  std::string user{};
  std::string password{};  ///< of the part before the host, or of a parameter "password"
  std::string host{};      ///< as written; may be several with commas, each with its port
  std::string port{};      ///< of a single host
  std::string database{};
};

/// REQUIRES: IsUri(uri).
UriParts PartsOf(std::string_view uri);

/// `text` percent-encoded, to be a part of a URI.
std::string Encoded(std::string_view text);

/// Whether `uri` carries a secret, or may: a password before its host, any parameter that libpq takes a
/// secret from, or a port that is no number, as where the '@' was forgotten.
bool HasSecret(std::string_view uri);

/// `uri` for people: "postgresql://user@host:5432/database". Its password is left out, and so are all of its
/// parameters, for some of them are secrets. Where something is wrong with it rather too much is left out.
std::string ForPeople(std::string_view uri);

}  // namespace obsmon::postgres

#endif  // OBSMON_SRC_POSTGRES_URI_H_
