// Which output folder keeps a stream of a shared history up to date. Two streams of one name, from two hosts
// or of two users, would else write over each other's nights in turn.
#ifndef OBSMON_SRC_HISTORY_STREAM_PLACE_H_
#define OBSMON_SRC_HISTORY_STREAM_PLACE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "obsmon/history.h"
#include "postgres/postgres.h"

namespace obsmon {

/// Begins a run of the stream with number `stream` from `output`; returns the run's number.
///
/// A folder is known by a number that the database gave it, in its file kPlaceFileName: so it is the same one
/// under whatever path, and from whichever host, it is reached. Another folder than that of the last run may
/// take the stream over once no run has begun there for `output.max_age`; until then kAborted, naming both.
/// REQUIRES: the lock of the stream is held.
absl::StatusOr<std::int64_t> BeginRun(postgres::Connection& connection, std::int64_t stream,
                                      const StreamOutput& output);

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_STREAM_PLACE_H_
