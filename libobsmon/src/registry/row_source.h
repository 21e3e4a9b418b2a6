// Where rows of "this path is ingested" come from, when it is not a Butler repository that has them: a query
// that an observatory writes for a table of its own, or the event tables of the Rubin data backbone.
#ifndef OBSMON_SRC_REGISTRY_ROW_SOURCE_H_
#define OBSMON_SRC_REGISTRY_ROW_SOURCE_H_

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "obsmon/night.h"
#include "obsmon/registry.h"

namespace obsmon {

/// The rows of a night. Of each only path, night, status, message and ingest_time are given.
struct ListedNight {
  IngestTable rows{};
  ObservationTypes observation_types{};
  std::vector<FileEvent> events{};  ///< as of NightIngests
};
using ListedRows = std::map<Night, ListedNight>;

class RowSource {
 public:
  virtual ~RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;

  /// Whether it can be asked at all. Errors: as Registry::Open.
  virtual absl::Status Check() = 0;
  /// Reads the rows of `nights` in one transaction, and puts them into `rows`. Errors: as Registry::Read.
  virtual absl::Status Read(std::span<const Night> nights, ListedRows& rows) = 0;
  /// As Registry::ChangeToken.
  virtual std::string ChangeToken() = 0;

 protected:
  RowSource() = default;
};

/// What a status means, in any case of letters: SUCCESS, FAILURE, PENDING, UNTRIED, … of the data backbone,
/// and a few words that others use (README has the table). Nothing where it is none of these.
std::optional<IngestStatus> StatusOfWord(std::string_view word);

/// What `word` means beyond its IngestStatus, for a row that has no message of its own; may be empty.
std::string_view MessageOfWord(std::string_view word);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_ROW_SOURCE_H_
