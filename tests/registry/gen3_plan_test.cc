// What a read costs, and whom it holds up: the plans of the queries, and the pauses between them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "registry/butler_config.h"
#include "registry/gen3_database.h"
#include "registry/gen3_query.h"
#include "registry/gen3_schema.h"
#include "registry/gen3_sqlite.h"
#include "sqlite/foreign_database.h"
#include "sqlite/sqlite.h"
#include "status_macros.h"
#include "support/gen3_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// The steps of the plan for `sql`.
absl::StatusOr<std::vector<std::string>> PlanOf(Gen3Transaction& transaction, const std::string& sql) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<Gen3Statement> plan,
                          transaction.Prepare("EXPLAIN QUERY PLAN " + sql));
  OBSMON_RETURN_IF_ERROR(plan->Run({}));
  std::vector<std::string> steps;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool has_row, plan->Step());
    if (!has_row) return steps;
    steps.emplace_back(plan->Text(3));
  }
}

// The steps of all queries for a night's datasets in the repository `repo`.
std::vector<std::string> PlansFor(const std::filesystem::path& repo, const RegistryOptions& options = {}) {
  const absl::StatusOr<ButlerConfig> config = ReadButlerConfig(repo / "butler.yaml");
  EXPECT_THAT(config, IsOk());
  std::vector<std::string> steps;
  const absl::Status read =
      MakeGen3Sqlite(SqliteFileOf(*config).value(), options)
          ->Read([&](Gen3Transaction& transaction) -> absl::Status {
            OBSMON_ASSIGN_OR_RETURN(const Gen3Schema schema, ReadGen3Schema(transaction, *config, options));
            for (const Gen3TypeGroup& group : schema.types) {
              OBSMON_ASSIGN_OR_RETURN(
                  const std::vector<std::string> plan,
                  PlanOf(transaction, Gen3DatasetsSql(transaction, schema, group, Gen3Scope::kExposure)));
              steps.insert(steps.end(), plan.begin(), plan.end());
            }
            OBSMON_ASSIGN_OR_RETURN(const std::vector<std::string> plan,
                                    PlanOf(transaction, Gen3ExposuresSql(transaction)));
            steps.insert(steps.end(), plan.begin(), plan.end());
            return absl::OkStatus();
          });
  EXPECT_THAT(read, IsOk());
  return steps;
}

const auto kScansNothing = AllOf(Not(SizeIs(0)), Each(Not(StartsWith("SCAN"))),
                                 Each(Not(HasSubstr("AUTOMATIC"))), Each(Not(HasSubstr("TEMP B-TREE"))));

TEST(Gen3Plan, ScansNoTableWhicheverCollectionsAreAskedFor) {
  for (const int universe : {5, 7}) {
    const TempTree tree;
    Gen3Builder builder(tree, "repo", {.universe = universe});
    const std::string id = builder.Dataset({.path = "a.fits"});
    builder.Tag(id, "good");
    builder.Close();
    EXPECT_THAT(PlansFor(tree / "repo"), kScansNothing);
    EXPECT_THAT(PlansFor(tree / "repo", {.collections = {"good"}}), kScansNothing);
  }
}

TEST(Gen3Plan, ScansNoTableOfARepositoryThatTheButlerMade) {
  const std::filesystem::path repo =
      std::filesystem::path(OBSMON_REAL_REPOSITORIES) / "gen3" / "lsstcam-embargo";
  if (!std::filesystem::exists(repo)) {
    GTEST_SKIP() << "the real repositories are not beside the checkout, in " << OBSMON_REAL_REPOSITORIES;
  }
  EXPECT_THAT(PlansFor(repo), kScansNothing);
}

TEST(Gen3Plan, FindsANightByItsIndexWhereThereIsOne) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo", {.universe = 7});
  builder.Dataset({.path = "a.fits"});
  EXPECT_THAT(PlansFor(builder.Close()), testing::Contains(HasSubstr("exposure_fkidx_instrument_day_obs")));
}

// --- writers

sqlite::Connection Writer(const std::filesystem::path& file) {
  absl::StatusOr<sqlite::Connection> writer =
      sqlite::Connection::Open(file.string(), sqlite::OpenMode::kReadWrite, std::chrono::milliseconds{0});
  EXPECT_THAT(writer, IsOk());
  return *std::move(writer);
}

