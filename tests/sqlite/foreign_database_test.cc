#include "sqlite/foreign_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "sqlite/backoff.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon::sqlite {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kNoWait{0};

// A database with a table t of numbers in a folder "input"; copies go to "copies".
class ForeignDatabaseTest : public testing::Test {
 protected:
  ForeignDatabaseTest() {
    tree_.Folder("input");
    tree_.Folder("copies");
  }

  std::filesystem::path file() const { return tree_ / "input/db"; }
  std::filesystem::path copies() const { return tree_ / "copies"; }

  Connection Writer() const {
    absl::StatusOr<Connection> writer = Connection::Open(file().string(), OpenMode::kReadWrite, kNoWait);
    EXPECT_THAT(writer, IsOk());
    return *std::move(writer);
  }
  void Make(std::string_view sql = "CREATE TABLE t (x); INSERT INTO t VALUES (1)") const {
    EXPECT_THAT(Writer().Execute(sql), IsOk());
  }
  absl::StatusOr<ForeignDatabase> Open(const std::stop_token& stop = {}) const {
    return ForeignDatabase::Open(file(), copies(), stop);
  }

  static std::int64_t CountIn(ForeignDatabase& database) {
    absl::StatusOr<Statement> count = database.connection().Prepare("SELECT count(*) FROM t");
    EXPECT_THAT(count, IsOk());
    EXPECT_TRUE(count->Step().value_or(false));
    return count->Int(0);
  }

  // Opens, counts and closes; expects that the input is as before, and that no copy is left.
  void ExpectRowsWithoutATrace(std::int64_t rows, bool from_copy) const {
    const std::string before = PortraitOf(tree_ / "input");
    {
      absl::StatusOr<ForeignDatabase> database = Open();
      ASSERT_THAT(database, IsOk());
      EXPECT_EQ(CountIn(*database), rows);
      EXPECT_EQ(database->is_copy(), from_copy);
    }
    EXPECT_EQ(PortraitOf(tree_ / "input"), before);
    EXPECT_TRUE(std::filesystem::is_empty(copies()));
  }

  // As a user who may read the input and no more.
  void ExpectRowsOfAReader(std::int64_t rows) const {
    using std::filesystem::perms;
    const auto allow = [this](perms folder, perms files) {
      std::filesystem::permissions(tree_ / "input", folder);
      for (const auto& entry : std::filesystem::directory_iterator(tree_ / "input")) {
        std::filesystem::permissions(entry.path(), files);
      }
    };
    std::filesystem::permissions(copies(), perms::all);
    allow(perms(0555), perms(0444));
    const std::string before = PortraitOf(tree_ / "input");
    {
      const WithoutRoot as_nobody;
      ASSERT_OK_AND_ASSIGN(ForeignDatabase database, Open());
      EXPECT_EQ(CountIn(database), rows);
    }
    EXPECT_EQ(PortraitOf(tree_ / "input"), before);
    EXPECT_TRUE(std::filesystem::is_empty(copies()));
    allow(perms(0755), perms(0644));
  }

  TempTree tree_;
};

// Large enough that the writer's small cache spills: the file holds pages that were never committed.
constexpr std::string_view kUncommittedRows =
    "PRAGMA cache_size = 10; PRAGMA cache_spill = 10; BEGIN;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
    "INSERT INTO t SELECT i FROM n";

TEST_F(ForeignDatabaseTest, IsReadInPlaceWhereNobodyWrites) {
  Make();
  ExpectRowsWithoutATrace(1, false);
}

TEST_F(ForeignDatabaseTest, IsReadInPlaceAtItsCommittedStateWhileAWriterPreparesACommit) {
  Make();
  Connection writer = Writer();
  ASSERT_THAT(writer.Execute("BEGIN; INSERT INTO t VALUES (2)"), IsOk());
  ExpectRowsWithoutATrace(1, false);
  EXPECT_THAT(writer.Execute("COMMIT"), IsOk());
  ExpectRowsWithoutATrace(2, false);
}

TEST_F(ForeignDatabaseTest, IsUnavailableWhileAWriterCommits) {
  Make();
  Connection writer = Writer();
  ASSERT_THAT(writer.Execute(kUncommittedRows), IsOk());
  EXPECT_THAT(Open().status(), FailsWith(absl::StatusCode::kUnavailable, "database is locked"));
}

TEST_F(ForeignDatabaseTest, InWalModeIsReadFromACopyWhileItsWriterLives) {
  Make();
  Connection writer = Writer();
  ASSERT_THAT(writer.Execute("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)"), IsOk());
  ExpectRowsWithoutATrace(2, true);
  EXPECT_THAT(writer.Execute("INSERT INTO t VALUES (3)"), IsOk());
  ExpectRowsWithoutATrace(3, true);
}

