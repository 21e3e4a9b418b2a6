#include "registry/gen3_postgres.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "postgres/logins.h"
#include "postgres/postgres.h"
#include "postgres/uri.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// $1 is the table, as a SELECT names it, so that it is the one that would be read, whatever kind it is of.
// The views of information_schema leave out what this role may not read, which would then not seem to be
// there, rather than be refused.
constexpr std::string_view kSelectColumns =
    "SELECT attname::text, lower(format_type(atttypid, NULL)) FROM pg_catalog.pg_attribute"
    " WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";

// Without statistics (a database that was restored, and not analysed yet) the planner takes any table for
// small, and would look through all of it for each exposure. With them it goes by indexes of its own accord:
// see Gen3DatasetsSql. All of it ends with the transaction.
constexpr std::string_view kByIndexesAlone =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL jit = off";

/// Runs when it is told to. No statement of the server's is prepared under a name: a pooler may give each
/// transaction another session.
class PostgresStatement final : public Gen3Statement {
 public:
  PostgresStatement(postgres::Connection& connection, std::string_view sql)
      : connection_(connection), sql_(sql) {}

  absl::Status Run(std::span<const BoundValue> values) override {
    rows_.reset();
    OBSMON_ASSIGN_OR_RETURN(rows_, connection_.Query(sql_, values));
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Step() override { return rows_->Step(); }

  bool IsNull(int column) const override { return rows_->IsNull(column); }
  std::int64_t Int(int column) const override { return rows_->Int(column); }
  std::string_view Text(int column) const override { return rows_->Text(column); }

 private:
  postgres::Connection& connection_;
  std::string sql_;
  std::unique_ptr<postgres::Rows> rows_;
};

class PostgresTransaction final : public Gen3Transaction {
 public:
  PostgresTransaction(postgres::Connection& connection, const std::string& schema)
      : connection_(connection), schema_(schema) {}

  absl::StatusOr<std::unique_ptr<Gen3Statement>> Prepare(std::string_view sql) override {
    return std::make_unique<PostgresStatement>(connection_, sql);
  }

  std::string Table(std::string_view name) const override {
    return schema_.empty() ? fmt::format("\"{}\"", name) : fmt::format("\"{}\".\"{}\"", schema_, name);
  }

  absl::StatusOr<SqlColumns> ColumnsOf(std::string_view table) override {
    const std::string name = Table(table);
    const std::array values = {postgres::Value{std::string_view(name)}};
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> rows,
                            connection_.Query(kSelectColumns, values));
    SqlColumns columns;
    for (;;) {
      OBSMON_ASSIGN_OR_RETURN(const bool has_row, rows->Step());
      if (!has_row) return columns;
      columns.emplace(rows->Text(0), rows->Text(1));
    }
  }

  // Every reader sees the state at which its transaction began, and no writer waits for it.
  bool AsksByExposure() const override { return false; }
  absl::Status Pause() override { return absl::OkStatus(); }

 private:
  postgres::Connection& connection_;
  const std::string& schema_;
};

class PostgresDatabase final : public Gen3Database {
 public:
  PostgresDatabase(std::string uri, std::string password, std::string schema, const RegistryOptions& options)
      : uri_(std::move(uri)), password_(std::move(password)), schema_(std::move(schema)), options_(options) {}

  absl::Status Read(absl::FunctionRef<absl::Status(Gen3Transaction&)> read) override {
    OBSMON_ASSIGN_OR_RETURN(postgres::Login login, postgres::LoginFor(uri_, options_.logins));
    if (!login.password && !password_.empty()) login.password = password_;
    OBSMON_ASSIGN_OR_RETURN(
        const std::unique_ptr<postgres::Connection> connection,
        postgres::Connection::Open(login, {.silence = options_.busy_timeout, .stop = options_.control.stop}));
    OBSMON_RETURN_IF_ERROR(connection->BeginReadOnly());
    OBSMON_RETURN_IF_ERROR(connection->Execute(kByIndexesAlone));
    PostgresTransaction transaction(*connection, schema_);
    return postgres::WithPlace(read(transaction), *connection);
  }

  // That nothing was committed can't be told, but the digest of the rows can.
  std::string ChangeToken() override { return {}; }

 private:
  std::string uri_;
  std::string password_;
  std::string schema_;
  RegistryOptions options_;
};

// What the URL lacks, filled in from the configuration's other keys.
std::string UriOf(const ButlerConfig& config) {
  const postgres::UriParts parts = postgres::PartsOf(config.database_url);
  std::string uri = config.database_url;
  const auto add = [&uri](std::string_view name, const std::string& given, const std::string& value) {
    if (!given.empty() || value.empty()) return;
    uri += uri.find('?') == std::string::npos ? '?' : '&';
    uri += fmt::format("{}={}", name, postgres::Encoded(value));
  };
  add("host", parts.host, config.host);
  add("port", parts.port, config.port);
  add("user", parts.user, config.username);
  add("dbname", parts.database, config.database);
  return uri;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gen3Database>> MakeGen3Postgres(const ButlerConfig& config,
                                                               const RegistryOptions& options) {
  if (config.database_namespace.find('"') != std::string::npos) {
    return absl::FailedPreconditionError(
        fmt::format("{}: its registry.namespace is no name of a schema", config.file.native()));
  }
  // A password in the URL comes before one beside it, and a login of db-auth.yaml before both.
  const std::string password = postgres::PartsOf(config.database_url).password.empty() ? config.password : "";
  return std::make_unique<PostgresDatabase>(UriOf(config), password, config.database_namespace, options);
}

}  // namespace obsmon
