// Rows of a history on their way to SQLite.
#ifndef OBSMON_SRC_HISTORY_SQLITE_SINK_H_
#define OBSMON_SRC_HISTORY_SQLITE_SINK_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "history/night_row.h"
#include "history/stored_rows.h"
#include "obsmon/night.h"
#include "sqlite/sqlite.h"
#include "text/utf8.h"

namespace obsmon {

/// Binds the values of a row to a statement: a Sink, as stored_rows.h has them.
class SqliteSink {
 public:
  /// Begins after the first `num_bound` values.
  explicit SqliteSink(sqlite::Statement& statement, int num_bound = 0)
      : statement_(statement), position_(num_bound) {}

  void Int(std::int64_t value) { statement_.Bind(++position_, value); }
  /// As TEXT where it is UTF-8, else as a BLOB.
  void Text(std::string_view text) {
    if (IsUtf8(text)) {
      statement_.Bind(++position_, text);
    } else {
      statement_.BindBlob(++position_, text);
    }
  }
  void IntOrNull(std::optional<std::int64_t> value) {
    if (value) return Int(*value);
    statement_.BindNull(++position_);
  }
  void Time(std::optional<UtcTime> time) { IntOrNull(time ? std::optional(ToNanos(*time)) : std::nullopt); }

 private:
  sqlite::Statement& statement_;
  int position_;
};

/// Puts the night's row, with no fingerprint, in place of the one that is there. Runs with WriteNightRow.
inline constexpr std::string_view kWriteNight = "INSERT OR REPLACE INTO night (" OBSMON_NIGHT_COLUMNS
                                                ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                                "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

inline absl::Status WriteNightRow(sqlite::Statement& statement, const NightSummary& night) {
  SqliteSink sink(statement);
  WriteNight(sink, night);
  return statement.Run();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_SQLITE_SINK_H_
