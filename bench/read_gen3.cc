// obsmon_read_gen3 REPO NIGHT         reads the rows of a night, and prints how many there are and how long
// it took obsmon_read_gen3 REPO NIGHT --sql   prints the same query, for the sqlite3 shell or psql
//
// The files behind the rows are not looked at.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/uri.h"
#include "registry/butler_config.h"
#include "registry/gen3_postgres.h"
#include "registry/gen3_query.h"
#include "registry/gen3_schema.h"
#include "registry/gen3_sqlite.h"
#include "status_macros.h"

namespace {

using namespace obsmon;

void Replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// Of SQLite obsmon asks for an exposure at a time; the shell gets them all at once.
std::string SqlOf(const Gen3Transaction& transaction, const Gen3Schema& schema, const Gen3TypeGroup& group) {
  if (!transaction.AsksByExposure()) {
    return Gen3DatasetsSql(transaction, schema, group, Gen3Scope::kNights);
  }
  std::string sql = Gen3DatasetsSql(transaction, schema, group, Gen3Scope::kExposure);
  Replace(sql, "= $2",
          fmt::format(
              "IN (SELECT e.id FROM {} e WHERE e.instrument = $1 AND e.day_obs >= $2 AND e.day_obs <= $3)",
              transaction.Table("exposure")));
  return sql;
}

void PrintSql(const Gen3Transaction& transaction, const Gen3Schema& schema, Night night) {
  for (const Gen3TypeGroup& group : schema.types) {
    std::string sql = SqlOf(transaction, schema, group);
    Replace(sql, "$1", "'" + schema.instrument + "'");
    Replace(sql, "$2", std::to_string(night.yyyymmdd()));
    Replace(sql, "$3", std::to_string(night.yyyymmdd()));
    std::puts((sql + ";").c_str());
  }
}

absl::StatusOr<std::unique_ptr<Gen3Database>> DatabaseOf(const ButlerConfig& config) {
  if (postgres::IsUri(config.database_url)) return MakeGen3Postgres(config, {});
  OBSMON_ASSIGN_OR_RETURN(const std::filesystem::path file, SqliteFileOf(config));
  return MakeGen3Sqlite(file, {});
}

absl::Status Run(const std::filesystem::path& repo, std::string_view day, bool print_sql) {
  OBSMON_ASSIGN_OR_RETURN(const Night night, Night::Parse(day));
  OBSMON_ASSIGN_OR_RETURN(const ButlerConfig config,
                          ReadButlerConfig(std::filesystem::absolute(repo) / "butler.yaml"));
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Database> database, DatabaseOf(config));
  return database->Read([&](Gen3Transaction& transaction) -> absl::Status {
    OBSMON_ASSIGN_OR_RETURN(const Gen3Schema schema, ReadGen3Schema(transaction, config, {}));
    if (print_sql) {
      PrintSql(transaction, schema, night);
      return absl::OkStatus();
    }
    const auto began = std::chrono::steady_clock::now();
    OBSMON_ASSIGN_OR_RETURN(const Gen3Rows rows, ReadGen3Rows(transaction, schema, {{night}}, {}));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::fputs(fmt::format("{} rows in {:.3f} s\n", rows.nights.at(night).size(), took.count()).c_str(),
               stderr);
    return absl::OkStatus();
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: obsmon_read_gen3 REPO NIGHT [--sql]\n", stderr);
    return 2;
  }
  const absl::Status status = Run(argv[1], argv[2], argc > 3 && std::string_view(argv[3]) == "--sql");
  if (status.ok()) return 0;
  std::fputs((std::string(status.message()) + "\n").c_str(), stderr);
  return 1;
}
