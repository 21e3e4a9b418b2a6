// The words by which tables of ingests tell how an ingest went.

#include <algorithm>
#include <array>

#include "registry/row_source.h"

namespace obsmon {
namespace {

struct StatusWord {
  std::string_view word;
  IngestStatus status;
  std::string_view message = {};
};

// The upper half are those of the data backbone's endpoint manager (lsst-dm/dbb_buffmngrs_endpoint, status.py
// and ingester.py): UNTRIED waits for its first attempt, RERUN for another; INVALID files were not there, or
// empty; UNKNOWN is an attempt of which nothing was heard again, its worker was killed, say; IGNORED does not
// fit the ingester's patterns; BACKFILL was in storage before there was an ingester, and nobody checked
// whether it is ingested.
constexpr std::array kStatusWords = {
    StatusWord{"untried", IngestStatus::kPending},
    StatusWord{"pending", IngestStatus::kPending},
    StatusWord{"rerun", IngestStatus::kPending, "it is to be tried once more"},
    StatusWord{"success", IngestStatus::kIngested},
    StatusWord{"failure", IngestStatus::kFailed},
    StatusWord{"invalid", IngestStatus::kFailed, "the ingester found it not valid"},
    StatusWord{"unknown", IngestStatus::kFailed, "the ingester lost track of this attempt"},
    StatusWord{"ignored", IngestStatus::kIgnored, "the ingester ignores it"},
    StatusWord{"backfill", IngestStatus::kIgnored,
               "it was in storage before the ingester began; whether it is ingested was not checked"},
    StatusWord{"ingested", IngestStatus::kIngested},
    StatusWord{"done", IngestStatus::kIngested},
    StatusWord{"ok", IngestStatus::kIngested},
    StatusWord{"queued", IngestStatus::kPending},
    StatusWord{"running", IngestStatus::kPending},
    StatusWord{"failed", IngestStatus::kFailed},
    StatusWord{"error", IngestStatus::kFailed},
    StatusWord{"skipped", IngestStatus::kIgnored, "the ingester skipped it"},
};

const StatusWord* Find(std::string_view word) {
  const auto equals = [word](const StatusWord& known) {
    return std::ranges::equal(known.word, word, {}, {}, [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  };
  const auto* const found = std::ranges::find_if(kStatusWords, equals);
  return found == kStatusWords.end() ? nullptr : found;
}

}  // namespace

std::optional<IngestStatus> StatusOfWord(std::string_view word) {
  const StatusWord* const known = Find(word);
  if (known == nullptr) return std::nullopt;
  return known->status;
}

std::string_view MessageOfWord(std::string_view word) {
  const StatusWord* const known = Find(word);
  return known == nullptr ? std::string_view() : known->message;
}

}  // namespace obsmon
