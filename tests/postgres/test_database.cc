#include "postgres/test_database.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>

#include "postgres/postgres.h"

namespace obsmon {
namespace {

std::string EncodedFolder() {
  std::string encoded;
  for (const char c : TestServer::Get().folder) encoded += c == '/' ? std::string("%2F") : std::string(1, c);
  return encoded;
}

std::string UriOf(std::string_view database) {
  return fmt::format("postgresql://obsmon@{}:{}/{}", EncodedFolder(), TestServer::Get().port, database);
}

void Run(const std::string& uri, std::string_view sql) {
  absl::StatusOr<std::unique_ptr<postgres::Connection>> connection =
      postgres::Connection::Open({.uri = uri}, {});
  ASSERT_TRUE(connection.ok()) << connection.status();
  const absl::Status status = (*connection)->Execute(sql);
  ASSERT_TRUE(status.ok()) << status << "\n" << sql;
}

}  // namespace

const TestServer& TestServer::Get() {
  static const TestServer server = [] {
    TestServer found;
    const char* const file = std::getenv("OBSMON_TEST_POSTGRES");
    std::ifstream address(file != nullptr ? file : OBSMON_TEST_POSTGRES);
    std::getline(address, found.folder);
    std::getline(address, found.port);
    return found;
  }();
  return server;
}

TestDatabase::TestDatabase() {
  static int count = 0;
  name_ = fmt::format("test_{}_{}", getpid(), ++count);
  Run(UriOf("postgres"), fmt::format("CREATE DATABASE {}", name_));
}

TestDatabase::~TestDatabase() { Run(UriOf("postgres"), fmt::format("DROP DATABASE {} WITH (FORCE)", name_)); }

std::string TestDatabase::uri() const { return UriOf(name_); }

std::string TestDatabase::TcpUri(std::string_view login) const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", login, TestServer::Get().port, name_);
}

void TestDatabase::Execute(std::string_view sql) const { Run(uri(), sql); }

}  // namespace obsmon
