#include "postgres/libpq_calls.h"

#include <fmt/format.h>

#include <string>

#include "absl/status/statusor.h"
#include "files/shared_library.h"
#include "status_macros.h"

namespace obsmon::postgres {
namespace {

// Of all versions since PostgreSQL 8.2, and those that are to come: what it promises to programs is only
// added to.
constexpr const char* kLibpq = "libpq.so.5";

absl::StatusOr<LibpqCalls> FindLibpqCalls() {
  OBSMON_ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::Open(kLibpq));
  LibpqCalls calls;
  OBSMON_FOR_EACH_LIBPQ_CALL(OBSMON_FIND_CALL)
  return calls;
}

const absl::StatusOr<LibpqCalls>& FoundLibpqCalls() {
  static const absl::StatusOr<LibpqCalls> found = FindLibpqCalls();
  return found;
}

}  // namespace

absl::Status OpenLibpq() {
  const absl::Status& status = FoundLibpqCalls().status();
  if (status.ok()) return status;
  return absl::UnimplementedError(
      fmt::format("PostgreSQL can't be read without libpq ({}); install it (Debian's package is libpq5)",
                  std::string(status.message())));
}

const LibpqCalls& Libpq() { return *FoundLibpqCalls(); }

}  // namespace obsmon::postgres
