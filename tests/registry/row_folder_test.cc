// How the folders of a registry's rows are visited: many at a time, and put together in their order.
#include "registry/row_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace obsmon {
namespace {

using testing::Each;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::Lt;

// More than are visited before the first answers are taken over.
constexpr int kFolders = 1000;

std::vector<int> Folders() {
  std::vector<int> folders(kFolders);
  std::iota(folders.begin(), folders.end(), 0);
  return folders;
}

TEST(VisitFolders, TakesAnswersOverInTheOrderOfTheFoldersOnTheCallersThread) {
  for (const int threads : {1, 4}) {
    std::vector<int> taken;
    const std::thread::id caller = std::this_thread::get_id();
    const absl::Status status = VisitFolders(
        Folders(), {.num_threads = threads}, [](int folder) { return folder; },
        [&](int answer) {
          EXPECT_EQ(std::this_thread::get_id(), caller);
          taken.push_back(answer);
        });
    EXPECT_EQ(status, absl::OkStatus());
    EXPECT_THAT(taken, ElementsAreArray(Folders())) << threads;
  }
}

TEST(VisitFolders, CallsNothingWhereThereAreNoFolders) {
  std::vector<int> taken;
  const absl::Status status = VisitFolders(
      std::vector<int>(), {}, [](int folder) { return folder; },
      [&](int answer) { taken.push_back(answer); });
  EXPECT_EQ(status, absl::OkStatus());
  EXPECT_THAT(taken, IsEmpty());
}

TEST(VisitFolders, AskedToStopInTheMiddleTakesOverNoAnswerThatWasNotGiven) {
  constexpr int kStopsAt = 500;
  for (const int threads : {1, 4}) {
    std::stop_source stop;
    std::vector<int> taken;
    const absl::Status status = VisitFolders(
        Folders(), {.stop = stop.get_token(), .num_threads = threads},
        [&](int folder) {
          if (folder == kStopsAt) stop.request_stop();
          return folder + 1;  // what was not visited would be 0
        },
        [&](int answer) { taken.push_back(answer); });
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << threads;
    EXPECT_THAT(taken, Each(Lt(kStopsAt + 1))) << threads;
    for (std::size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i], static_cast<int>(i) + 1) << threads;
  }
}

TEST(VisitFolders, GivesItsCallerWhatAVisitThrows) {
  const auto visit_all = [] {
    return VisitFolders(
        Folders(), {.num_threads = 4},
        [](int folder) { return folder == 700 ? throw std::length_error("700") : folder; }, [](int) {});
  };
  EXPECT_THROW(visit_all().IgnoreError(), std::length_error);
}

}  // namespace
}  // namespace obsmon
