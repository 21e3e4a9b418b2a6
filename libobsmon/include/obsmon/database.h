// What an observatory's own database is asked, and who asks.
//
// Threads: values.
#ifndef OBSMON_DATABASE_H_
#define OBSMON_DATABASE_H_

#include <filesystem>
#include <string>

namespace obsmon {

/// Where the passwords of database servers are looked up, before libpq looks in its own places (PGPASSWORD,
/// ~/.pgpass). The library reads no environment: whoever does gives its variables here.
struct DatabaseLogins {
  /// LSST_DB_AUTH_CREDENTIALS: a JSON list of logins, each with url, username and password; where given, the
  /// file is not read.
  std::string credentials{};
  /// LSST_DB_AUTH: the same as YAML. Empty: ~/.lsst/db-auth.yaml. It may be absent; it may not be open to
  /// others.
  std::filesystem::path file{};
  /// HOME: what a ~ at the beginning of `file` stands for. Empty: the home that the system has for the user
  /// who runs this.
  std::filesystem::path home{};
};

/// A query of an observatory's own, to a database of its own.
struct SqlQuery {
  /// "postgresql://[user@]host[:port]/database[?sslmode=…]", or "sqlite:///relative.sqlite3",
  /// "sqlite:////absolute". Without a password; what is not given libpq takes from its own places, so that
  /// "postgresql://" alone stands for the variables PGHOST, PGDATABASE, ….
  std::string uri{};
  /// One statement that reads; who asks tells which columns it gives. In it {night} stands for the night as
  /// "2020-05-01", {day_obs} for 20200501, {begin} and {end} for its noons in UTC. They are values: no quotes
  /// around them; in SQLite texts, so that a calculated number needs CAST({day_obs} AS INTEGER) beside it.
  /// One of them must be there.
  std::string query{};

  bool IsGiven() const { return !uri.empty() || !query.empty(); }
};

}  // namespace obsmon

#endif  // OBSMON_DATABASE_H_
