// The history that streams share in a PostgreSQL database. What it has in common with the one in SQLite is
// tested with that: history/any_history_test.cc.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "history/any_history.h"
#include "history/database.h"
#include "history/night_reports.h"
#include "history/postgres_history.h"
#include "history/postgres_schema.h"
#include "obsmon/monitor.h"
#include "obsmon/stream.h"
#include "postgres/postgres.h"
#include "postgres/test_database.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

std::unique_ptr<postgres::Connection> Connect(const TestDatabase& database) {
  return postgres::Connection::Open({.uri = database.uri()}, {}).value();
}

// A column as a script sees it.
std::string TextOf(const postgres::Rows& rows, int column) {
  if (rows.IsNull(column)) return "NULL";
  const postgres::Column& facts = rows.columns()[static_cast<std::size_t>(column)];
  return facts.IsText() ? std::string(rows.Text(column)) : std::to_string(rows.Int(column));
}

std::vector<std::string> LinesOf(const TestDatabase& database, const std::string& sql) {
  const auto connection = Connect(database);
  EXPECT_THAT(connection->Execute("SET search_path = obsmon, pg_catalog"), IsOk());
  const auto rows = connection->Query(sql);
  EXPECT_THAT(rows, IsOk()) << sql;
  std::vector<std::string> lines;
  while (rows.ok() && (*rows)->Step().value()) {
    std::string line;
    for (int i = 0; i < static_cast<int>((*rows)->columns().size()); ++i) {
      line += (i == 0 ? "" : "|") + TextOf(**rows, i);
    }
    lines.push_back(line);
  }
  return lines;
}

class PostgresStore final : public HistoryStore {
 public:
  absl::StatusOr<std::unique_ptr<History>> Open() override { return History::Open(output_); }
  absl::StatusOr<std::unique_ptr<History>> OpenReadOnly() override { return History::OpenReadOnly(output_); }
  std::vector<std::string> Lines(const std::string& sql) override { return LinesOf(database_, sql); }

 private:
  TempTree tree_;
  TestDatabase database_;
  StreamOutput output_{.name = "auxTel", .output_dir = tree_.root(), .history = {.uri = database_.uri()}};
};

std::unique_ptr<HistoryStore> MakePostgresStore() {
  if (TestServer::Get().folder.empty()) return nullptr;
  return std::make_unique<PostgresStore>();
}

INSTANTIATE_TEST_SUITE_P(Postgres, AnyHistory,
                         testing::Values(KindOfHistory{.name = "server", .make = &MakePostgresStore}));

class SharedHistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    OBSMON_NEEDS_POSTGRES();
    database_ = std::make_unique<TestDatabase>();
  }

  StreamOutput Output(std::string_view name = "auxTel") const {
    return {
        .name = std::string(name), .output_dir = tree_.Folder(name), .history = {.uri = database_->uri()}};
  }
  std::vector<std::string> Lines(const std::string& sql) const { return LinesOf(*database_, sql); }
  std::vector<NightSummary> Nights(std::string_view name = "auxTel") const {
    return History::OpenReadOnly(Output(name)).value()->Nights().value();
  }
  static void Put(History& history, const NightReport& report) {
    ASSERT_THAT(history.Begin(), IsOk());
    ASSERT_THAT(history.Put(report, {}), IsOk());
    ASSERT_THAT(history.Commit(), IsOk());
  }
  void PutOnce(std::string_view name, const NightReport& report) const {
    ASSERT_OK_AND_ASSIGN(const auto history, History::Open(Output(name)));
    Put(*history, report);
  }
  // Until nobody holds the lock of stream 1 any more: a server needs a moment to notice that a process is
  // gone.
  void WaitForLock() const {
    database_->Execute(
        fmt::format("BEGIN; SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock({}, 1); ROLLBACK",
                    kAdvisoryLocks));
  }

  TempTree tree_;
  std::unique_ptr<TestDatabase> database_;
};

