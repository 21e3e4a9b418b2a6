#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "postgres/libpq_calls.h"
#include "postgres/postgres.h"
#include "postgres/uri.h"
#include "status_macros.h"
#include "text/human.h"

namespace obsmon::postgres {
namespace {

constexpr int kBinary = 1;
constexpr std::string_view kUsualPort = "5432";
constexpr std::chrono::milliseconds kSilenceOfTheImpatient{1000};
// How soon a request to stop is noticed.
constexpr std::chrono::milliseconds kSlice{50};
// The server gives a statement up after so many times the silence that we bear: it does not see that we have
// gone.
constexpr int kSilencesPerStatement = 30;

// In the milliseconds of its settings; one that is longer than these can say, the server would refuse.
std::int64_t ServerTimeout(std::chrono::milliseconds timeout) {
  return std::min<std::int64_t>(timeout.count(), INT_MAX);
}

struct Clear {
  void operator()(PGresult* result) const { Libpq().PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

struct Finish {
  void operator()(PGconn* connection) const { Libpq().PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

struct SqlStateRule {
  std::string_view prefix;
  absl::StatusCode code;
};

// By SQLSTATE (PostgreSQL's documentation, appendix A); the first that fits.
constexpr std::array kSqlStateRules = {
    SqlStateRule{"08", absl::StatusCode::kUnavailable},     // connection exceptions
    SqlStateRule{"25P03", absl::StatusCode::kUnavailable},  // the transaction was ended: it waited for us
    SqlStateRule{"28", absl::StatusCode::kUnavailable},     // the login is refused
    SqlStateRule{"3D", absl::StatusCode::kUnavailable},     // no such database
    SqlStateRule{"40", absl::StatusCode::kUnavailable},  // a conflict with another transaction, or recovery
    SqlStateRule{"53", absl::StatusCode::kUnavailable},  // too many connections, disk full
    SqlStateRule{"55P03", absl::StatusCode::kUnavailable},  // a lock was not to be had in time
    SqlStateRule{"57", absl::StatusCode::kUnavailable},     // shut down, starting, cancelled by its timeout
    SqlStateRule{"58", absl::StatusCode::kUnavailable},     // the server's own disk
    SqlStateRule{"42501", absl::StatusCode::kPermissionDenied},  // no right to read it
    SqlStateRule{"XX001", absl::StatusCode::kDataLoss},          // damaged
    SqlStateRule{"XX002", absl::StatusCode::kDataLoss},          // likewise, an index
    SqlStateRule{"XX", absl::StatusCode::kInternal},             //
    SqlStateRule{"",
                 absl::StatusCode::kFailedPrecondition},  // what was asked: no such table, a write, syntax
};

absl::StatusCode CodeOf(std::string_view sql_state) {
  return std::ranges::find_if(kSqlStateRules,
                              [&](const SqlStateRule& rule) { return sql_state.starts_with(rule.prefix); })
      ->code;
}

std::string FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

/// `text` without the password, which must not be seen in any message. A very short one stays: to blot out
/// each "a" would leave nothing to read.
std::string Without(std::string_view password, std::string text) {
  constexpr std::string_view kBlot = "***";
  if (password.size() < kBlot.size()) return text;
  for (std::size_t at = text.find(password); at != std::string::npos;
       at = text.find(password, at + kBlot.size())) {
    text.replace(at, password.size(), kBlot);
  }
  return text;
}

/// One connection's socket, with its limits. Once a wait has failed it is closed.
class Session {
 public:
  Session(Handle handle, std::string shown, Limits limits)
      : handle_(std::move(handle)), shown_(std::move(shown)), limits_(std::move(limits)) {
    // Who waits for no lock waits for the answer all the same.
    waits_for_locks_ = limits_.silence > std::chrono::milliseconds{0};
    if (!waits_for_locks_) limits_.silence = kSilenceOfTheImpatient;
  }

  /// Within `limit`.
  absl::Status Connect(std::chrono::milliseconds limit);
  absl::Status Send(std::string_view sql, std::span<const Value> values);
  absl::Status SendScript(std::string_view sql);
  /// Has the server take a statement apart, under no name, which the next one takes over.
  absl::Status SendPrepare(std::string_view sql);
  absl::Status SendDescribe();
  /// The data of a COPY that has begun, and its end.
  absl::Status SendCopyData(std::string_view data);
  /// The next result; null at the end of what was sent. An error of the server is a Status.
  absl::StatusOr<Result> Next();

  void Close() { handle_.reset(); }
  const std::string& shown() const { return shown_; }
  std::chrono::milliseconds silence() const { return limits_.silence; }
  bool waits_for_locks() const { return waits_for_locks_; }
  /// The server's own words may hold the password, wherever libpq has it from.
  absl::Status Error(absl::StatusCode code, std::string_view what) const {
    const char* const password = Libpq().PQpass(handle_.get());
    return {code,
            fmt::format("{}: {}", shown_, Without(password == nullptr ? "" : password, std::string(what)))};
  }

 private:
  using Clock = std::chrono::steady_clock;

  absl::Status AwaitConnection();
  absl::Status Wait(short events, Clock::time_point deadline);
  /// Waits until all that was sent is on its way.
  absl::Status Flush();
  absl::Status Silent() const {
    return Error(absl::StatusCode::kUnavailable,
                 fmt::format("the server did not answer within {}", HumanDuration(limits_.silence)));
  }
  absl::Status ConnectionError() const {
    return Error(absl::StatusCode::kUnavailable, FirstLine(Libpq().PQerrorMessage(handle_.get())));
  }
  absl::Status IsOpen() const {
    if (handle_ != nullptr) return absl::OkStatus();
    return Error(absl::StatusCode::kUnavailable, "the connection is closed");
  }

  Handle handle_;
  std::string shown_;
  Limits limits_;
  bool waits_for_locks_ = true;
};

absl::Status Session::Wait(short events, Clock::time_point deadline) {
  for (;;) {
    if (limits_.stop.stop_requested()) {
      Close();
      return absl::CancelledError("cancelled");
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      Close();
      return Silent();
    }
    pollfd socket{.fd = Libpq().PQsocket(handle_.get()), .events = events, .revents = 0};
    const int ready = poll(&socket, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) {
      Close();
      return Error(absl::StatusCode::kUnavailable, "the connection can't be waited for");
    }
  }
}

absl::Status Session::Connect(std::chrono::milliseconds limit) {
  const std::chrono::milliseconds silence = std::exchange(limits_.silence, limit);
  absl::Status status = AwaitConnection();
  limits_.silence = silence;
  return status;
}

absl::Status Session::AwaitConnection() {
  const auto deadline = Clock::now() + limits_.silence;
  if (Libpq().PQstatus(handle_.get()) == CONNECTION_BAD) return ConnectionError();
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    OBSMON_RETURN_IF_ERROR(Wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline));
    next = Libpq().PQconnectPoll(handle_.get());
    if (next == PGRES_POLLING_FAILED) return ConnectionError();
  }
  return absl::OkStatus();
}

absl::Status Session::Send(std::string_view sql, std::span<const Value> values) {
  OBSMON_RETURN_IF_ERROR(IsOpen());
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const Value& value : values) {
    const auto* number = std::get_if<std::int64_t>(&value);
    texts.push_back(number != nullptr ? std::to_string(*number)
                                      : std::string(std::get<std::string_view>(value)));
  }
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  // The extended protocol takes one statement only, and this form of it leaves no prepared statement behind.
  if (Libpq().PQsendQueryParams(handle_.get(), std::string(sql).c_str(), static_cast<int>(pointers.size()),
                                nullptr, pointers.data(), nullptr, nullptr, kBinary) == 0) {
    return ConnectionError();
  }
  Libpq().PQsetSingleRowMode(handle_.get());
  return absl::OkStatus();
}

absl::Status Session::SendScript(std::string_view sql) {
  OBSMON_RETURN_IF_ERROR(IsOpen());
  return Libpq().PQsendQuery(handle_.get(), std::string(sql).c_str()) != 0 ? absl::OkStatus()
                                                                           : ConnectionError();
}

absl::Status Session::SendPrepare(std::string_view sql) {
  OBSMON_RETURN_IF_ERROR(IsOpen());
  const int sent = Libpq().PQsendPrepare(handle_.get(), "", std::string(sql).c_str(), 0, nullptr);
  return sent != 0 ? absl::OkStatus() : ConnectionError();
}

absl::Status Session::SendDescribe() {
  OBSMON_RETURN_IF_ERROR(IsOpen());
  return Libpq().PQsendDescribePrepared(handle_.get(), "") != 0 ? absl::OkStatus() : ConnectionError();
}

absl::Status Session::Flush() {
  for (;;) {
    const int left = Libpq().PQflush(handle_.get());
    if (left == 0) return absl::OkStatus();
    if (left < 0) return ConnectionError();
    // The server may have something to say before it takes more.
    OBSMON_RETURN_IF_ERROR(Wait(POLLIN | POLLOUT, Clock::now() + limits_.silence));
    if (Libpq().PQconsumeInput(handle_.get()) == 0) return ConnectionError();
  }
}

absl::Status Session::SendCopyData(std::string_view data) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  Libpq().PQsetnonblocking(handle_.get(), 1);  // else libpq would wait, for ever
  while (!data.empty()) {
    const std::string_view piece = data.substr(0, kPiece);
    const int taken = Libpq().PQputCopyData(handle_.get(), piece.data(), static_cast<int>(piece.size()));
    if (taken < 0) return ConnectionError();
    if (taken > 0) data.remove_prefix(piece.size());
    OBSMON_RETURN_IF_ERROR(Flush());
  }
  if (Libpq().PQputCopyEnd(handle_.get(), nullptr) < 0) return ConnectionError();
  OBSMON_RETURN_IF_ERROR(Flush());
  Libpq().PQsetnonblocking(handle_.get(), 0);
  return absl::OkStatus();
}

absl::StatusOr<Result> Session::Next() {
  OBSMON_RETURN_IF_ERROR(IsOpen());
  while (Libpq().PQisBusy(handle_.get()) != 0) {
    OBSMON_RETURN_IF_ERROR(Wait(POLLIN, Clock::now() + limits_.silence));
    if (Libpq().PQconsumeInput(handle_.get()) == 0) return ConnectionError();
  }
  Result result(Libpq().PQgetResult(handle_.get()));
  if (result == nullptr) return result;
  const ExecStatusType status = Libpq().PQresultStatus(result.get());
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE) return result;
  const char* const state = Libpq().PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const char* const message = Libpq().PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr) return ConnectionError();  // libpq's own: the server is gone
  return Error(CodeOf(state),
               FirstLine(message != nullptr ? message : Libpq().PQresultErrorMessage(result.get())));
}

