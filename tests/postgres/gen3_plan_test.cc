// How PostgreSQL goes about the queries for a night of a large Gen3 registry: by indexes, with its statistics
// and without. (What SQLite does: registry/gen3_plan_test.cc.)
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "obsmon/registry.h"
#include "postgres/postgres.h"
#include "postgres/test_database.h"
#include "registry/butler_config.h"
#include "registry/gen3_database.h"
#include "registry/gen3_postgres.h"
#include "registry/gen3_query.h"
#include "registry/gen3_schema.h"
#include "status_macros.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::int64_t kNight = 20250502;
const std::array kNightValues = {BoundValue{std::string_view("LSSTCam")}, BoundValue{kNight},
                                 BoundValue{kNight}};

void Replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
  }
}

// 80,000 datasets in 4 nights: enough to tempt a planner to read tables as a whole (see below).
class Gen3PlanInPostgres : public testing::Test {
 protected:
  void SetUp() override {
    OBSMON_NEEDS_POSTGRES();
    database_ = std::make_unique<TestDatabase>();
    std::string sql = ReadFile(OBSMON_SUPPORT_DIR "/gen3_postgres.sql");
    Replace(sql, ":nights", "4");
    Replace(sql, ":exposures", "100");
    Replace(sql, ":detectors", "200");
    database_->Execute(sql);
  }

  // The steps of the plan for `sql`, as the reader would have it in its transaction.
  absl::StatusOr<std::vector<std::string>> PlanOf(Gen3Transaction& transaction, const std::string& sql) {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Statement> plan, transaction.Prepare("EXPLAIN " + sql));
    OBSMON_RETURN_IF_ERROR(plan->Run(kNightValues));
    std::vector<std::string> steps;
    for (;;) {
      OBSMON_ASSIGN_OR_RETURN(const bool has_row, plan->Step());
      if (!has_row) return steps;
      steps.emplace_back(plan->Text(0));
    }
  }

  // The steps of the plans of the queries for a night's exposures and datasets.
  std::vector<std::string> PlansOfANight() {
    std::vector<std::string> steps;
    const absl::Status read =
        Read([&](Gen3Transaction& transaction, const Gen3Schema& schema) -> absl::Status {
          for (const std::string& sql :
               {Gen3ExposuresSql(transaction),
                Gen3DatasetsSql(transaction, schema, schema.types.front(), Gen3Scope::kNights)}) {
            OBSMON_ASSIGN_OR_RETURN(const std::vector<std::string> plan, PlanOf(transaction, sql));
            steps.insert(steps.end(), plan.begin(), plan.end());
          }
          return absl::OkStatus();
        });
    EXPECT_THAT(read, IsOk());
    return steps;
  }

  absl::Status Read(const std::function<absl::Status(Gen3Transaction&, const Gen3Schema&)>& read) {
    OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Database> database, MakeGen3Postgres(Config(), {}));
    return database->Read([&](Gen3Transaction& transaction) -> absl::Status {
      OBSMON_ASSIGN_OR_RETURN(const Gen3Schema schema, ReadGen3Schema(transaction, Config(), {}));
      return read(transaction, schema);
    });
  }

  ButlerConfig Config() const {
    return {
        .database_url = database_->uri(),
        .datastores = {{.name = "FileDatastore@<butlerRoot>", .records_table = "file_datastore_records"}}};
  }

  std::unique_ptr<TestDatabase> database_;
};

const auto kGoesByIndexes =
    AllOf(Contains(HasSubstr("Index Scan using dataset_tags_00000001_fkidx_instrument_exposure")),
          Contains(HasSubstr("Index Scan using dataset_pkey")), Each(Not(HasSubstr("Seq Scan"))),
          Each(Not(HasSubstr("Hash"))), Each(Not(HasSubstr("Merge"))), Each(Not(HasSubstr("BitmapAnd"))));

TEST_F(Gen3PlanInPostgres, GoesByIndexesThoughAPlainJoinOfTheSameTablesWouldNot) {
  EXPECT_THAT(PlansOfANight(), kGoesByIndexes);

  const std::string plain_join =
      "EXPLAIN SELECT * FROM dataset_tags_00000001 t JOIN dataset d ON d.id = t.dataset_id WHERE "
      "t.instrument "
      "= 'LSSTCam' AND t.exposure IN (SELECT id FROM exposure WHERE day_obs = 20250502)";
  ASSERT_OK_AND_ASSIGN(const auto connection, postgres::Connection::Open({.uri = database_->uri()}, {}));
  ASSERT_OK_AND_ASSIGN(const auto rows, connection->Query(plain_join));
  std::vector<std::string> steps;
  while (rows->Step().value()) steps.emplace_back(rows->Text(0));
  EXPECT_THAT(steps, Contains(HasSubstr("Seq Scan on dataset")));
}