// Runs `what` in a process of its own; says where it is.
pid_t InAnotherProcess(const std::function<void()>& what) {
  const pid_t child = fork();
  if (child == 0) {
    what();
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  return child;
}

int ExitStatusOf(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST_F(SharedHistoryTest, KeepsStreamsApartAndShowsThemTogether) {
  PutOnce("auxTel", Report(N("2020-05-01"), {{.path = "a.fits"}}));
  PutOnce("comCam", Report(N("2020-05-01"), {{.path = "a.fits"}, {.path = "b.fits"}}));
  PutOnce("comCam", Report(N("2020-05-02"), {}));
  EXPECT_THAT(Nights("auxTel"), SizeIs(1));
  EXPECT_EQ(Nights("auxTel")[0].counts.files, 1);
  EXPECT_THAT(Nights("comCam"), SizeIs(2));
  EXPECT_THAT(Lines("SELECT stream, transfer_path FROM transfer_list ORDER BY 1, 2"),
              ElementsAre("auxTel|a.fits", "comCam|a.fits", "comCam|b.fits"));
  EXPECT_THAT(Lines("SELECT name, output_dir FROM stream ORDER BY 1"),
              ElementsAre("auxTel|" + (tree_ / "auxTel").string(), "comCam|" + (tree_ / "comCam").string()));
}

TEST_F(SharedHistoryTest, IsWrittenByOneRunAStreamWhichIsNamed) {
  ASSERT_OK_AND_ASSIGN(auto first, History::Open(Output("auxTel")));
  EXPECT_THAT(
      History::Open(Output("auxTel")),
      FailsWith(StatusCode::kAborted,
                MatchesRegex(fmt::format("postgresql://.*: stream 'auxTel' is being updated by process {} on "
                                         ".*, since 20..-..-..T..:..:..Z",
                                         getpid()))));
  EXPECT_THAT(History::Open(Output("comCam")), IsOk());
  EXPECT_THAT(History::OpenReadOnly(Output("auxTel")), IsOk());
  first.reset();
  WaitForLock();
  EXPECT_THAT(History::Open(Output("auxTel")), IsOk());
}

TEST_F(SharedHistoryTest, OfARunThatIsKilledInMidTransactionHasTheOldNightWhole) {
  PutOnce("auxTel", Report(N("2020-05-01"), {{.path = "old.fits"}}));
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = InAnotherProcess([&] {
    const auto history = History::Open(Output()).value();
    EXPECT_THAT(history->Begin(), IsOk());
    EXPECT_THAT(history->Put(Report(N("2020-05-01"), {{.path = "new.fits"}}), {}), IsOk());
    EXPECT_EQ(write(ready[1], "x", 1), 1);
    pause();
  });
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("old.fits"));
  kill(child, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(ExitStatusOf(child)));
  WaitForLock();
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("old.fits"));
  PutOnce("auxTel", Report(N("2020-05-01"), {{.path = "newer.fits"}}));
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("newer.fits"));
}