std::vector<Column> ColumnsOf(const PGresult* result) {
  std::vector<Column> columns;
  const int num_columns = Libpq().PQnfields(result);
  columns.reserve(static_cast<std::size_t>(num_columns));
  for (int column = 0; column < num_columns; ++column) {
    columns.push_back({.name = Libpq().PQfname(result, column), .type = Libpq().PQftype(result, column)});
  }
  return columns;
}

class LibpqRows final : public Rows {
 public:
  LibpqRows(Session& session, Result first) : session_(session), next_(std::move(first)) {
    columns_ = ColumnsOf(next_.get());
    cells_.resize(columns_.size());
  }
  LibpqRows(const LibpqRows&) = delete;
  LibpqRows& operator=(const LibpqRows&) = delete;
  ~LibpqRows() override {
    if (!ended_) session_.Close();
  }

  absl::StatusOr<bool> Step() override {
    if (ended_) return false;
    current_ = std::move(next_);
    if (current_ == nullptr) {
      absl::StatusOr<Result> result = session_.Next();
      if (!result.ok()) return End(result.status());
      current_ = *std::move(result);
    }
    if (current_ == nullptr) return End(absl::OkStatus());
    if (Libpq().PQntuples(current_.get()) == 0) return Drain();
    FillCells();
    return true;
  }

