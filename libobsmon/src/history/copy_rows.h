// Rows for PostgreSQL's COPY, in the binary form of its documentation (SQL Commands, COPY): many times faster
// than inserts, and no text has to be quoted. A Sink, as stored_rows.h has them.
//
// Text in PostgreSQL is UTF-8 without zero bytes; names of files are bytes. What does not fit is written with
// its odd bytes as %XX behind a mark that no name begins with, and read back byte for byte.
#ifndef OBSMON_SRC_HISTORY_COPY_ROWS_H_
#define OBSMON_SRC_HISTORY_COPY_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "history/merge_rows.h"
#include "history/stored_rows.h"
#include "obsmon/night.h"
#include "postgres/postgres.h"

namespace obsmon {

/// `text` as a column of type text can hold it.
std::string StoredText(std::string_view text);
/// Undoes StoredText.
std::string FromStoredText(std::string_view stored);

/// The keys of paths: as StoredText, and shortened where a path is too long for an index (2,704 bytes), with
/// a digest in front in place of what lies between its beginning and its end. Views live as long as this, or
/// as the path.
class StoredPaths {
 public:
  /// Up to so many bytes a path is kept whole, whatever its bytes are.
  static constexpr std::size_t kNeverShortened = 600;

  Key operator()(std::string_view path);
  static Key OfStored(std::string_view path) { return {.path = path}; }

 private:
  std::deque<std::string> odd_;
};

/// Copies rows into one table.
class CopyRows {
 public:
  /// `columns` are all that a row is given, with commas.
  CopyRows(postgres::Connection& connection, std::string_view table, std::string_view columns);

  void Int(std::int64_t value);  ///< of a bigint
  void Int32(std::int32_t value);
  void Text(std::string_view text);
  void TextAsIs(std::string_view stored);  ///< StoredText already
  void IntOrNull(std::optional<std::int64_t> value);
  void Time(std::optional<UtcTime> time) { IntOrNull(time ? std::optional(ToNanos(*time)) : std::nullopt); }
  void Null();

  void BeginRow();
  /// Sends rows once there are many.
  absl::Status EndRow();
  absl::Status Finish();

 private:
  absl::Status Send();

  postgres::Connection& connection_;
  std::string sql_;
  std::int16_t num_columns_ = 0;
  std::string rows_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_COPY_ROWS_H_