TEST_F(Gen3PlanInPostgres, GoesByIndexesWhereTheServerHasNoStatistics) {
  database_->Execute("DELETE FROM pg_statistic");
  EXPECT_THAT(PlansOfANight(), kGoesByIndexes);
}

TEST_F(Gen3PlanInPostgres, FindsTheNightsDatasetsAndNoOthers) {
  const Night night = Night::Parse("2025-05-02").value();
  ASSERT_THAT(Read([&](Gen3Transaction& transaction, const Gen3Schema& schema) -> absl::Status {
                OBSMON_ASSIGN_OR_RETURN(const Gen3Rows rows,
                                        ReadGen3Rows(transaction, schema, {{night}}, {}));
                EXPECT_THAT(rows.exposures, SizeIs(100));
                EXPECT_THAT(rows.nights.at(night), SizeIs(100 * 200));
                EXPECT_THAT(rows.nights.at(night), Each(testing::Field(&Gen3Row::datastore, 0)));
                return absl::OkStatus();
              }),
              IsOk());
}

TEST_F(Gen3PlanInPostgres, FindsThemAsTheyWereWhenItSaidThatTheyAreFixed) {
  const TempTree tree;
  tree.Text("repo/butler.yaml",
            fmt::format("datastore:\n  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore\n"
                        "registry:\n  db: {}\n",
                        database_->uri()));
  ASSERT_OK_AND_ASSIGN(const auto registry, Registry::Open(tree / "repo"));
  const Night night = Night::Parse("2025-05-02").value();
  int times_fixed = 0;
  ASSERT_OK_AND_ASSIGN(const auto snapshot, registry->Read({{night}}, [&] {
    ++times_fixed;
    database_->Execute("DELETE FROM dataset_tags_00000001");
  }));
  EXPECT_EQ(times_fixed, 1);
  ASSERT_OK_AND_ASSIGN(const NightIngests ingests, snapshot->Ingests(night));
  EXPECT_EQ(ingests.rows.size(), std::size_t{100 * 200});
}

// A table that it may not read is not one that is not there, of which nothing would be known but that no file
// is ingested.
TEST_F(Gen3PlanInPostgres, RefusesATableOfRecordsThatItMayNotRead) {
  const std::string role = database_->name() + "_reader";
  database_->Execute(
      fmt::format("CREATE ROLE {0} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0};"
                  "REVOKE ALL ON file_datastore_records FROM {0}",
                  role));
  ButlerConfig config = Config();
  config.database_url += "?user=" + role;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Gen3Database> database, MakeGen3Postgres(config, {}));
  EXPECT_THAT(database->Read([&](Gen3Transaction& transaction) -> absl::Status {
    OBSMON_ASSIGN_OR_RETURN(const Gen3Schema schema, ReadGen3Schema(transaction, config, {}));
    return ReadGen3Rows(transaction, schema, {{Night::Parse("2025-05-02").value()}}, {}).status();
  }),
              FailsWith(absl::StatusCode::kPermissionDenied,
                        HasSubstr("permission denied for table file_datastore_records")));
  database_->Execute(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", role));
}

// As a replica of a Butler's tables may be.
TEST_F(Gen3PlanInPostgres, ReadsMaterializedViewsInASchema) {
  database_->Execute("CREATE SCHEMA copies; CREATE MATERIALIZED VIEW copies.dataset AS TABLE dataset");
  ButlerConfig config = Config();
  config.database_namespace = "copies";
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Gen3Database> database, MakeGen3Postgres(config, {}));
  EXPECT_THAT(database->Read([](Gen3Transaction& transaction) -> absl::Status {
    OBSMON_ASSIGN_OR_RETURN(const SqlColumns columns, transaction.ColumnsOf("dataset"));
    EXPECT_THAT(columns, testing::ElementsAre(
                             testing::Pair("dataset_type_id", "bigint"), testing::Pair("id", "uuid"),
                             testing::Pair("ingest_date", "bigint"), testing::Pair("run_id", "bigint")));
    EXPECT_THAT(transaction.ColumnsOf("detector"), IsOkAndHolds(testing::IsEmpty()));
    return absl::OkStatus();
  }),
              IsOk());
}

}  // namespace
}  // namespace obsmon
