// The wrapper of libpq, on a real server.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "obsmon/check.h"
#include "obsmon/monitor.h"
#include "postgres/postgres.h"
#include "postgres/test_database.h"
#include "postgres/uri.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon::postgres {
namespace {

using testing::_;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Limits kPatient{.silence = std::chrono::seconds{60}};
const Limits kImpatient{.silence = std::chrono::milliseconds{300}};

std::unique_ptr<Connection> Connect(const TestDatabase& database, const Limits& limits = kPatient) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open({.uri = database.uri()}, limits);
  EXPECT_THAT(connection, IsOk());
  return *std::move(connection);
}

/// A server that takes connections, and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { Close(); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  /// Now nobody listens at its port.
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  /// How many have come since the last call.
  int NumClients() const {
    int num_clients = 0;
    for (;; ++num_clients) {
      const int client = accept4(socket_, nullptr, nullptr, 0);
      if (client < 0) return num_clients;
      close(client);
    }
  }
  std::string uri() const { return fmt::format("postgresql://rubin:sesame@127.0.0.1:{}/lsst", port_); }

 private:
  int socket_;
  int port_ = 0;
};

TEST(PostgresConnection, GivesColumnsAndRowsWithTheirTypes) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Rows> rows,
      connection->Query(
          "SELECT 'a/b.fits'::text AS path, -5::int8 AS big, 7::int2 AS small, true AS yes, NULL::text AS "
          "nothing, '' AS empty, '2020-05-01 12:34:56.789'::timestamp AS time, "
          "'2020-05-01 12:34:56.789-04'::timestamptz AS zoned, '1999-12-31'::date AS day, "
          "'infinity'::timestamp AS never"));
  ASSERT_EQ(rows->columns().size(), 10U);
  EXPECT_EQ(rows->columns()[0].name, "path");
  EXPECT_TRUE(rows->columns()[0].IsText());
  EXPECT_FALSE(rows->columns()[1].IsText());
  EXPECT_TRUE(rows->columns()[6].IsTime());
  EXPECT_THAT(rows->Step(), IsOkAndHolds(true));
  EXPECT_EQ(rows->Text(0), "a/b.fits");
  EXPECT_EQ(rows->Int(1), -5);
  EXPECT_EQ(rows->Int(2), 7);
  EXPECT_EQ(rows->Int(3), 1);
  EXPECT_TRUE(rows->IsNull(4));
  EXPECT_FALSE(rows->IsNull(5));
  EXPECT_EQ(rows->Time(6), Utc("2020-05-01T12:34:56") + std::chrono::milliseconds{789});
  EXPECT_EQ(rows->Time(7), Utc("2020-05-01T16:34:56") + std::chrono::milliseconds{789});
  EXPECT_EQ(rows->Time(8), Utc("1999-12-31T00:00:00"));
  EXPECT_EQ(rows->Time(9), std::nullopt);
  EXPECT_THAT(rows->Step(), IsOkAndHolds(false));
  EXPECT_THAT(rows->Step(), IsOkAndHolds(false));
}

TEST(PostgresConnection, BindsValuesAndKnowsTheColumnsOfAnEmptyResult) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute("CREATE TABLE file (path text, night int); INSERT INTO file VALUES ('it''s', 20200501)");
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  const std::vector<Value> found = {std::string_view("it's"), std::int64_t{20200501}};
  {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Rows> rows,
                         connection->Query("SELECT path FROM file WHERE path = $1 AND night = $2", found));
    EXPECT_THAT(rows->Step(), IsOkAndHolds(true));
    EXPECT_THAT(rows->Step(), IsOkAndHolds(false));
  }
  const std::vector<Value> absent = {std::string_view("'; DROP TABLE file; --"), std::int64_t{20200501}};
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Rows> rows,
                       connection->Query("SELECT path FROM file WHERE path = $1 AND night = $2", absent));
  EXPECT_EQ(rows->columns().size(), 1U);
  EXPECT_THAT(rows->Step(), IsOkAndHolds(false));
}