 private:
  /// Takes what still comes after the last row.
  absl::StatusOr<bool> Drain() {
    for (;;) {
      absl::StatusOr<Result> result = session_.Next();
      if (!result.ok()) return End(result.status());
      if (*result == nullptr) return End(absl::OkStatus());
    }
  }

  absl::StatusOr<bool> End(const absl::Status& status) {
    if (!status.ok()) session_.Close();
    ended_ = true;
    if (!status.ok()) return status;
    return false;
  }

  void FillCells() {
    const LibpqCalls& libpq = Libpq();  // once a row, not thrice a cell
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const int column = static_cast<int>(i);
      if (libpq.PQgetisnull(current_.get(), 0, column) != 0) {
        cells_[i] = {};
      } else {
        cells_[i] = {libpq.PQgetvalue(current_.get(), 0, column),
                     static_cast<std::size_t>(libpq.PQgetlength(current_.get(), 0, column))};
      }
    }
  }

  Session& session_;
  Result next_;  // the first result, which came with the columns
  Result current_;
  bool ended_ = false;
};

class LibpqConnection final : public Connection {
 public:
  explicit LibpqConnection(Session session) : session_(std::move(session)) {}

  absl::Status Connect(std::chrono::milliseconds limit) { return session_.Connect(limit); }
  absl::Status BeginReadOnly() override {
    return Begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET LOCAL row_security = off");
  }
  absl::Status BeginReadingOurs() override { return Begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", ""); }
  absl::Status BeginWriting() override;
  absl::Status Execute(std::string_view sql) override;
  absl::StatusOr<std::vector<Column>> Describe(std::string_view sql) override;
  absl::StatusOr<std::unique_ptr<Rows>> Query(std::string_view sql, std::span<const Value> values) override;
  absl::Status CopyIn(std::string_view sql, std::string_view data) override;
  const std::string& shown() const override { return session_.shown(); }

 private:
  absl::Status Begin(std::string_view kind, std::string_view settings);
  /// The last of what was sent's results, once all have come; the first error where there was one.
  absl::StatusOr<Result> LastResult();

  Session session_;
};

// The server else goes on with a query whose client has gone until it has an answer to send. Not all of them
// can look: those since version 14, on Linux.
constexpr std::string_view kLookForUs =
    "SELECT set_config('client_connection_check_interval', '2s', true)"
    " WHERE current_setting('server_version_num')::int >= 140000 AND version() LIKE '%linux%'";

// A host that dies without a word keeps its transaction, and with it the lock of a stream, until the server
// asks for it, by default after two hours: now after a minute.
constexpr std::string_view kForAWriter =
    "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL tcp_keepalives_idle = 30; "
    "SET LOCAL tcp_keepalives_interval = 10; SET LOCAL tcp_keepalives_count = 3";

// All of it ends with the transaction. A time without zone is meant as UTC by whoever wrote it.
absl::Status LibpqConnection::Begin(std::string_view kind, std::string_view settings) {
  // Before this side gives up, so that it is the server that says what it waited for.
  constexpr std::chrono::milliseconds kLeast{1};  // 0 would be for ever
  const std::chrono::milliseconds for_a_lock =
      session_.waits_for_locks() ? std::max(session_.silence() * 9 / 10, kLeast) : kLeast;
  return Execute(fmt::format(
      "BEGIN {}; SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}; SET LOCAL TIME ZONE 'UTC'; "
      "{}; {}",
      kind, ServerTimeout(for_a_lock), ServerTimeout(session_.silence() * kSilencesPerStatement), kLookForUs,
      settings));
}

// Between two statements a look at a night may pass.
absl::Status LibpqConnection::BeginWriting() {
  return Begin("ISOLATION LEVEL READ COMMITTED READ WRITE", kForAWriter);
}

absl::Status LibpqConnection::CopyIn(std::string_view sql, std::string_view data) {
  OBSMON_RETURN_IF_ERROR(session_.SendScript(sql));
  OBSMON_ASSIGN_OR_RETURN(const Result ready, session_.Next());
  if (ready == nullptr || Libpq().PQresultStatus(ready.get()) != PGRES_COPY_IN) {
    return session_.Error(absl::StatusCode::kInternal, "the server does not want to be copied to");
  }
  OBSMON_RETURN_IF_ERROR(session_.SendCopyData(data));
  return LastResult().status();
}

absl::StatusOr<Result> LibpqConnection::LastResult() {
  absl::StatusOr<Result> last = Result();
  for (;;) {
    absl::StatusOr<Result> result = session_.Next();
    if (result.ok() && *result == nullptr) return last;
    if (last.ok()) last = std::move(result);
    // Nothing more will come.
    if (absl::IsUnavailable(last.status()) || absl::IsCancelled(last.status())) return last;
  }
}

absl::Status LibpqConnection::Execute(std::string_view sql) {
  OBSMON_RETURN_IF_ERROR(session_.SendScript(sql));
  return LastResult().status();
}

absl::StatusOr<std::vector<Column>> LibpqConnection::Describe(std::string_view sql) {
  OBSMON_RETURN_IF_ERROR(session_.SendPrepare(sql));
  OBSMON_RETURN_IF_ERROR(LastResult().status());
  OBSMON_RETURN_IF_ERROR(session_.SendDescribe());
  OBSMON_ASSIGN_OR_RETURN(const Result described, LastResult());
  return ColumnsOf(described.get());
}

absl::StatusOr<std::unique_ptr<Rows>> LibpqConnection::Query(std::string_view sql,
                                                             std::span<const Value> values) {
  OBSMON_RETURN_IF_ERROR(session_.Send(sql, values));
  absl::StatusOr<Result> first = session_.Next();
  if (!first.ok()) {
    session_.Close();
    return first.status();
  }
  return std::make_unique<LibpqRows>(session_, *std::move(first));
}

/// Keywords and values for PQconnectStartParams. "dbname" is taken apart as a URI; those after it come before
/// what it says, and that before those in front of it.
struct Parameters {
  void Add(const char* keyword, const std::string& value) {
    keywords.push_back(keyword);
    values.push_back(value.c_str());
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;
};

/// One of the hosts of a URI.
struct Host {
  std::string name{};
  std::string address{};
  std::string port{};
};

Handle Start(const std::string& uri, const Login& login, const Host& host) {
  const std::string name = "obsmon";
  const std::string encoding = "UTF8";
  Parameters parameters;
  // What lies between may forget a connection that is silent for long, as that of a lock is.
  const std::string idle = "30";
  const std::string interval = "10";
  const std::string count = "3";
  parameters.Add("keepalives_idle", idle);
  parameters.Add("keepalives_interval", interval);
  parameters.Add("keepalives_count", count);
  parameters.Add("dbname", uri);
  if (login.user) parameters.Add("user", *login.user);
  if (login.password) parameters.Add("password", *login.password);
  // Of these an empty one stands for what the URI says.
  parameters.Add("host", host.name);
  parameters.Add("hostaddr", host.address);
  parameters.Add("port", host.port);
  parameters.Add("fallback_application_name", name);
  parameters.Add("client_encoding", encoding);
  parameters.keywords.push_back(nullptr);
  parameters.values.push_back(nullptr);
  return Handle(Libpq().PQconnectStartParams(parameters.keywords.data(), parameters.values.data(), 1));
}

/// What libpq makes of a URI.
class UriForLibpq {
 public:
  explicit UriForLibpq(const std::string& uri) : options_(nullptr, Libpq().PQconninfoFree) {
    char* trouble = nullptr;  // it may quote a password
    options_.reset(Libpq().PQconninfoParse(uri.c_str(), &trouble));
    Libpq().PQfreemem(trouble);
  }

