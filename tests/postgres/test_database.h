// A database of a test's own, on the real server that ctest starts (see server.py).
#ifndef OBSMON_TESTS_POSTGRES_TEST_DATABASE_H_
#define OBSMON_TESTS_POSTGRES_TEST_DATABASE_H_

#include <string>
#include <string_view>

namespace obsmon {

/// Where the server is.
struct TestServer {
  std::string folder{};  ///< of its socket; empty where there is no server
  std::string port{};    ///< on 127.0.0.1, where a password is asked for

  static const TestServer& Get();
};

/// Skips the test where no server runs.
#define OBSMON_NEEDS_POSTGRES()         \
  if (TestServer::Get().folder.empty()) \
  GTEST_SKIP() << "no PostgreSQL server runs: ctest starts one where Debian's postgresql is installed"

/// A new database, dropped at the end.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  /// By the socket, as the superuser.
  std::string uri() const;
  /// By TCP, as `user` (with the colon and password, if any).
  std::string TcpUri(std::string_view login) const;
  /// Runs statements; the test fails where one does.
  void Execute(std::string_view sql) const;

 private:
  std::string name_;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_POSTGRES_TEST_DATABASE_H_
