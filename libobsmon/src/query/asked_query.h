// A query that an observatory wrote for a table of its own, asked a night at a time.
#ifndef OBSMON_SRC_QUERY_ASKED_QUERY_H_
#define OBSMON_SRC_QUERY_ASKED_QUERY_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "obsmon/database.h"
#include "obsmon/night.h"
#include "query/night_query.h"

namespace obsmon {

/// What an answer's columns may be called, besides `path`, which must be there.
struct AnswerForm {
  static constexpr std::size_t kMostTexts = 3;

  std::string_view time{};
  std::array<std::string_view, kMostTexts> texts{};
};

/// One row of an answer; its views live until the next. What is NULL, or has no column, is absent.
struct AnswerRow {
  std::string_view path{};  ///< never empty
  std::optional<UtcTime> time{};
  std::array<std::optional<std::string_view>, AnswerForm::kMostTexts> texts{};  ///< in the order of the form
};

/// How a database is asked.
struct AskOptions {
  DatabaseLogins logins{};
  std::chrono::milliseconds busy_timeout = std::chrono::seconds{10};
  std::filesystem::path copies_folder = "/tmp";  ///< see sqlite::ForeignDatabase
  std::stop_token stop{};
};

/// How the URI of a database in a file begins: "sqlite:////absolute/path".
inline constexpr std::string_view kSqliteScheme = "sqlite:///";

/// The file that a URI of SQLite names, which may be empty; nothing for any other URI.
std::optional<std::string_view> SqliteFileOf(std::string_view uri);

/// kInvalidArgument where `uri` is of no PostgreSQL database.
absl::Status CheckUri(std::string_view uri);

class AskedQuery {
 public:
  /// kInvalidArgument for a URI that is none, and a query that does not say where the night goes.
  static absl::StatusOr<std::unique_ptr<AskedQuery>> Make(const SqlQuery& sql, const AnswerForm& form,
                                                          AskOptions options);

  virtual ~AskedQuery() = default;
  AskedQuery(const AskedQuery&) = delete;
  AskedQuery& operator=(const AskedQuery&) = delete;

  /// Whether it can be asked at all. Errors: those of Registry::OpenSql.
  virtual absl::Status Check() = 0;

  /// What takes the rows. An attempt that failed is begun anew: what came before the last call of `begin`
  /// does not count.
  struct Sink {
    absl::FunctionRef<void()> begin;
    absl::FunctionRef<absl::Status(Night, const AnswerRow&)> add;
  };
  /// Asks for all of `nights` in one transaction. Errors: those of Registry::OpenSql, and of `add`.
  virtual absl::Status Read(std::span<const Night> nights, Sink sink) = 0;

  /// As Registry::ChangeToken.
  virtual std::string ChangeToken() = 0;

 protected:
  AskedQuery() = default;
};

/// Of a table on a PostgreSQL server. REQUIRES: postgres::IsUri(uri).
std::unique_ptr<AskedQuery> MakePostgresQuery(std::string uri, NightQuery query, const AnswerForm& form,
                                              AskOptions options);

/// Of a table in an SQLite file.
std::unique_ptr<AskedQuery> MakeSqliteQuery(std::filesystem::path file, NightQuery query,
                                            const AnswerForm& form, AskOptions options);

/// Where in an answer's columns what is asked for stands; -1 where it has none of that name.
struct AnswerColumns {
  int path = -1;
  int time = -1;
  std::array<int, AnswerForm::kMostTexts> texts{};

  /// By name, in any case of letters. kFailedPrecondition, with what there is instead, where none is called
  /// path.
  static absl::StatusOr<AnswerColumns> Find(const AnswerForm& form, const std::vector<std::string>& names);
};

}  // namespace obsmon

#endif  // OBSMON_SRC_QUERY_ASKED_QUERY_H_
