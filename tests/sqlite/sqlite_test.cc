#include "sqlite/sqlite.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon::sqlite {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::milliseconds kNoWait{0};

Connection Make(const std::filesystem::path& file) {
  absl::StatusOr<Connection> connection = Connection::Open(file.string(), OpenMode::kReadWrite, kNoWait);
  EXPECT_THAT(connection, IsOk());
  return *std::move(connection);
}

// The first row of a query.
Statement FirstRowOf(Connection& connection, std::string_view sql) {
  absl::StatusOr<Statement> statement = connection.Prepare(sql);
  EXPECT_THAT(statement, IsOk());
  EXPECT_TRUE(statement->Step().value_or(false)) << sql;
  return *std::move(statement);
}

TEST(Statement, GivesBackTextWithQuotesNewlinesAndBytesThatAreNoUtf8) {
  const TempTree tree;
  Connection db = Make(tree / "db");
  ASSERT_THAT(db.Execute("CREATE TABLE t (name)"), IsOk());
  const std::string name = "O'Brien \"x\"\n\xFF\xFE; DROP TABLE t";
  ASSERT_OK_AND_ASSIGN(Statement insert, db.Prepare("INSERT INTO t VALUES (?)"));
  ASSERT_THAT(insert.Bind(1, std::string_view(name)).Run(), IsOk());
  ASSERT_THAT(insert.BindBlob(1, name).Run(), IsOk());
  ASSERT_OK_AND_ASSIGN(Statement select, db.Prepare("SELECT name FROM t"));
  for (int row = 0; row < 2; ++row) {
    ASSERT_OK_AND_ASSIGN(const bool has_row, select.Step());
    ASSERT_TRUE(has_row);
    EXPECT_EQ(select.Text(0), name);
  }
}

TEST(Statement, TakesAnEmptyTextForATextEvenWhereItPointsNowhere) {
  const TempTree tree;
  Connection db = Make(tree / "db");
  ASSERT_OK_AND_ASSIGN(Statement select, db.Prepare("SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4)"));
  const std::string_view nowhere;
  select.Bind(1, nowhere).BindNoCopy(2, nowhere).BindBlob(3, nowhere).BindBlobNoCopy(4, nowhere);
  ASSERT_THAT(select.Step(), IsOk());
  EXPECT_EQ(select.Text(0), "text");
  EXPECT_EQ(select.Text(1), "text");
  EXPECT_EQ(select.Text(2), "blob");
  EXPECT_EQ(select.Text(3), "blob");
}

TEST(Statement, GivesTextInUtf8WhateverTheEncodingOfTheDatabase) {
  const TempTree tree;
  Connection db = Make(tree / "db");
  ASSERT_THAT(db.Execute("PRAGMA encoding = 'UTF-16'; CREATE TABLE t (name text);"
                         "INSERT INTO t VALUES ('Ångström')"),
              IsOk());
  EXPECT_EQ(FirstRowOf(db, "SELECT name FROM t").Text(0), "Ångström");
}

TEST(Statement, TellsWholeNumbersFromWhatIsNone) {
  const TempTree tree;
  Connection db = Make(tree / "db");
  const Statement row =
      FirstRowOf(db, "SELECT 3019032200002, '0042', 'HSCA03626000', NULL, '12 ', 1.5, '', -7");
  EXPECT_EQ(row.WholeNumber(0), 3019032200002);
  EXPECT_EQ(row.WholeNumber(1), 42);
  EXPECT_EQ(row.WholeNumber(2), std::nullopt);
  EXPECT_EQ(row.WholeNumber(3), std::nullopt);
  EXPECT_EQ(row.WholeNumber(4), std::nullopt);
  EXPECT_EQ(row.WholeNumber(5), std::nullopt);
  EXPECT_EQ(row.WholeNumber(6), std::nullopt);
  EXPECT_EQ(row.WholeNumber(7), -7);
}

TEST(Connection, TellsWhatIsTheMatterByItsStatus) {
  const TempTree tree;
  EXPECT_THAT(Connection::Open((tree / "absent").string(), OpenMode::kReadOnly, kNoWait),
              FailsWith(absl::StatusCode::kNotFound, StartsWith((tree / "absent").string())));

  tree.Text("text", std::string(4096, 'x'));
  ASSERT_OK_AND_ASSIGN(Connection text,
                       Connection::Open((tree / "text").string(), OpenMode::kReadOnly, kNoWait));
  EXPECT_THAT(text.Prepare("SELECT 1 FROM t"),
              FailsWith(absl::StatusCode::kDataLoss, HasSubstr("not a database")));

  Connection db = Make(tree / "db");
  EXPECT_THAT(db.Prepare("SELECT 1 FROM t"),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("no such table: t")));
}