  /// Whether it could be taken apart.
  bool IsGood() const { return options_ != nullptr; }
  UriParts Parts() const;
  /// The hosts to try one after the other: libpq would wait for one that is silent without end. One that is
  /// empty where there are none to choose from, or libpq is told how to choose.
  std::vector<Host> Hosts() const;
  /// How long to wait for each of `num_hosts`.
  std::chrono::milliseconds LimitOfEach(std::size_t num_hosts, std::chrono::milliseconds silence) const;

 private:
  /// Of a parameter; empty where it is not given.
  std::string Value(std::string_view keyword) const;

  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options_;
};

std::string UriForLibpq::Value(std::string_view keyword) const {
  for (const PQconninfoOption* option = options_.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return {};
}

UriParts UriForLibpq::Parts() const {
  const std::string address = Value("hostaddr");
  return {.user = Value("user"),
          .password = Value("password"),
          .host = address.empty() ? Value("host") : address,
          .port = Value("port"),
          .database = Value("dbname")};
}

std::vector<Host> UriForLibpq::Hosts() const {
  const std::vector<std::string> names = SplitAtCommas(Value("host"));
  const std::vector<std::string> addresses = SplitAtCommas(Value("hostaddr"));
  const std::vector<std::string> ports = SplitAtCommas(Value("port"));
  const std::size_t num_hosts = std::max(names.size(), addresses.size());
  // Each list has an entry a host, or is empty; one port may be for all.
  const auto fits = [num_hosts](const std::vector<std::string>& list) {
    return list.size() == num_hosts || (list.size() == 1 && list.front().empty());
  };
  const bool libpq_chooses =
      Value("target_session_attrs").starts_with("prefer") || !Value("load_balance_hosts").empty();
  if (num_hosts == 1 || libpq_chooses || !fits(names) || !fits(addresses) ||
      (ports.size() != 1 && ports.size() != num_hosts)) {
    return {Host{}};
  }
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < num_hosts; ++i) {
    Host host{.name = names[names.size() == 1 ? 0 : i],
              .address = addresses[addresses.size() == 1 ? 0 : i],
              .port = ports[ports.size() == 1 ? 0 : i]};
    if (host.name.empty() && host.address.empty()) return {Host{}};
    if (host.port.empty() && ports.size() > 1) host.port = kUsualPort;
    hosts.push_back(std::move(host));
  }
  return hosts;
}

std::chrono::milliseconds UriForLibpq::LimitOfEach(std::size_t num_hosts,
                                                   std::chrono::milliseconds silence) const {
  const std::string given = Value("connect_timeout");
  int seconds = 0;
  std::from_chars(given.data(), given.data() + given.size(), seconds);
  if (seconds > 0) return std::min<std::chrono::milliseconds>(std::chrono::seconds{seconds}, silence);
  return silence / static_cast<int>(num_hosts);
}

}  // namespace

// Where libpq finds other parts in a URI than we do, as where a password with a '/' in it tears it in two, a
// piece of the password would be seen, or a password of db-auth.yaml be sent to another server than the one
// that it is for.
absl::Status CheckForm(std::string_view uri) {
  if (!OpenLibpq().ok()) return absl::OkStatus();  // as in a build without it: Open says why
  const std::string plain = WithoutDriver(uri);
  const UriForLibpq parsed(plain);
  if (parsed.IsGood() && parsed.Parts() == PartsOf(plain)) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "{}: libpq can't take this URI apart; write postgresql://user@host:port/database, with %XX for what is "
      "no letter or digit, and the password into ~/.pgpass",
      ForPeople(uri)));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Login& login, const Limits& limits) {
  if (!IsUri(login.uri)) {
    return absl::InvalidArgumentError(
        "that is no URI of a PostgreSQL database: write postgresql://user@host/database");
  }
  const std::string shown = ForPeople(login.uri);
  if (const absl::Status status = OpenLibpq(); !status.ok()) {
    return absl::UnimplementedError(fmt::format("{}: {}", shown, std::string(status.message())));
  }
  OBSMON_RETURN_IF_ERROR(CheckForm(login.uri));
  const std::string uri = WithoutDriver(login.uri);
  const UriForLibpq parsed(uri);
  const std::vector<Host> hosts = parsed.Hosts();
  const bool is_patient = limits.silence > std::chrono::milliseconds{0};
  const std::chrono::milliseconds limit =
      parsed.LimitOfEach(hosts.size(), is_patient ? limits.silence : kSilenceOfTheImpatient);
  absl::Status trouble;
  for (const Host& host : hosts) {
    Handle handle = Start(uri, login, host);
    if (handle == nullptr) return absl::ResourceExhaustedError(fmt::format("{}: out of memory", shown));
    Libpq().PQsetNoticeProcessor(
        handle.get(), [](void*, const char*) {}, nullptr);
    auto connection = std::make_unique<LibpqConnection>(Session(std::move(handle), shown, limits));
    const absl::Status status = connection->Connect(limit);
    if (status.ok()) return connection;
    if (!absl::IsUnavailable(status)) return status;
    trouble.Update(status);  // that of the first is told, as libpq does
  }
  return trouble;
}

}  // namespace obsmon::postgres