TEST_F(SharedHistoryTest, TakesTwoStreamsFromTwoProcessesAtOnceAlsoThoseThatMakeIt) {
  constexpr int kNights = 10;
  std::vector<pid_t> children;
  for (const std::string_view name : {"auxTel", "comCam"}) {
    children.push_back(InAnotherProcess([&] {
      const auto history = History::Open(Output(name)).value();
      for (int i = 0; i < kNights; ++i) {
        std::vector<ArrivedFile> files;
        for (int file = 0; file < 300; ++file)
          files.push_back({.path = fmt::format("{}/{}.fits", name, file)});
        Put(*history, Report(N("2020-05-01") + i, files));
      }
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(ExitStatusOf(child), 0);
  EXPECT_THAT(
      Lines("SELECT s.name, count(*), count(DISTINCT night) FROM stream s JOIN transfer t ON t.stream = s.id "
            "GROUP BY 1 ORDER BY 1"),
      ElementsAre("auxTel|3000|10", "comCam|3000|10"));
}

TEST_F(SharedHistoryTest, IsNotWrittenByAnotherStreamOfItsName) {
  PutOnce("auxTel", Report(N("2020-05-01"), {{.path = "ours.fits"}}));
  StreamOutput other = Output();
  other.output_dir = tree_.Folder("elsewhere/auxTel");
  EXPECT_THAT(
      History::Open(other),
      FailsWith(StatusCode::kAborted,
                AllOf(HasSubstr("stream 'auxTel' is kept up in " + (tree_ / "auxTel").string() +
                                " (last by process "),
                      HasSubstr("and this is " + (tree_ / "elsewhere/auxTel").string() + " (process "),
                      HasSubstr("overwrite each other. Give one of them another --name"),
                      HasSubstr("taken over 15 min (--max_age) after its last run"))));
  EXPECT_FALSE(std::filesystem::exists(other.output_dir / kPlaceFileName));
  PutOnce("auxTel", Report(N("2020-05-01"), {{.path = "ours too.fits"}}));
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("ours too.fits"));
  other.name = "another name";
  EXPECT_THAT(History::Open(other), IsOk());
}

TEST_F(SharedHistoryTest, IsTakenOverFromAnotherFolderOnceThatHasBeenSilentForLong) {
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  database_->Execute("UPDATE obsmon.stream SET seen_at = now() - interval '16 min'");
  StreamOutput other = Output();
  other.output_dir = tree_.Folder("elsewhere/auxTel");
  ASSERT_THAT(History::Open(other), IsOk());
  WaitForLock();
  // Should it come back, it is the one that is told.
  EXPECT_THAT(History::Open(Output()),
              FailsWith(StatusCode::kAborted, HasSubstr("is kept up in " + other.output_dir.string())));
  database_->Execute("UPDATE obsmon.stream SET seen_at = NULL, place = NULL");  // by an older obsmon
  EXPECT_THAT(History::Open(Output()), IsOk());
}

TEST_F(SharedHistoryTest, GoesOnWhereverItsFolderIsSeenFrom) {
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  WaitForLock();
  StreamOutput output = Output();
  output.output_dir = tree_ / "mounted elsewhere";
  std::filesystem::rename(tree_ / "auxTel", output.output_dir);
  EXPECT_THAT(History::Open(output), IsOk());
  WaitForLock();
  // Half a number, left by a run that was cut off, is none: the folder is then another one.
  tree_.Text("mounted elsewhere/.stream_id", "0123");
  EXPECT_THAT(History::Open(output), FailsWith(StatusCode::kAborted, HasSubstr("is kept up in")));
}

TEST_F(SharedHistoryTest, CanNotBeWrittenByARunThatHasLostItsLockToAnother) {
  ASSERT_OK_AND_ASSIGN(const auto first, History::Open(Output()));
  Put(*first, Report(N("2020-05-01"), {{.path = "first.fits"}}));
  database_->Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 1");
  WaitForLock();
  // Nobody has taken it over yet: nothing is lost.
  Put(*first, Report(N("2020-05-02"), {}));
  ASSERT_OK_AND_ASSIGN(const auto second, History::Open(Output()));
  ASSERT_THAT(first->Begin(), IsOk());
  EXPECT_THAT(first->Put(Report(N("2020-05-01"), {}), {}),
              FailsWith(StatusCode::kAborted, HasSubstr("another run has taken this stream over")));
  EXPECT_THAT(first->Commit(), FailsWith(StatusCode::kFailedPrecondition, HasSubstr("call Begin first")));
  Put(*second, Report(N("2020-05-03"), {}));
  EXPECT_THAT(Nights(), SizeIs(3));
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("first.fits"));
}

// Of a sequence's numbers there is an end.
TEST_F(SharedHistoryTest, TakesANewNumberForANewStreamAlone) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(History::Open(Output("auxTel")), IsOk());
    WaitForLock();
  }
  EXPECT_THAT(History::Open(Output("comCam")), IsOk());
  EXPECT_THAT(Lines("SELECT id, name FROM stream ORDER BY 1"), ElementsAre("1|auxTel", "2|comCam"));
}

