#include "registry/query_rows.h"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "obsmon/raw_file_name.h"
#include "query/asked_query.h"
#include "status_macros.h"

namespace obsmon {
namespace {

enum Text : std::size_t { kStatusText, kMessageText, kObservationTypeText };
constexpr AnswerForm kAnswerForm{.time = "ingest_time", .texts = {"status", "message", "observation_type"}};

// kFailedPrecondition where the status is no known word, as an empty one; none at all means ingested.
absl::Status AddAnswer(Night night, const AnswerRow& answer, ListedNight& listed) {
  IngestRow row{.path = answer.path, .night = night, .message = answer.texts[kMessageText].value_or("")};
  if (const std::optional<std::string_view> word = answer.texts[kStatusText]) {
    const std::optional<IngestStatus> status = StatusOfWord(*word);
    if (!status) {
      return absl::FailedPreconditionError(fmt::format(
          "the query gives {} the status '{}', which obsmon does not know; let the query say ingested, "
          "pending, failed or ignored instead",
          row.path, *word));
    }
    row.status = *status;
    if (row.message.empty()) row.message = MessageOfWord(*word);
  }
  // Of an attempt that was not one, no time of ingest is known.
  if (row.status == IngestStatus::kIngested) row.ingest_time = answer.time;
  listed.rows.Append(row);
  const std::string_view type = answer.texts[kObservationTypeText].value_or("");
  const std::optional<RawFileName> name = ParseRawFileName(row.path);
  if (name && !type.empty()) {
    listed.observation_types.try_emplace(std::string(name->obs_id), std::string(type));
  }
  return absl::OkStatus();
}

class QueryRows final : public RowSource {
 public:
  explicit QueryRows(std::unique_ptr<AskedQuery> query) : query_(std::move(query)) {}

  absl::Status Check() override { return query_->Check(); }
  absl::Status Read(std::span<const Night> nights, ListedRows& rows) override {
    const auto begin = [&rows] { rows.clear(); };
    const auto add = [&rows](Night night, const AnswerRow& answer) {
      return AddAnswer(night, answer, rows[night]);
    };
    return query_->Read(nights, {.begin = begin, .add = add});
  }
  std::string ChangeToken() override { return query_->ChangeToken(); }

 private:
  std::unique_ptr<AskedQuery> query_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowSource>> MakeQueryRows(const SqlQuery& sql,
                                                         const RegistryOptions& options) {
  OBSMON_ASSIGN_OR_RETURN(std::unique_ptr<AskedQuery> query,
                          AskedQuery::Make(sql, kAnswerForm,
                                           {.logins = options.logins,
                                            .busy_timeout = options.busy_timeout,
                                            .copies_folder = options.copies_folder,
                                            .stop = options.control.stop}));
  return std::make_unique<QueryRows>(std::move(query));
}

}  // namespace obsmon
