// Every call by which SQLite reads, writes and locks files fails once, by a VFS in front of its own.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/night_reports.h"
#include "history/sqlite_history.h"
#include "obsmon/history.h"
#include "obsmon/registry.h"
#include "support/registry_builder.h"
#include "support/status_matchers.h"
#include "support/temp_tree.h"

namespace obsmon {
namespace {

/// The default VFS while it lives: passes all on to the one that was, but for one call.
class FaultyVfs {
 public:
  FaultyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = "obsmon-faulty";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = Open;
    self_ = this;
    sqlite3_vfs_register(&vfs_, /*makeDflt=*/1);
  }
  ~FaultyVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, /*makeDflt=*/1);
    self_ = nullptr;
  }
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  /// The call that fails from now on, counted from 1; 0: none.
  void FailAt(int call) {
    fail_at_ = call;
    num_calls_ = 0;
    for_good_ = false;
  }
  /// That call and all after it.
  void FailFrom(int call) {
    FailAt(call);
    for_good_ = true;
  }
  /// How many calls there were since.
  int num_calls() const { return num_calls_; }

 private:
  struct File {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static int FateOf(int error) {
    const int call = ++self_->num_calls_;
    const bool fails = call == self_->fail_at_ || (self_->for_good_ && call > self_->fail_at_);
    return fails ? error : SQLITE_OK;
  }
  static File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static int Open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if (const int error = FateOf(SQLITE_CANTOPEN); error != SQLITE_OK) return error;
    const int result = self_->real_->xOpen(self_->real_, name, Of(file)->real(), flags, out_flags);
    if (Of(file)->real()->pMethods != nullptr) file->pMethods = Methods();
    return result;
  }

  /// A call that is passed on unless it is the one to fail.
  template <auto Member, int kError, typename... Arguments>
  static int Call(sqlite3_file* file, Arguments... arguments) {
    if (const int error = FateOf(kError); error != SQLITE_OK) return error;
    sqlite3_file* real = Of(file)->real();
    return (real->pMethods->*Member)(real, arguments...);
  }
  template <auto Member, typename... Arguments>
  static auto PassOn(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* real = Of(file)->real();
    return (real->pMethods->*Member)(real, arguments...);
  }

  static const sqlite3_io_methods* Methods() {
    using M = sqlite3_io_methods;
    static const sqlite3_io_methods methods = {
        .iVersion = 1,  // without shared memory and memory maps
        .xClose = PassOn<&M::xClose>,
        .xRead = Call<&M::xRead, SQLITE_IOERR_READ, void*, int, sqlite3_int64>,
        .xWrite = Call<&M::xWrite, SQLITE_IOERR_WRITE, const void*, int, sqlite3_int64>,
        .xTruncate = Call<&M::xTruncate, SQLITE_IOERR_TRUNCATE, sqlite3_int64>,
        .xSync = Call<&M::xSync, SQLITE_IOERR_FSYNC, int>,
        .xFileSize = Call<&M::xFileSize, SQLITE_IOERR_FSTAT, sqlite3_int64*>,
        .xLock = Call<&M::xLock, SQLITE_IOERR_LOCK, int>,
        .xUnlock = PassOn<&M::xUnlock, int>,
        .xCheckReservedLock = Call<&M::xCheckReservedLock, SQLITE_IOERR_CHECKRESERVEDLOCK, int*>,
        .xFileControl = PassOn<&M::xFileControl, int, void*>,
        .xSectorSize = PassOn<&M::xSectorSize>,
        .xDeviceCharacteristics = PassOn<&M::xDeviceCharacteristics>,
        .xShmMap = nullptr,
        .xShmLock = nullptr,
        .xShmBarrier = nullptr,
        .xShmUnmap = nullptr,
        .xFetch = nullptr,
        .xUnfetch = nullptr};
    return &methods;
  }

  static inline FaultyVfs* self_ = nullptr;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  int fail_at_ = 0;
  int num_calls_ = 0;
  bool for_good_ = false;
};

std::vector<ArrivedFile> Files(int count) {
  std::vector<ArrivedFile> files;
  for (int i = 0; i < count; ++i) {
    files.push_back({.path = fmt::format("2020-05-01/{:04}.fits", i),
                     .file_id = {.device = 5, .inode = 100U + static_cast<unsigned>(i)}});
  }
  return files;
}