TEST_F(SharedHistoryTest, OpensNoTransactionBeforeTheFirstChange) {
  ASSERT_OK_AND_ASSIGN(const auto history, History::Open(Output()));
  ASSERT_THAT(history->Begin(), IsOk());
  EXPECT_THAT(*history->Nights(), IsEmpty());
  // That of the lock alone, which holds no snapshot and no row.
  EXPECT_THAT(
      Lines("SELECT count(*), count(backend_xid), count(backend_xmin) FROM pg_stat_activity WHERE datname = "
            "current_database() AND state = 'idle in transaction'"),
      ElementsAre("1|0|0"));
}

TEST_F(SharedHistoryTest, OfAFutureVersionIsRefusedAndLeftAsItIs) {
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  database_->Execute("UPDATE obsmon.version SET version = 99");
  EXPECT_THAT(History::Open(Output()),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("a newer obsmon made")));
  EXPECT_THAT(History::OpenReadOnly(Output()),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("a newer obsmon made")));
  EXPECT_THAT(Lines("SELECT version FROM version"), ElementsAre("99"));
}

TEST_F(SharedHistoryTest, OfAnOlderVersionIsBroughtToThisOneWithAllThatItHolds) {
  const std::string columns =
      "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE "
      "table_schema = "
      "'obsmon' ORDER BY 1, 2";
  ASSERT_THAT(PrepareSharedSchema(*Connect(*database_), 1), IsOk());
  database_->Execute(
      "INSERT INTO obsmon.stream (name) VALUES ('auxTel');"
      "INSERT INTO obsmon.transfer VALUES (1, 20200501, 'a.fits', 1, 2, 3, 4, 5, 6, 0, 0)");
  EXPECT_THAT(History::OpenReadOnly(Output()),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("an older obsmon made this history")));
  EXPECT_THAT(History::Open(Output()), IsOk());
  EXPECT_THAT(Lines("SELECT version FROM version"), ElementsAre("7"));
  EXPECT_THAT(Lines("SELECT path FROM transfer"), ElementsAre("a.fits"));
  const std::vector<std::string> brought = Lines(columns);
  database_ = std::make_unique<TestDatabase>();
  EXPECT_THAT(History::Open(Output()), IsOk());
  EXPECT_EQ(Lines(columns), brought);
}

TEST_F(SharedHistoryTest, LeavesASchemaThatIsNotItsOwn) {
  database_->Execute("CREATE SCHEMA obsmon; CREATE TABLE obsmon.mine (x int)");
  EXPECT_THAT(History::Open(Output()),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("its schema obsmon is not obsmon's")));
  EXPECT_THAT(Lines("SELECT relname::text FROM pg_class WHERE relnamespace = 'obsmon'::regnamespace"),
              ElementsAre("mine"));
}

TEST_F(SharedHistoryTest, TakesAnEmptySchemaThatItWasGiven) {
  database_->Execute("CREATE SCHEMA obsmon");
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  EXPECT_THAT(Nights(), SizeIs(1));
}

TEST_F(SharedHistoryTest, WantsADatabaseThatCanHoldAllNames) {
  const std::string name = database_->name() + "_ascii";
  database_->Execute("CREATE DATABASE " + name + " ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
  StreamOutput output = Output();
  output.history.uri.replace(output.history.uri.rfind('/') + 1, std::string::npos, name);
  EXPECT_THAT(History::Open(output),
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("ENCODING 'UTF8'")));
  database_->Execute("DROP DATABASE " + name + " WITH (FORCE)");
}