TEST(PostgresConnection, SeesOneStateAllAlong) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute("CREATE TABLE file (path text); INSERT INTO file VALUES ('a')");
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  for (int look = 0; look < 2; ++look) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Rows> rows, connection->Query("SELECT count(*) FROM file"));
    ASSERT_THAT(rows->Step(), IsOkAndHolds(true));
    EXPECT_EQ(rows->Int(0), 1);
    EXPECT_THAT(rows->Step(), IsOkAndHolds(false));
    database.Execute("INSERT INTO file VALUES ('b')");
  }
}

TEST(PostgresConnection, CanChangeNothing) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute("CREATE TABLE file (path text)");
  for (const char* const sql : {"INSERT INTO file VALUES ('x')", "DROP TABLE file",
                                "WITH new AS (INSERT INTO file VALUES ('x') RETURNING path) "
                                "SELECT path FROM new"}) {
    const std::unique_ptr<Connection> connection = Connect(database);
    ASSERT_THAT(connection->BeginReadOnly(), IsOk());
    EXPECT_THAT(connection->Query(sql),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("in a read-only transaction")));
  }
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  EXPECT_THAT(connection->Query("SELECT 1; DROP TABLE file"),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("multiple commands")));
}

TEST(PostgresConnection, TellsWhatCanNotBeAsked) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  EXPECT_THAT(
      Connect(database)->Query("SELECT path FROM obs_auxtel_files"),
      FailsWith(absl::StatusCode::kFailedPrecondition,
                AllOf(StartsWith("postgresql://obsmon@"), HasSubstr("\"obs_auxtel_files\" does not exist"))));
  EXPECT_THAT(Connect(database)->Query("SELEKT 1"),
              FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("syntax error")));
}

TEST(PostgresConnection, TellsWhichServerIsDown) {
  SilentServer server;
  server.Close();
  EXPECT_THAT(Connection::Open({.uri = server.uri()}, kImpatient),
              FailsWith(absl::StatusCode::kUnavailable,
                        AllOf(StartsWith("postgresql://rubin@127.0.0.1:"), HasSubstr("Connection refused"),
                              Not(HasSubstr("sesame")))));
}

TEST(PostgresConnection, WaitsNoLongerThanItsLimitForAServerThatNeverAnswers) {
  const SilentServer server;
  EXPECT_THAT(Connection::Open({.uri = server.uri()}, kImpatient),
              FailsWith(absl::StatusCode::kUnavailable,
                        AllOf(HasSubstr("did not answer within 0.3 s"), Not(HasSubstr("sesame")))));
}

TEST(PostgresConnection, GoesOnToTheNextHostWhereOneIsSilent) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const SilentServer silent;
  const std::string good = database.uri();
  const std::string both = fmt::format("{},{}", silent.uri().substr(0, silent.uri().find("/lsst")),
                                       good.substr(good.find('@') + 1));
  EXPECT_THAT(Connection::Open({.uri = both, .user = "obsmon"}, {.silence = std::chrono::seconds{4}}),
              IsOk());
  EXPECT_EQ(silent.NumClients(), 1);
  EXPECT_THAT(Connection::Open({.uri = both + "?connect_timeout=1", .user = "obsmon"},
                               {.silence = std::chrono::hours{1}}),
              IsOk());
  EXPECT_EQ(silent.NumClients(), 1);
}

TEST(CheckStreams, AsksASilentServerOnceForAllOfItsStreams) {
  const SilentServer silent;
  const SilentServer other;
  std::vector<StreamOutput> streams;
  for (const SilentServer* server : {&silent, &silent, &other, &silent}) {
    streams.push_back({.name = fmt::format("stream {}", streams.size()),
                       .history = {.uri = server->uri(), .busy_timeout = kImpatient.silence}});
  }
  const std::vector<StreamCheck> checks = CheckStreams(streams, Utc("2030-01-01T00:00:00"), {});
  ASSERT_EQ(checks.size(), streams.size());
  for (const StreamCheck& check : checks) {
    EXPECT_EQ(check.state, CheckState::kUnknown);
    EXPECT_THAT(check.sentence, HasSubstr("did not answer within 0.3 s"));
  }
  EXPECT_EQ(silent.NumClients(), 1);
  EXPECT_EQ(other.NumClients(), 1);
}

