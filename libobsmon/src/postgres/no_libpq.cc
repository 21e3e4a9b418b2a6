// What takes the place of libpq.cc in a build without libpq.

#include <fmt/format.h>

#include "postgres/postgres.h"
#include "postgres/uri.h"

namespace obsmon::postgres {

absl::Status CheckForm(std::string_view /*uri*/) { return absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Login& login, const Limits& /*limits*/) {
  return absl::UnimplementedError(fmt::format(
      "{}: this build of obsmon has no libpq, and can't read PostgreSQL; build it with libpq-dev installed "
      "and OBSMON_WITH_POSTGRES=ON",
      ForPeople(login.uri)));
}

}  // namespace obsmon::postgres
