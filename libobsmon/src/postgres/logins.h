// Who asks a database, as db-auth.yaml tells: the file in which users of the Butler keep their passwords
// (lsst.utils.db_auth, daf_butler's connectionString.py).
//
//     - url: postgresql://db.example.org:5432/lsst*
//       username: rubin
//       password: …
//
// In a url * and ? stand for what they do in a shell; a part that is left out matches all.
#ifndef OBSMON_SRC_POSTGRES_LOGINS_H_
#define OBSMON_SRC_POSTGRES_LOGINS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "obsmon/database.h"
#include "postgres/postgres.h"

namespace obsmon::postgres {

/// The login for `uri`: with the user and the password of the first entry that matches its hosts (each of
/// them, and as UriParts has them: those that are connected to), their ports and the database, but the URI's
/// own user where it names one. Where none matches, or there is no such file, nothing but the URI: then libpq
/// looks where it looks (PGPASSWORD, ~/.pgpass).
///
/// Errors: kPermissionDenied where others than the file's owner may open it; kFailedPrecondition where it is
/// not such a list; never with anything that stands in it.
absl::StatusOr<Login> LoginFor(std::string_view uri, const DatabaseLogins& logins);

}  // namespace obsmon::postgres

#endif  // OBSMON_SRC_POSTGRES_LOGINS_H_