TEST(Gen3Pause, LetsAWriterCommitWhoWasHeldUpAndSeesWhatItWrote) {
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  const std::filesystem::path file = builder.Close() / "gen3.sqlite3";
  ASSERT_OK_AND_ASSIGN(sqlite::ForeignDatabase database, sqlite::ForeignDatabase::Open(file, "/tmp", {}));
  ASSERT_OK_AND_ASSIGN(sqlite::Statement count,
                       database.connection().Prepare("SELECT count(*) FROM instrument"));
  ASSERT_TRUE(count.Step().value());
  EXPECT_EQ(count.Int(0), 0);
  count.Reset();

  sqlite::Connection writer = Writer(file);
  ASSERT_THAT(writer.Execute("BEGIN IMMEDIATE; INSERT INTO instrument VALUES ('LSSTCam', '')"), IsOk());
  EXPECT_THAT(writer.Execute("COMMIT"), FailsWith(StatusCode::kUnavailable, testing::_));
  // Whoever waits with a commit is let in first.
  EXPECT_THAT(database.Renew(), FailsWith(StatusCode::kUnavailable, testing::_));
  EXPECT_THAT(writer.Execute("COMMIT"), IsOk());
  ASSERT_THAT(database.Renew(), IsOk());
  ASSERT_TRUE(count.Step().value());
  EXPECT_EQ(count.Int(0), 1);
}

// A night of so many datasets takes many times as long as that after which the reader pauses.
TEST(Gen3Pause, ComesWhileALargeNightIsReadAndLosesNothing) {
  constexpr int kExposures = 400;
  const TempTree tree;
  Gen3Builder builder(tree, "repo");
  builder.Dataset({.path = "a.fits"});
  builder.Sql(fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
      "INSERT INTO exposure (instrument, id, day_obs, obs_id) SELECT 'LSSTCam', 2025050100000 + i, 20250501, "
      "printf('MC_O_20250501_%06d', i) FROM n",
      kExposures));
  builder.Sql(
      "WITH RECURSIVE k(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM k WHERE j < 100) "
      "INSERT INTO dataset_tags_00000001 SELECT 1, printf('%016d%016d', e.id, j), 1, 'LSSTCam', j, e.id "
      "FROM exposure e, k WHERE e.id > 2025050100001");
  builder.Sql(
      "INSERT INTO dataset SELECT dataset_id, 1, 1746129637000000000, 1 FROM dataset_tags_00000001 WHERE "
      "detector <= "
      "100;"
      "INSERT INTO dataset_location SELECT 'FileDatastore@<butlerRoot>', dataset_id FROM "
      "dataset_tags_00000001 WHERE "
      "detector <= 100;"
      "INSERT INTO file_datastore_records SELECT dataset_id, 'x/' || dataset_id || '.fits', '', '', "
      "'__NULL_STRING__', NULL, 1 FROM dataset_tags_00000001 WHERE detector <= 100");
  builder.Close();
  ASSERT_OK_AND_ASSIGN(const ButlerConfig config, ReadButlerConfig(tree / "repo/butler.yaml"));

  // The real transaction, and how often it paused.
  class Counting final : public Gen3Transaction {
   public:
    explicit Counting(Gen3Transaction& real) : real_(real) {}
    absl::StatusOr<std::unique_ptr<Gen3Statement>> Prepare(std::string_view sql) override {
      return real_.Prepare(sql);
    }
    std::string Table(std::string_view name) const override { return real_.Table(name); }
    absl::StatusOr<SqlColumns> ColumnsOf(std::string_view table) override { return real_.ColumnsOf(table); }
    bool AsksByExposure() const override { return real_.AsksByExposure(); }
    absl::Status Pause() override {
      ++pauses;
      return real_.Pause();
    }
    int pauses = 0;

   private:
    Gen3Transaction& real_;
  };
  std::size_t num_rows = 0;
  int pauses = 0;
  const Night night = Night::Parse("2025-05-01").value();
  ASSERT_THAT(
      MakeGen3Sqlite(tree / "repo/gen3.sqlite3", {})->Read([&](Gen3Transaction& real) -> absl::Status {
        Counting transaction(real);
        OBSMON_ASSIGN_OR_RETURN(const Gen3Schema schema, ReadGen3Schema(transaction, config, {}));
        OBSMON_ASSIGN_OR_RETURN(const Gen3Rows rows, ReadGen3Rows(transaction, schema, {{night}}, {}));
        num_rows = rows.nights.at(night).size();
        pauses = transaction.pauses;
        return absl::OkStatus();
      }),
      IsOk());
  EXPECT_EQ(num_rows, 1U + (kExposures - 1) * 100);
  EXPECT_GT(pauses, 0);
}

}  // namespace
}  // namespace obsmon
