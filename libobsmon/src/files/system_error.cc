#include "files/system_error.h"

#include <fmt/format.h>

#include <cerrno>

namespace obsmon {

absl::Status SystemError(int error, std::string_view what, std::string_view what_to_do) {
  return {absl::ErrnoToStatusCode(error == EROFS ? EACCES : error),
          fmt::format("{}: {}; {}", what, std::generic_category().message(error), what_to_do)};
}

}  // namespace obsmon