TEST(PostgresConnection, WhoseTransactionWasEndedForItsSilenceKnowsNothingOfItsServer) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  ASSERT_THAT(connection->Execute("SET LOCAL idle_in_transaction_session_timeout = '1ms'"), IsOk());
  database.Execute(
      "DO $$ BEGIN WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
      " AND pid <> pg_backend_pid()) LOOP PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.01);"
      " END LOOP; END $$");
  EXPECT_THAT(connection->Query("SELECT 1"), FailsWith(absl::StatusCode::kUnavailable, _));
}

TEST(PostgresConnection, WaitsNoLongerThanItsLimitForAStatement) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database, kImpatient);
  EXPECT_THAT(connection->Query("SELECT pg_sleep(600)"),
              FailsWith(absl::StatusCode::kUnavailable, HasSubstr("did not answer within")));
  EXPECT_THAT(connection->Query("SELECT 1"), FailsWith(absl::StatusCode::kUnavailable, HasSubstr("closed")));
}

TEST(PostgresConnection, WaitsNoLongerThanItsLimitForALock) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute("CREATE TABLE file (path text)");
  const std::unique_ptr<Connection> migration = Connect(database);
  ASSERT_THAT(migration->Execute("BEGIN; LOCK TABLE file"), IsOk());
  const std::unique_ptr<Connection> connection = Connect(database, kImpatient);
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  EXPECT_THAT(connection->Query("SELECT path FROM file"), FailsWith(absl::StatusCode::kUnavailable, _));
}

// Else a heavy query that was given up would run on, and the next look would send it once more.
TEST(PostgresConnection, LeavesNoStatementRunningThatItHasGivenUp) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database, {.silence = std::chrono::seconds{2}});
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  EXPECT_THAT(connection->Query("SELECT pg_sleep(600)"), FailsWith(absl::StatusCode::kUnavailable, _));
  // By itself the server would end it after a minute.
  database.Execute(
      "DO $$ BEGIN FOR i IN 1..200 LOOP"
      " IF NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
      " AND datname = current_database()) THEN RETURN; END IF;"
      " PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.1);"
      " END LOOP; RAISE EXCEPTION 'it is still running'; END $$");
}

TEST(PostgresConnection, OfAWritersHostThatIsGoneIsEndedByTheServerBeforeLong) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute(fmt::format("CREATE ROLE {}_w LOGIN PASSWORD 'sesame'", database.name()));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Connection> connection,
                       Connection::Open({.uri = database.TcpUri(database.name() + "_w:sesame")}, kPatient));
  ASSERT_THAT(connection->BeginWriting(), IsOk());
  ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Rows> rows,
      connection->Query(
          "SELECT current_setting('tcp_keepalives_idle'), "
          "current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count')"));
  ASSERT_THAT(rows->Step(), IsOkAndHolds(true));
  EXPECT_EQ(rows->Text(0), "30");
  EXPECT_EQ(rows->Text(1), "10");
  EXPECT_EQ(rows->Text(2), "3");
  database.Execute(fmt::format("DROP ROLE {}_w", database.name()));
}

TEST(PostgresConnection, IsAskedByThoseWhoWaitForLongerThanTheServersSettingsCanSay) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database, {.silence = std::chrono::hours{24 * 366}});
  ASSERT_THAT(connection->BeginReadOnly(), IsOk());
  ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<Rows> rows,
      connection->Query("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"));
  ASSERT_THAT(rows->Step(), IsOkAndHolds(true));
  EXPECT_EQ(rows->Text(0), "2147483647ms");
  EXPECT_EQ(rows->Text(1), "2147483647ms");
}

TEST(PostgresConnection, EndsAtOnceWhenToldToStop) {
  const SilentServer server;
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_THAT(
      Connection::Open({.uri = server.uri()}, {.silence = std::chrono::hours{1}, .stop = stop.get_token()}),
      FailsWith(absl::StatusCode::kCancelled, _));
}

