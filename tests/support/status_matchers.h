// GoogleTest matchers for absl::Status and absl::StatusOr.
#ifndef OBSMON_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define OBSMON_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace obsmon {

inline const absl::Status& StatusIn(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusIn(const absl::StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusIn(arg).ToString();
  return StatusIn(arg).ok();
}

/// Is OK, and its value matches.
MATCHER_P(IsOkAndHolds, value, "is OK and holds that value") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return testing::ExplainMatchResult(value, *arg, result_listener);
}

/// Fails with `code`, and with a message that matches `message`.
MATCHER_P2(FailsWith, code, message, "fails with that code and message") {
  const absl::Status& status = StatusIn(arg);
  *result_listener << status.ToString();
  return status.code() == code &&
         testing::ExplainMatchResult(message, std::string(status.message()), result_listener);
}

}  // namespace obsmon

/// Declares `target` from the StatusOr `expression`, or ends the test.
#define ASSERT_OK_AND_ASSIGN(target, expression) \
  ASSERT_OK_AND_ASSIGN_INNER(GTEST_CONCAT_TOKEN_(assigned_, __LINE__), target, expression)
#define ASSERT_OK_AND_ASSIGN_INNER(result, target, expression) \
  auto result = (expression);                                  \
  ASSERT_TRUE(result.ok()) << result.status();                 \
  target = *std::move(result)

#endif  // OBSMON_TESTS_SUPPORT_STATUS_MATCHERS_H_
