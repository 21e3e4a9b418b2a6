#include "history/stream_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "files/small_file.h"
#include "history/copy_rows.h"
#include "history/lock_record.h"
#include "history/postgres_schema.h"
#include "status_macros.h"
#include "text/human.h"

namespace obsmon {
namespace {

using postgres::Value;

constexpr std::string_view kLastPlace =
    "SELECT coalesce(place, ''), output_dir, holder, extract(epoch FROM now() - seen_at)::bigint"
    " FROM obsmon.stream WHERE id = $1";
constexpr std::string_view kNewPlace =
    "SELECT md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text)";
// Whoever still writes for an older run holds this row, and is waited for.
constexpr std::string_view kBeginRun =
    "UPDATE obsmon.stream SET run = run + 1, output_dir = $2, holder = $3 || ', since ' ||"
    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), place = $4, seen_at = now()"
    " WHERE id = $1 RETURNING run";

constexpr std::size_t kPlaceDigits = 32;

bool IsPlace(std::string_view text) {
  return text.size() == kPlaceDigits &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// Empty where there is none, or half of one, left by a run that was cut off.
absl::StatusOr<std::string> ReadPlace(const std::filesystem::path& file) {
  absl::StatusOr<std::string> text = ReadSmallFile(file);
  if (absl::IsNotFound(text.status())) return "";
  OBSMON_RETURN_IF_ERROR(text.status());
  while (text->ends_with('\n')) text->pop_back();
  if (!IsPlace(*text)) text->clear();
  return text;
}

absl::Status WritePlace(const std::filesystem::path& file, std::string_view place) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << place << '\n';
  out.close();
  if (out) return absl::OkStatus();
  return absl::PermissionDeniedError(
      fmt::format("{}: can't be written; let this user write the output folder", file.string()));
}

/// The place of a stream's last run.
struct LastPlace {
  std::string id{};
  std::string output_dir{};
  std::string holder{};
  std::optional<std::chrono::seconds> age{};  ///< absent where a run of an older obsmon was the last
};

absl::StatusOr<LastPlace> PlaceOfLastRun(postgres::Connection& connection, std::int64_t stream) {
  const std::array values = {Value{stream}};
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row, connection.Query(kLastPlace, values));
  LastPlace last;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return last;
    last = {.id = std::string(row->Text(0)),
            .output_dir = FromStoredText(row->Text(1)),
            .holder = FromStoredText(row->Text(2))};
    if (!row->IsNull(3)) last.age = std::chrono::seconds(row->Int(3));
  }
}

absl::StatusOr<std::string> NewPlace(postgres::Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(const std::unique_ptr<postgres::Rows> row, connection.Query(kNewPlace));
  std::string place;
  for (;;) {
    OBSMON_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return place;
    place = row->Text(0);
  }
}

absl::Status IsKeptElsewhere(const postgres::Connection& connection, const StreamOutput& output,
                             const std::string& folder, const LastPlace& last) {
  return absl::AbortedError(fmt::format(
      "{0}: stream '{1}' is kept up in {2} (last by {3}), and this is {4} ({5}): two streams of one name "
      "would "
      "overwrite each other. Give one of them another --name; if it has moved here, stop it there, and it is "
      "taken over {6} (--max_age) after its last run",
      connection.shown(), output.name, last.output_dir, last.holder, folder, ThisProcess(),
      HumanDuration(output.max_age)));
}

}  // namespace

absl::StatusOr<std::int64_t> BeginRun(postgres::Connection& connection, std::int64_t stream,
                                      const StreamOutput& output) {
  std::error_code error;
  const std::string folder = std::filesystem::absolute(output.output_dir, error).native();
  const std::filesystem::path file = std::filesystem::path(folder) / kPlaceFileName;
  OBSMON_ASSIGN_OR_RETURN(std::string place, ReadPlace(file));
  OBSMON_ASSIGN_OR_RETURN(const LastPlace last, PlaceOfLastRun(connection, stream));
  if (place != last.id && last.age && *last.age < output.max_age) {
    return IsKeptElsewhere(connection, output, folder, last);
  }
  if (place.empty()) {
    OBSMON_ASSIGN_OR_RETURN(place, NewPlace(connection));
    OBSMON_RETURN_IF_ERROR(WritePlace(file, place));
  }
  const std::string output_dir = StoredText(folder);
  const std::string who = StoredText(ThisProcess());
  OBSMON_ASSIGN_OR_RETURN(
      const std::optional<std::int64_t> run,
      RunForInt(connection, kBeginRun,
                std::array{Value{stream}, Value{std::string_view(output_dir)}, Value{std::string_view(who)},
                           Value{std::string_view(place)}}));
  return run.value_or(0);
}

}  // namespace obsmon