TEST_F(ForeignDatabaseTest, InWalModeIsReadFromACopyAfterItsWriterDied) {
  Make();
  InOtherProcess([this] {
    Connection writer = Writer();
    EXPECT_THAT(writer.Execute("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)"), IsOk());
    DieHere();
  });
  ASSERT_TRUE(std::filesystem::exists(tree_ / "input/db-wal"));
  ExpectRowsWithoutATrace(2, true);
  // A copy of the repository made by rsync lacks the index of the log.
  std::filesystem::remove(tree_ / "input/db-shm");
  ExpectRowsWithoutATrace(2, true);
}

TEST_F(ForeignDatabaseTest, InWalModeIsReadFromACopyAfterItsWriterWentInOrder) {
  Make("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  ASSERT_FALSE(std::filesystem::exists(tree_ / "input/db-wal"));
  ExpectRowsWithoutATrace(1, true);
}

TEST_F(ForeignDatabaseTest, WithAHotJournalIsReadFromACopyAtItsCommittedState) {
  Make();
  InOtherProcess([this] {
    Connection writer = Writer();
    EXPECT_THAT(writer.Execute(kUncommittedRows), IsOk());
    DieHere();
  });
  ASSERT_TRUE(std::filesystem::exists(tree_ / "input/db-journal"));
  ASSERT_GT(std::filesystem::file_size(file()), 100'000U);
  ExpectRowsWithoutATrace(1, true);
}

// As on a snapshot or a mirror: neither a journal nor the index of a log can be made beside it.
TEST_F(ForeignDatabaseTest, InAFolderThatMayNotBeWrittenIsReadInEachOfItsStates) {
  const std::filesystem::path log = tree_ / "input/db-wal";
  Make();
  ExpectRowsOfAReader(1);
  InOtherProcess([this] {
    Connection writer = Writer();
    EXPECT_THAT(writer.Execute(kUncommittedRows), IsOk());
    DieHere();
  });
  ASSERT_TRUE(std::filesystem::exists(tree_ / "input/db-journal"));
  ExpectRowsOfAReader(1);
  EXPECT_THAT(Writer().Execute("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)"), IsOk());
  ASSERT_FALSE(std::filesystem::exists(log));
  ExpectRowsOfAReader(2);
  InOtherProcess([this] {
    Connection writer = Writer();
    EXPECT_THAT(writer.Execute("INSERT INTO t VALUES (3)"), IsOk());
    DieHere();
  });
  ASSERT_TRUE(std::filesystem::exists(log));
  ExpectRowsOfAReader(3);
  std::filesystem::remove(tree_ / "input/db-shm");
  ExpectRowsOfAReader(3);
}

TEST_F(ForeignDatabaseTest, ThatIsEmptyIsNeverHandedToSqliteWhichWouldDeleteTheLogBesideIt) {
  tree_.Text("input/db", "");
  tree_.Text("input/db-wal", "what is left of something");
  const std::string before = PortraitOf(tree_ / "input");
  EXPECT_THAT(Open().status(), FailsWith(absl::StatusCode::kFailedPrecondition, "it is empty"));
  EXPECT_EQ(PortraitOf(tree_ / "input"), before);
}

TEST_F(ForeignDatabaseTest, IsFoundThroughALinkWithItsSideFiles) {
  Make();
  InOtherProcess([this] {
    Connection writer = Writer();
    EXPECT_THAT(writer.Execute(kUncommittedRows), IsOk());
    DieHere();
  });
  tree_.Symlink("elsewhere/registry.sqlite3", file());
  ASSERT_OK_AND_ASSIGN(ForeignDatabase database,
                       ForeignDatabase::Open(tree_ / "elsewhere/registry.sqlite3", copies(), {}));
  EXPECT_EQ(CountIn(database), 1);
}

TEST_F(ForeignDatabaseTest, IsCopiedToWhereNobodyElseMayLook) {
  Make("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  ASSERT_OK_AND_ASSIGN(const ForeignDatabase database, Open());
  const std::filesystem::directory_iterator folder(copies());
  EXPECT_EQ(folder->status().permissions(), std::filesystem::perms::owner_all);
}

TEST_F(ForeignDatabaseTest, EndsAStatementThatNeverWouldOnceItIsToldToStop) {
  Make();
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(ForeignDatabase database, Open(stop.get_token()));
  ASSERT_OK_AND_ASSIGN(
      Statement endless,
      database.connection().Prepare(
          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"));
  stop.request_stop();
  EXPECT_THAT(endless.Step().status(), FailsWith(absl::StatusCode::kCancelled, testing::_));
}

TEST_F(ForeignDatabaseTest, IsNoLongerCopiedOnceItIsToldToStop) {
  Make("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  std::filesystem::resize_file(file(), std::uintmax_t{256} << 20U);  // of holes, which cost nothing to read
  std::stop_source stop;
  const std::jthread watcher([&](const std::stop_token& is_over) {
    while (!is_over.stop_requested() && std::filesystem::is_empty(copies())) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_THAT(Open(stop.get_token()).status(), FailsWith(absl::StatusCode::kCancelled, testing::_));
  EXPECT_TRUE(std::filesystem::is_empty(copies()));
  EXPECT_THAT(Open(stop.get_token()).status(), FailsWith(absl::StatusCode::kCancelled, testing::_));
}

TEST_F(ForeignDatabaseTest, IsNeverCopiedIntoItsOwnFolder) {
  Make("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  const std::filesystem::path below = tree_.Folder("input/below");
  const std::string before = PortraitOf(tree_ / "input");
  for (const std::filesystem::path& folder : {tree_ / "input", below}) {
    EXPECT_THAT(ForeignDatabase::Open(file(), folder, {}).status(),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("in its own folder")));
  }
  EXPECT_EQ(PortraitOf(tree_ / "input"), before);
}

TEST_F(ForeignDatabaseTest, ThatCannotBeCopiedSaysWhere) {
  Make("PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
  EXPECT_THAT(ForeignDatabase::Open(file(), tree_ / "absent", {}).status(),
              FailsWith(absl::StatusCode::kResourceExhausted, HasSubstr((tree_ / "absent").string())));
}

TEST_F(ForeignDatabaseTest, IsNotFoundOrNoFile) {
  EXPECT_THAT(Open().status(), FailsWith(absl::StatusCode::kNotFound, testing::_));
  tree_.Folder("input/db");
  EXPECT_THAT(Open().status(), FailsWith(absl::StatusCode::kFailedPrecondition, "it is no regular file"));
}

TEST_F(ForeignDatabaseTest, OfSomebodyElseIsDenied) {
  Make();
  std::filesystem::permissions(file(), std::filesystem::perms::none);
  const WithoutRoot as_nobody;
  EXPECT_THAT(Open().status(), FailsWith(absl::StatusCode::kPermissionDenied, testing::_));
}

TEST_F(ForeignDatabaseTest, HasTheSameTokenUntilSomethingIsCommitted) {
  Make();
  const std::string token = ChangeTokenOf(file());
  EXPECT_NE(token, "");
  EXPECT_EQ(ChangeTokenOf(file()), token);
  // Neither the size nor, within one tick of the clock, the mtime need change; the change counter does.
  const auto mtime = std::filesystem::last_write_time(file());
  ASSERT_THAT(Writer().Execute("UPDATE t SET x = 3"), IsOk());
  std::filesystem::last_write_time(file(), mtime);
  EXPECT_NE(ChangeTokenOf(file()), token);
}

TEST_F(ForeignDatabaseTest, HasAnotherTokenOnceAnotherFileTookItsPlace) {
  Make();
  const std::string token = ChangeTokenOf(file());
  std::filesystem::copy_file(file(), tree_ / "input/copy");
  std::filesystem::last_write_time(tree_ / "input/copy", std::filesystem::last_write_time(file()));
  std::filesystem::rename(tree_ / "input/copy", file());
  EXPECT_NE(ChangeTokenOf(file()), token);
}

TEST_F(ForeignDatabaseTest, HasNoTokenWhileAWriterIsAtWork) {
  Make();
  Connection writer = Writer();
  ASSERT_THAT(writer.Execute("BEGIN; INSERT INTO t VALUES (2)"), IsOk());
  EXPECT_EQ(ChangeTokenOf(file()), "");
  ASSERT_THAT(writer.Execute("COMMIT"), IsOk());
  EXPECT_NE(ChangeTokenOf(file()), "");
}

TEST_F(ForeignDatabaseTest, HasNoTokenWhereThereIsNone) { EXPECT_EQ(ChangeTokenOf(file()), ""); }

TEST_F(ForeignDatabaseTest, InWalModeHasAnotherTokenAfterEveryCommit) {
  Make();
  Connection writer = Writer();
  ASSERT_THAT(writer.Execute("PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)"), IsOk());
  const std::string before = PortraitOf(tree_ / "input");
  const std::string token = ChangeTokenOf(file());
  EXPECT_NE(token, "");
  EXPECT_EQ(ChangeTokenOf(file()), token);
  EXPECT_EQ(PortraitOf(tree_ / "input"), before);
  ASSERT_THAT(writer.Execute("UPDATE t SET x = 5"), IsOk());
  EXPECT_NE(ChangeTokenOf(file()), token);
}

TEST(Backoff, WaitsInAllAsLongAsItMay) {
  Backoff backoff({});
  EXPECT_FALSE(backoff.Wait(milliseconds{0}));
  EXPECT_TRUE(backoff.Wait(milliseconds{2}));   // 1 ms
  EXPECT_TRUE(backoff.Wait(milliseconds{2}));   // another: the step is cut
  EXPECT_FALSE(backoff.Wait(milliseconds{2}));  // they are used up
  EXPECT_TRUE(backoff.Wait(milliseconds{3}));   // but another reason may be worth more
}

TEST(Backoff, WaitsNoMoreOnceItIsTold) {
  std::stop_source stop;
  Backoff backoff(stop.get_token());
  stop.request_stop();
  EXPECT_FALSE(backoff.Wait(std::chrono::hours{1}));
}

}  // namespace
}  // namespace obsmon::sqlite
