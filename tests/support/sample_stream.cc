#include "support/sample_stream.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

namespace obsmon {
namespace {

// The columns of a registry made since 2020-01-30 that matter here.
constexpr const char* kMakeRegistry =
    "create table raw (id integer primary key autoincrement, dayObs text, seqNum int, visit int, detector "
    "int,"
    " expId int, obsid text)";

UtcTime LastChange(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
  return UtcTime(std::chrono::seconds(found.st_ctim.tv_sec) +
                 std::chrono::nanoseconds(found.st_ctim.tv_nsec));
}

}  // namespace

SampleStream::SampleStream() {
  tree_.Folder("storage");
  RemakeRepository();
}

std::filesystem::path SampleStream::Arrive(std::string_view path, std::size_t size) const {
  return tree_.File(fmt::format("storage/{}", path), size, Utc("2020-05-02T01:00:00"));
}

void SampleStream::Ingest(std::string_view path, std::string_view night, IngestMode mode) {
  const std::filesystem::path file = Storage() / path;
  const int sequence = next_sequence_++;
  const std::string exposure = fmt::format("{}{:05}", Night::Parse(night).value().Compact(), sequence);
  const std::string link = fmt::format("gen2repo/raw/{}/{}-det000.fits", night, exposure);
  switch (mode) {
    case IngestMode::kSymlink:
      tree_.Symlink(link, file, Utc("2020-05-02T01:00:40"));
      break;
    case IngestMode::kHardLink:
      tree_.HardLink(link, file);
      break;
    case IngestMode::kCopy:
      std::filesystem::create_directories((tree_ / link).parent_path());
      std::filesystem::copy_file(file, tree_ / link);
      break;
  }
  Sql(fmt::format(
      "insert into raw (dayObs, seqNum, visit, detector, expId, obsid) values ('{}', {}, {}, 0, {}, '{}')",
      night, sequence, exposure, exposure, file.stem().string()));
}

void SampleStream::RemakeRepository() {
  std::filesystem::remove_all(Repo());
  tree_.Folder("gen2repo/raw");
  Sql(kMakeRegistry);
}

void SampleStream::Remove(std::string_view path) const { std::filesystem::remove(Storage() / path); }

void SampleStream::Sql(const std::string& sql) const {
  sqlite3* registry = nullptr;
  ASSERT_EQ(sqlite3_open((Repo() / "registry.sqlite3").c_str(), &registry), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(registry, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(registry);
  sqlite3_close(registry);
}

Stream SampleStream::Options() const {
  return {.name = "sample",
          .input_dir = tree_.root(),
          .output_dir = Output(),
          .grace = std::chrono::seconds{60},
          .busy_timeout = std::chrono::milliseconds{50}};
}

UtcTime SampleStream::Later() const {
  UtcTime latest{};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.root())) {
    latest = std::max(latest, LastChange(entry.path()));
  }
  return latest + std::chrono::hours{1};
}

}  // namespace obsmon