TEST_F(SharedHistoryTest, IsReadWithNoRightButToRead) {
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  const std::string role = "reader_" + database_->name();
  database_->Execute(
      fmt::format("CREATE ROLE {0} LOGIN PASSWORD 'sesame'; GRANT USAGE ON SCHEMA obsmon TO {0};"
                  "GRANT SELECT ON ALL TABLES IN SCHEMA obsmon TO {0}",
                  role));
  StreamOutput output = Output();
  output.history.uri = database_->TcpUri(role + ":sesame");
  ASSERT_OK_AND_ASSIGN(const auto reader, History::OpenReadOnly(output));
  EXPECT_THAT(*reader->Nights(), SizeIs(1));
  EXPECT_THAT(reader->Begin(), FailsWith(StatusCode::kFailedPrecondition, HasSubstr("reading alone")));
  EXPECT_THAT(History::Open(output),
              FailsWith(StatusCode::kPermissionDenied,
                        AllOf(HasSubstr("permission denied for table stream"),
                              HasSubstr("run again when that is mended"), Not(HasSubstr("sesame")))));
  database_->Execute(fmt::format("DROP OWNED BY {0}; DROP ROLE {0}", role));
}

TEST_F(SharedHistoryTest, SaysWhatIsNotThere) {
  EXPECT_THAT(History::OpenReadOnly(Output()),
              FailsWith(StatusCode::kNotFound, HasSubstr("there is no history yet")));
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  EXPECT_THAT(History::OpenReadOnly(Output("comCam")),
              FailsWith(StatusCode::kNotFound, HasSubstr("there is no history of stream 'comCam' yet")));
  StreamOutput down = Output();
  down.history.uri = "postgresql://reader:sesame@127.0.0.1:1/history";
  EXPECT_THAT(
      History::OpenReadOnly(down),
      FailsWith(StatusCode::kUnavailable, AllOf(HasSubstr("Connection refused"), Not(HasSubstr("sesame")))));
}

TEST_F(SharedHistoryTest, OfALargeNightIsCopiedInPieces) {
  constexpr int kFiles = 30'000;  // more than three megabytes
  std::vector<ArrivedFile> files;
  for (int i = 0; i < kFiles; ++i)
    files.push_back({.path = fmt::format("2020-05-01/exposure_{:06}/a.fits", i)});
  PutOnce("auxTel", Report(N("2020-05-01"), files));
  for (ArrivedFile& file : files) file.verdict = Verdict::kIngested;
  files.resize(kFiles / 2);
  PutOnce("auxTel", Report(N("2020-05-01"), files));
  EXPECT_THAT(Lines("SELECT count(*), max(path), max(verdict) FROM transfer"),
              ElementsAre("15000|2020-05-01/exposure_014999/a.fits|0"));
}

// A night of files that come, go and change, some with odd names.
NightReport RandomReport(std::mt19937& random) {
  std::vector<ArrivedFile> files;
  std::vector<ListedDataset> datasets;
  for (int i = 0; i < 40; ++i) {
    if (random() % 3 == 0) continue;
    const std::string name = fmt::format("{}{:02}.fits",
                                         i % 7 == 0   ? "\xFF\"\\"
                                         : i % 5 == 0 ? "\u00e4"
                                                      : "x",
                                         i);
    files.push_back({.path = name,
                     .file_id = {.device = 5, .inode = random() % 2},
                     .size = random() % 2 == 0 ? 57'600 : 28'800,
                     .arrival = Utc("2020-05-02T00:29:30") + std::chrono::seconds(random() % 100),
                     .verdict = static_cast<Verdict>(random() % kNumVerdicts)});
    if (random() % 2 == 0) datasets.push_back({.path = "raw/" + name, .ingest_time = std::nullopt});
  }
  return Report(N("2020-05-01"), files, datasets);
}

