#include "support/registry_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>

namespace obsmon {
namespace {

void Bind(sqlite::Statement& statement, int position, const SqlValue& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) {
    statement.Bind(position, *number);
  } else if (const auto* const text = std::get_if<std::string>(&value)) {
    statement.Bind(position, std::string_view(*text));
  } else {
    statement.BindNull(position);
  }
}

std::string PortraitOfEntry(const std::filesystem::path& path) {
  struct stat facts {};
  EXPECT_EQ(lstat(path.c_str(), &facts), 0) << path;
  std::string contents;
  if (S_ISREG(facts.st_mode)) contents = ReadFile(path);
  if (S_ISLNK(facts.st_mode)) contents = std::filesystem::read_symlink(path).string();
  return fmt::format("mode {:o} inode {} size {} mtime {}.{:09} contents {:x}", facts.st_mode, facts.st_ino,
                     facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec,
                     std::hash<std::string>{}(contents));
}

}  // namespace

std::string_view CreateRawTable(RawSchema schema) {
  switch (schema) {
    case RawSchema::kLatiss:
      return "CREATE TABLE raw (id integer primary key autoincrement, dayObs text,seqNum int,visit int,"
             "detector int,detectorName text,filter text,dateObs text,date text,expTime double,object text,"
             "imageType text,wavelength int,expGroup text,obsid text,expId int, unique(expId,visit))";
    case RawSchema::kLatissBefore2020:
      return "CREATE TABLE raw (id integer primary key autoincrement, dayObs text,seqNum int,visit int,"
             "detector int,detectorName text,filter text,dateObs text,date text,expTime double,object text,"
             "imageType text,wavelength int, unique(visit,detector))";
    case RawSchema::kLsstCam:
      return "CREATE TABLE raw (id integer primary key autoincrement, run text,visit int,filter text,date "
             "text,"
             "dateObs text,expTime double,raftName text,detectorName text,detector int,snap int,object text,"
             "imageType text,testType text,lsstSerial text,wavelength int,controller text,obsid text,"
             "expGroup text,expId int,dayObs text,seqNum int, unique(expId,detector,visit))";
    case RawSchema::kLsstCamBefore2020:
      return "CREATE TABLE raw (id integer primary key autoincrement, run text,visit int,filter text,date "
             "text,"
             "dateObs text,expTime double,raftName text,detectorName text,detector int,snap int,object text,"
             "imageType text,lsstSerial text,wavelength int,dayObs text,seqNum int, unique(visit,detector))";
    case RawSchema::kStand:
      return "CREATE TABLE raw (id integer primary key autoincrement, run text,visit int,filter text,date "
             "text,"
             "dateObs text,expTime double,raftName text,detectorName text,detector int,object text,"
             "imageType text,testType text,lsstSerial text,wavelength int,controller text,obsid text,"
             "expGroup text,expId int,dayObs text,testSeqNum int, unique(expId,detector,visit))";
    case RawSchema::kStandBefore2020:
      return "CREATE TABLE raw (id integer primary key autoincrement, run text,visit int,filter text,date "
             "text,"
             "dateObs text,expTime double,raftName text,detectorName text,detector int,object text,"
             "imageType text,lsstSerial text,wavelength int,dayObs text,testSeqNum int, "
             "unique(visit,detector))";
    case RawSchema::kImsim:
      return "CREATE TABLE raw (id integer primary key autoincrement, run text,visit int,filter text,date "
             "text,"
             "dateObs text,expTime double,raftName text,detectorName text,detector int,snap int,object text,"
             "imageType text,testType text,lsstSerial text,wavelength int,controller text,obsid text,"
             "expGroup text,expId int, unique(expId,detector,visit))";
    case RawSchema::kHsc:
      return "CREATE TABLE raw (id integer primary key autoincrement, taiObs text,expId text,pointing int,"
             "dataType text,visit int,dateObs text,frameId text,filter text,field text,pa double,"
             "expTime double,ccdTemp double,ccd int,proposal text,config text,autoguider text,"
             "unique(visit,ccd))";
  }
  return {};
}

RawValues With(RawValues values, const RawValues& changes) {
  for (const auto& change : changes) {
    const auto found = std::ranges::find(values, change.first, &RawValues::value_type::first);
    if (found == values.end()) {
      values.push_back(change);
    } else {
      found->second = change.second;
    }
  }
  return values;
}

RegistryBuilder::RegistryBuilder(const TempTree& tree, std::string_view repo, RawSchema schema)
    : RegistryBuilder(tree, repo, CreateRawTable(schema)) {}

RegistryBuilder::RegistryBuilder(const TempTree& tree, std::string_view repo, std::string_view create_table)
    : tree_(tree), repo_(repo) {
  std::filesystem::create_directories(this->repo());
  auto connection =
      sqlite::Connection::Open(file().string(), sqlite::OpenMode::kReadWrite, std::chrono::milliseconds{0});
  EXPECT_TRUE(connection.ok()) << connection.status();
  connection_.emplace(*std::move(connection));
  // A test's registry need not outlive a power cut.
  Sql("PRAGMA synchronous = OFF");
  Sql(create_table);
  Sql("BEGIN");
}

RegistryBuilder& RegistryBuilder::Row(const RawValues& values) {
  std::vector<std::string> columns;
  std::vector<std::string> marks;
  for (const auto& [column, value] : values) {
    columns.push_back(column);
    marks.emplace_back("?");
  }
  auto statement = connection_->Prepare(
      fmt::format("INSERT INTO raw ({}) VALUES ({})", fmt::join(columns, ", "), fmt::join(marks, ", ")));
  EXPECT_TRUE(statement.ok()) << statement.status();
  for (std::size_t i = 0; i < values.size(); ++i) Bind(*statement, static_cast<int>(i) + 1, values[i].second);
  const absl::Status inserted = statement->Run();
  EXPECT_TRUE(inserted.ok()) << inserted;
  return *this;
}

RegistryBuilder& RegistryBuilder::Linked(const RawValues& values, std::string_view path, std::size_t size) {
  const std::string name = std::filesystem::path(path).filename().string();
  const std::filesystem::path target = tree_.File("storage/" + name, size);
  tree_.Symlink(repo_ + "/" + std::string(path), target);
  return Row(values);
}

RegistryBuilder& RegistryBuilder::Mapper(std::string_view name) {
  tree_.Text(repo_ + "/_mapper", std::string(name) + "\n");
  return *this;
}

RegistryBuilder& RegistryBuilder::Sql(std::string_view statements) {
  const absl::Status done = connection_->Execute(statements);
  EXPECT_TRUE(done.ok()) << done;
  return *this;
}

std::filesystem::path RegistryBuilder::Close() {
  if (connection_ && connection_->InTransaction()) Sql("COMMIT");
  connection_.reset();
  return repo();
}

std::string PortraitOf(const std::filesystem::path& folder) {
  std::map<std::string, std::string> entries{{".", PortraitOfEntry(folder)}};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    entries[entry.path().lexically_relative(folder).string()] = PortraitOfEntry(entry.path());
  }
  std::string portrait;
  for (const auto& [path, facts] : entries) portrait += fmt::format("{}: {}\n", path, facts);
  return portrait;
}

void InOtherProcess(const std::function<void()>& work) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    work();
    DieHere();
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the other process failed: " << status;
}

void DieHere() { _exit(testing::Test::HasFailure() ? 1 : 0); }

}  // namespace obsmon