/// A whole run on the history in `folder`.
absl::Status PutNight(const std::filesystem::path& folder, int num_files) {
  absl::StatusOr<std::unique_ptr<History>> history = OpenHistory(folder, std::chrono::milliseconds{20});
  if (!history.ok()) return history.status();
  absl::Status status = (*history)->Begin();
  if (status.ok()) status = (*history)->Put(Report(N("2020-05-01"), Files(num_files)), {});
  if (status.ok()) status = (*history)->Commit();
  return status;
}

std::int64_t FilesKnown(const std::filesystem::path& folder) {
  absl::StatusOr<std::unique_ptr<History>> history = History::OpenReadOnly(folder);
  EXPECT_THAT(history, IsOk());
  const std::vector<NightSummary> nights = (*history)->Nights().value();
  return nights.empty() ? 0 : nights.front().counts.files;
}

TEST(IoErrors, InARunOfTheHistoryLoseNothingAndAreTold) {
  constexpr int kBefore = 40;
  constexpr int kAfter = 900;
  const TempTree tree;
  tree.Folder("before");
  ASSERT_THAT(PutNight(tree / "before", kBefore), IsOk());
  FaultyVfs vfs;
  int faults = 0;
  int told = 0;
  for (;; ++faults) {
    std::filesystem::remove_all(tree / "out");
    std::filesystem::copy(tree / "before", tree / "out", std::filesystem::copy_options::recursive);
    vfs.FailAt(faults + 1);
    const absl::Status status = PutNight(tree / "out", kAfter);
    const bool failed = vfs.num_calls() > faults;
    vfs.FailAt(0);
    if (!failed) break;
    // A call that failed after the commit was safe, or that SQLite repeats, is no failure.
    if (!status.ok()) {
      ++told;
      EXPECT_THAT(status.message(), testing::HasSubstr((tree / "out").string())) << faults;
      EXPECT_THAT(status.message(), testing::HasSubstr("; ")) << faults;  // and what to do
    }
    const std::int64_t known = FilesKnown(tree / "out");
    EXPECT_TRUE(known == kBefore || known == kAfter) << known << " files after call " << faults + 1;
    if (status.ok()) {
      EXPECT_EQ(known, kAfter) << "call " << faults + 1;
    }
    EXPECT_THAT(PutNight(tree / "out", kAfter), IsOk()) << faults;
    EXPECT_EQ(FilesKnown(tree / "out"), kAfter);
  }
  EXPECT_GT(told, 20);
  fmt::print("SQLite's I/O errors in a run of the history: faults {0}/{0}, {1} told, nothing lost\n", faults,
             told);
}

TEST(IoErrors, InAReadOfTheRegistryMakeItUnreadableNeverSmaller) {
  constexpr int kRows = 300;
  const TempTree tree;
  RegistryBuilder builder(tree, "repo", RawSchema::kLsstCam);
  for (int i = 0; i < kRows; ++i) {
    builder.Row({{"run", "r"},
                 {"expId", 3020050100000 + i},
                 {"visit", 3020050100000 + i},
                 {"raftName", "R22"},
                 {"detectorName", "S01"},
                 {"detector", 91},
                 {"snap", 0},
                 {"dayObs", "2020-05-01"}});
  }
  builder.Close();
  const auto read = [&] {
    absl::StatusOr<std::unique_ptr<Registry>> registry =
        Registry::Open(tree / "repo", {.busy_timeout = std::chrono::milliseconds{20}});
    if (!registry.ok()) return registry.status();
    const absl::StatusOr<NightIngests> ingests = (*registry)->ReadNight(N("2020-05-01"));
    if (ingests.ok()) {
      EXPECT_EQ(ingests->rows.size(), kRows);
    }
    return ingests.status();
  };
  FaultyVfs vfs;
  int faults = 0;
  int told = 0;
  for (bool failed = true; failed; ++faults) {
    vfs.FailAt(faults + 1);  // once: the read is tried again
    absl::Status status = read();
    failed = vfs.num_calls() > faults;
    vfs.FailFrom(faults + 1);
    if (failed && status.ok()) status = read();
    vfs.FailAt(0);
    if (!status.ok()) {
      ++told;
      EXPECT_THAT(status.message(), testing::HasSubstr((tree / "repo").string())) << faults;
    }
  }
  EXPECT_GT(told, 5);
  fmt::print("SQLite's I/O errors in a read of a registry: faults {0}/{0}, {1} told, none read short\n",
             faults, told);
}

}  // namespace
}  // namespace obsmon
