// Early return on a Status that is not OK. Private to the library.
#ifndef OBSMON_SRC_STATUS_MACROS_H_
#define OBSMON_SRC_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"

#define OBSMON_CONCAT_INNER(a, b) a##b
#define OBSMON_CONCAT(a, b) OBSMON_CONCAT_INNER(a, b)

/// Returns the Status of `expression` from the enclosing function unless it is OK.
#define OBSMON_RETURN_IF_ERROR(expression)                                \
  do {                                                                    \
    if (absl::Status obsmon_status = (expression); !obsmon_status.ok()) { \
      return obsmon_status;                                               \
    }                                                                     \
  } while (false)

/// Assigns the value of the StatusOr `expression` to `target`, or returns its Status.
#define OBSMON_ASSIGN_OR_RETURN(target, expression) \
  OBSMON_ASSIGN_OR_RETURN_INNER(OBSMON_CONCAT(obsmon_result_, __LINE__), target, expression)
#define OBSMON_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  target = *std::move(result)

#endif  // OBSMON_SRC_STATUS_MACROS_H_