TEST_F(SharedHistoryTest, HoldsWhatTheOneInSqliteHoldsWhateverTheNightsWere) {
  const TempTree tree;
  ASSERT_OK_AND_ASSIGN(const auto in_sqlite, History::Open(tree.root()));
  ASSERT_OK_AND_ASSIGN(const auto in_postgres, History::Open(Output()));
  std::mt19937 random(20200501);  // NOLINT(cert-msc51-cpp): the same nights each time
  for (int look = 0; look < 30; ++look) {
    const NightReport report = RandomReport(random);
    for (History* history : {in_sqlite.get(), in_postgres.get()}) Put(*history, report);
    // What either knows of a night is what it gives back of the times of the next.
    NightReport next = RandomReport(random);
    NightReport same = next;
    RestoreFrom(*in_sqlite, next);
    RestoreFrom(*in_postgres, same);
    ASSERT_THAT(next.evidence.transfers.arrival_time(),
                testing::ElementsAreArray(same.evidence.transfers.arrival_time()));
    for (const char* rows :
         {"SELECT filenum, size, creation, arrival, device, inode, state, verdict FROM transfer ORDER BY 1, "
          "2, 3, 4, 8",
          "SELECT filenum, device, inode, ingest_time, artifact, status FROM ingest ORDER BY 1, 2, 3"}) {
      ASSERT_EQ(Lines(rows), Database(tree / kHistoryFileName).Lines(rows));
    }
  }
}

// A night of many events, of which one changes, is not written as a whole.
TEST_F(SharedHistoryTest, WritesOnlyTheEventsThatHaveChanged) {
  NightReport report = Report(N("2020-05-01"), {});
  report.evidence.events = {{.path = "a.fits", .number = 1, .status = "PENDING"},
                            {.path = "b.fits", .number = 2, .status = "FAILURE", .message = "not\xFFutf8"},
                            {.path = "c.fits", .number = 3, .status = "SUCCESS"}};
  ASSERT_OK_AND_ASSIGN(const auto history, History::Open(Output()));
  Put(*history, report);
  const std::string versions = "SELECT path, xmin::text FROM event WHERE path <> 'a.fits' ORDER BY 1";
  const std::vector<std::string> before = Lines(versions);
  ASSERT_THAT(before, SizeIs(2));
  report.evidence.events[0].status = "SUCCESS";
  Put(*history, report);
  EXPECT_EQ(Lines(versions), before);
  EXPECT_THAT(Lines("SELECT status FROM event ORDER BY path"), ElementsAre("SUCCESS", "FAILURE", "SUCCESS"));
  report.evidence.events.erase(report.evidence.events.begin());
  Put(*history, report);
  EXPECT_EQ(Lines(versions), before);
  EXPECT_THAT(Lines("SELECT path FROM event ORDER BY 1"), ElementsAre("b.fits", "c.fits"));
}

// The prototype's view tells a FITS file by its end.
TEST_F(SharedHistoryTest, KeepsTheEndOfANameThatIsTooLong) {
  NightReport report = Report(N("2020-05-01"), {});
  for (const std::string& name : {std::string(4000, 'x'), std::string(4000, '\xFF')}) {
    report.evidence.events.push_back({.path = name + "\u00e4.fits", .number = 1, .status = "SUCCESS"});
  }
  PutOnce("auxTel", report);
  EXPECT_THAT(Lines("SELECT n_files, n_not_fits FROM file_count_gen3"), ElementsAre("2|0"));
}

TEST_F(SharedHistoryTest, SaysTheNameOfAStreamAsItIs) {
  PutOnce("auxTel", Report(N("2020-05-01"), {}));
  StreamOutput output = Output();
  output.name = "n\xFF";
  EXPECT_THAT(History::OpenReadOnly(output), FailsWith(StatusCode::kNotFound, HasSubstr("stream 'n\xFF'")));
  ASSERT_OK_AND_ASSIGN(const auto first, History::Open(output));
  EXPECT_THAT(History::Open(output), FailsWith(StatusCode::kAborted, HasSubstr("stream 'n\xFF' is being")));
}

// --- runs