TEST(PostgresConnection, TellsThatItsLoginIsRefusedAndNothingOfThePassword) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  database.Execute("CREATE ROLE refused LOGIN PASSWORD 'open'");
  for (const Login& login :
       {Login{.uri = database.TcpUri("refused:sesame")},
        Login{.uri = database.TcpUri("refused") + "?password=sesame"},
        Login{.uri = database.TcpUri("other:x"), .user = "refused", .password = "sesame"}}) {
    EXPECT_THAT(Connection::Open(login, kPatient),
                FailsWith(absl::StatusCode::kUnavailable,
                          AllOf(HasSubstr("password authentication failed for user \"refused\""),
                                Not(HasSubstr("sesame")))));
  }
  EXPECT_THAT(Connection::Open({.uri = database.TcpUri("refused:open")}, kPatient), IsOk());
  database.Execute("DROP ROLE refused");
}

// What a server says is its own: here it quotes a value, elsewhere a pooler or a view of another server's may
// quote a login.
TEST(PostgresConnection, BlotsThePasswordOutOfTheServersOwnWords) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const TempTree tree;
  database.Execute("CREATE ROLE quoted LOGIN PASSWORD 'ses@me'");
  const std::filesystem::path passwords =
      tree.Text("pgpass", fmt::format("127.0.0.1:{}:*:quoted:ses@me\n", TestServer::Get().port));
  std::filesystem::permissions(passwords, std::filesystem::perms(0600));
  for (const Login& login :
       {Login{.uri = database.TcpUri("quoted:ses%40me")},
        Login{.uri = database.TcpUri("quoted"), .password = "ses@me"},
        Login{.uri = database.TcpUri("quoted") + "?passfile=" + Encoded(passwords.string())}}) {
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Connection> connection, Connection::Open(login, kPatient));
    EXPECT_THAT(connection->Query("SELECT 'is ses@me or ses@me'::int"),
                FailsWith(absl::StatusCode::kFailedPrecondition, HasSubstr("\"is *** or ***\"")));
  }
  database.Execute("DROP ROLE quoted");
}

TEST(PostgresConnection, SaysNothingOfAPasswordThatTearsItsUriApart) {
  for (const char* const uri :
       {"postgresql://rubin:ses/ame@127.0.0.1/lsst", "postgresql://rubin:ses?ame@127.0.0.1/lsst",
        "postgresql://rubin:%zzsesame@127.0.0.1/lsst", "postgresql://rubin:[sesame@127.0.0.1/l"}) {
    const absl::Status status = Connection::Open({.uri = uri}, kImpatient).status();
    EXPECT_THAT(std::string(status.message()),
                AllOf(StartsWith("postgresql://"), Not(HasSubstr("ses")), Not(HasSubstr("ame"))))
        << uri;
  }
  EXPECT_THAT(Connection::Open({.uri = "host=127.0.0.1 password=sesame"}, kImpatient),
              FailsWith(absl::StatusCode::kInvalidArgument, Not(HasSubstr("sesame"))));
}

// A password of db-auth.yaml is chosen by what we find in a URI, and sent to whom libpq finds there.
TEST(PostgresConnection, TakesNoUriThatLibpqReadsInAnotherWay) {
  for (const char* const uri :
       {"postgresql://u@127.0.0.1/x@trusted.example/d", "postgresql://127.0.0.1/d@trusted.example"}) {
    EXPECT_THAT(Connection::Open({.uri = uri}, kImpatient),
                FailsWith(absl::StatusCode::kInvalidArgument, HasSubstr("can't take this URI apart")));
  }
}

TEST(PostgresConnection, TellsWhenTheServerIsGoneInTheMiddle) {
  OBSMON_NEEDS_POSTGRES();
  const TestDatabase database;
  const std::unique_ptr<Connection> connection = Connect(database);
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Rows> rows,
                       connection->Query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
  ASSERT_THAT(rows->Step(), IsOkAndHolds(true));
  database.Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
      "pg_backend_pid()");
  absl::StatusOr<bool> row = true;
  while (row.ok() && *row) row = rows->Step();
  EXPECT_THAT(row, FailsWith(absl::StatusCode::kUnavailable, StartsWith("postgresql://obsmon@")));
}

}  // namespace
}  // namespace obsmon::postgres