TEST(Connection, ThatIsReadOnlyWritesNothing) {
  const TempTree tree;
  ASSERT_THAT(Make(tree / "db").Execute("CREATE TABLE t (x)"), IsOk());
  ASSERT_OK_AND_ASSIGN(Connection db, Connection::Open((tree / "db").string(), OpenMode::kReadOnly, kNoWait));
  EXPECT_THAT(db.Execute("INSERT INTO t VALUES (1)"),
              FailsWith(absl::StatusCode::kPermissionDenied, HasSubstr("readonly")));
}

TEST(Connection, OfALockedDatabaseIsUnavailable) {
  const TempTree tree;
  Connection writer = Make(tree / "db");
  ASSERT_THAT(writer.Execute("CREATE TABLE t (x); BEGIN EXCLUSIVE"), IsOk());
  ASSERT_OK_AND_ASSIGN(Connection reader,
                       Connection::Open((tree / "db").string(), OpenMode::kReadOnly, kNoWait));
  EXPECT_THAT(reader.Prepare("SELECT * FROM t"),
              FailsWith(absl::StatusCode::kUnavailable, HasSubstr("locked")));
}

TEST(Connection, WaitsForNobodyOnceItIsToldToStop) {
  const TempTree tree;
  Connection writer = Make(tree / "db");
  ASSERT_THAT(writer.Execute("CREATE TABLE t (x); BEGIN EXCLUSIVE"), IsOk());
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(Connection reader, Connection::Open((tree / "db").string(), OpenMode::kReadOnly,
                                                           std::chrono::hours{1}, stop.get_token()));
  const std::jthread asks_in_a_while([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    stop.request_stop();
  });
  EXPECT_THAT(reader.Prepare("SELECT * FROM t"), FailsWith(absl::StatusCode::kUnavailable, testing::_));
}

TEST(Connection, IsPatientForAWhileWithWhatIsToBeKeptAfterAStop) {
  const TempTree tree;
  Connection other = Make(tree / "db");
  ASSERT_THAT(other.Execute("CREATE TABLE t (x); BEGIN EXCLUSIVE"), IsOk());
  std::stop_source stop;
  stop.request_stop();
  ASSERT_OK_AND_ASSIGN(Connection writer, Connection::Open((tree / "db").string(), OpenMode::kReadWrite,
                                                           std::chrono::hours{1}, stop.get_token()));
  std::jthread lets_go_in_a_while([&other] {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    EXPECT_THAT(other.Execute("COMMIT"), IsOk());
  });
  EXPECT_THAT(writer.Execute("INSERT INTO t VALUES (1)"), IsOk());
  lets_go_in_a_while.join();
  ASSERT_THAT(other.Execute("BEGIN EXCLUSIVE"), IsOk());
  EXPECT_THAT(writer.Execute("INSERT INTO t VALUES (1)"),
              FailsWith(absl::StatusCode::kUnavailable, testing::_));
}

TEST(Connection, GivesTheBytesOfItsFileUpToTheEnd) {
  const TempTree tree;
  Connection db = Make(tree / "db");
  ASSERT_THAT(db.Execute("CREATE TABLE t (x)"), IsOk());
  const std::string file = ReadFile(tree / "db");
  const auto size = static_cast<std::int64_t>(file.size());
  EXPECT_THAT(db.FileSize(), testing::Eq(absl::StatusOr<std::int64_t>(size)));
  EXPECT_EQ(db.ReadFile(0, 16).value(), file.substr(0, 16));
  EXPECT_EQ(db.ReadFile(size - 10, 4096).value(), file.substr(file.size() - 10));
  EXPECT_EQ(db.ReadFile(size, 4096).value(), "");
  EXPECT_EQ(db.ReadFile(size + 1, 4096).value(), "");
}

// Expects that this process has a lock on the file: the kernel tells only others of it.
void ExpectLocked(const std::filesystem::path& path) {
  InOtherProcess([&] {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    EXPECT_EQ(fcntl(fd, F_GETLK, &lock), 0);
    EXPECT_NE(lock.l_type, F_UNLCK);
  });
}

TEST(Connection, ThatReadsTheFileDoesNotDropTheLocksOfItsNeighbours) {
  // What close() does to every POSIX lock that the process has on the file.
  const TempTree tree;
  Connection writer = Make(tree / "db");
  ASSERT_THAT(writer.Execute("CREATE TABLE t (x); BEGIN EXCLUSIVE"), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(Connection reader,
                         Connection::Open((tree / "db").string(), OpenMode::kReadOnly, kNoWait));
    ASSERT_THAT(reader.ReadFile(0, 100), IsOk());
  }
  ExpectLocked(tree / "db");
}

}  // namespace
}  // namespace obsmon::sqlite
