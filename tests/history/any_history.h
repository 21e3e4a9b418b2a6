// What every kind of history is tested for: each executable instantiates AnyHistory with the kinds that it
// knows.
#ifndef OBSMON_TESTS_HISTORY_ANY_HISTORY_H_
#define OBSMON_TESTS_HISTORY_ANY_HISTORY_H_

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/history.h"

namespace obsmon {

/// A history of a test's own, empty at first.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;
  HistoryStore(const HistoryStore&) = delete;
  HistoryStore& operator=(const HistoryStore&) = delete;

  virtual absl::StatusOr<std::unique_ptr<History>> Open() = 0;
  virtual absl::StatusOr<std::unique_ptr<History>> OpenReadOnly() = 0;
  /// The rows that `sql` gives to a script, a string each with '|' between the values.
  virtual std::vector<std::string> Lines(const std::string& sql) = 0;

 protected:
  HistoryStore() = default;
};

/// How to make one.
struct KindOfHistory {
  const char* name = "";
  std::unique_ptr<HistoryStore> (*make)() = nullptr;  ///< null where that can't be here: the test is skipped

  friend void PrintTo(const KindOfHistory& kind, std::ostream* out) { *out << kind.name; }
};

class AnyHistory : public testing::TestWithParam<KindOfHistory> {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    if (store_ == nullptr) GTEST_SKIP() << "no PostgreSQL server runs";
  }

  std::unique_ptr<History> Open() { return store_->Open().value(); }
  std::unique_ptr<History> OpenReadOnly() { return store_->OpenReadOnly().value(); }
  std::vector<std::string> Lines(const std::string& sql) { return store_->Lines(sql); }
  std::vector<NightSummary> Nights() { return Open()->Nights().value(); }
  /// One run that puts these reports.
  void Put(const std::vector<NightReport>& reports, const NightFingerprint& fingerprint = {});

 private:
  std::unique_ptr<HistoryStore> store_;
};

/// Puts back into `report` what the history knows of its night.
void RestoreFrom(History& history, NightReport& report);

}  // namespace obsmon

#endif  // OBSMON_TESTS_HISTORY_ANY_HISTORY_H_