// Two nights of a stream whose registry is its folders of links.
class SharedHistoryRun : public SharedHistoryTest {
 protected:
  void Arrive(const std::string& name) const {
    const std::filesystem::path file = tree_.File("storage/2020-05-01/" + name);
    tree_.Folder("repo/raw/2020-05-01");
    std::filesystem::create_symlink(file, tree_ / ("repo/raw/2020-05-01/" + name));
  }
  UpdateResult Update(const std::string& place, UtcTime as_of, const WorkControl& control = {}) const {
    const Stream stream{.name = "auxTel",
                        .output_dir = tree_ / place,
                        .history = database_->uri(),
                        .storage = tree_ / "storage",
                        .repo = tree_ / "repo",
                        .search_links = true};
    UpdateResult result =
        UpdateStream(stream, {.first_day = N("2020-05-01"), .last_day = N("2020-05-02")}, as_of, control);
    WaitForLock();
    return result;
  }
  // So that another folder may take the stream over.
  void BeSilentForLong() const {
    database_->Execute("UPDATE obsmon.stream SET seen_at = now() - interval '1 day'");
  }
  std::string Page(const std::string& place) const { return ReadFile(tree_ / (place + "/2020-05-01.html")); }
  // Runs `sql` before the second night is looked at.
  WorkControl BeforeTheSecondNight(std::string sql) const {
    WorkControl control;
    control.progress = [this, sql = std::move(sql)](std::string_view what, std::int64_t done, std::int64_t) {
      if (what == "nights" && done == 1) database_->Execute(sql);
    };
    return control;
  }

  const UtcTime as_of_ = Utc("2030-01-01T00:00:00");
};

TEST_F(SharedHistoryRun, WritesAPageAnewWhereAnotherFolderHasSeenMore) {
  Arrive("a.fits");
  EXPECT_THAT(Update("here", as_of_).status, IsOk());
  // Nothing has changed: the page stays.
  EXPECT_THAT(Update("here", as_of_ + std::chrono::minutes{1}).changed, IsEmpty());
  Arrive("b.fits");
  BeSilentForLong();
  EXPECT_THAT(Update("there", as_of_ + std::chrono::minutes{2}).status, IsOk());
  BeSilentForLong();
  EXPECT_THAT(Update("here", as_of_ + std::chrono::minutes{3}).changed, Contains(N("2020-05-01")));
  EXPECT_THAT(Page("here"), HasSubstr("b.fits"));
  EXPECT_THAT(Update("here", as_of_ + std::chrono::minutes{4}).changed, IsEmpty());
}

TEST_F(SharedHistoryRun, WritesAPageAnewThatWasRestoredFromACopy) {
  Arrive("a.fits");
  EXPECT_THAT(Update("here", as_of_).status, IsOk());
  std::filesystem::copy(tree_ / "here", tree_ / "copy", std::filesystem::copy_options::recursive);
  Arrive("b.fits");
  EXPECT_THAT(Update("here", as_of_ + std::chrono::minutes{1}).status, IsOk());
  std::filesystem::remove_all(tree_ / "here");
  std::filesystem::rename(tree_ / "copy", tree_ / "here");
  EXPECT_THAT(Update("here", as_of_ + std::chrono::minutes{2}).changed, ElementsAre(N("2020-05-01")));
  EXPECT_THAT(Page("here"), HasSubstr("b.fits"));
}

TEST_F(SharedHistoryRun, TellsWhatTheHistoryFirstFailedBy) {
  Arrive("a.fits");
  const UpdateResult result =
      Update("here", as_of_,
             BeforeTheSecondNight("UPDATE obsmon.night SET number = 20200502, nite = '2020-05-02';"
                                  "ALTER TABLE obsmon.transfer RENAME TO gone"));
  EXPECT_THAT(result.status,
              FailsWith(StatusCode::kFailedPrecondition, HasSubstr("\"obsmon.transfer\" does not exist")));
  EXPECT_EQ(result.outcome, UpdateOutcome::kOutputUnwritable);
}

TEST_F(SharedHistoryRun, WhoseStreamIsTakenOverMeanwhileEndsAsOneThatFoundItLocked) {
  Arrive("a.fits");
  const UpdateResult result =
      Update("here", as_of_, BeforeTheSecondNight("UPDATE obsmon.stream SET run = run + 1"));
  EXPECT_THAT(result.status,
              FailsWith(StatusCode::kAborted, HasSubstr("another run has taken this stream over")));
  EXPECT_EQ(result.outcome, UpdateOutcome::kLocked);
}

}  // namespace
}  // namespace obsmon
