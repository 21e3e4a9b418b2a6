#include <fmt/format.h>

#include <chrono>

#include "obsmon/report.h"
#include "text/human.h"

namespace obsmon {
namespace {

std::string Ago(const std::optional<UtcTime>& time, UtcTime as_of) {
  return time ? fmt::format(" {} ago", HumanDuration(as_of - *time)) : std::string();
}

std::string IngestedReason(const FileRow& file) {
  std::string reason = "ingested";
  if (file.ingest_time && file.creation_time) {
    reason += fmt::format(" {} after its creation", HumanDuration(*file.ingest_time - *file.creation_time));
  }
  if (!file.in_storage) reason += "; no longer in storage";
  if (file.basis == MatchBasis::kName) reason += "; told by its name and size";
  return reason;
}

// rsync writes all the while; what has not been written for so long has no rsync any more.
constexpr std::chrono::hours kOrphanAge{1};

std::string InFlightReason(const FileRow& file, UtcTime as_of) {
  if (file.arrival_time && as_of - *file.arrival_time >= kOrphanAge) {
    return fmt::format(
        "an orphan: left unfinished by a transfer that wrote to it last{}; remove it once the "
        "file itself has arrived",
        Ago(file.arrival_time, as_of));
  }
  return fmt::format("rsync has not finished it; last written{}", Ago(file.arrival_time, as_of));
}

std::string WithMessage(std::string reason, std::string_view message) {
  if (!message.empty()) reason += fmt::format(": {}", message);
  return reason;
}

}  // namespace

std::string Reason(const FileRow& file, UtcTime as_of) {
  switch (file.verdict) {
    case Verdict::kIngested:
      return IngestedReason(file);
    case Verdict::kArtifactGone:
      return fmt::format("the registry lists {}, but that file is gone", file.ingest_path);
    case Verdict::kInFlight:
      return InFlightReason(file, as_of);
    case Verdict::kPending:
      return WithMessage(std::string(VerdictMeaning(Verdict::kPending)), file.message);
    case Verdict::kFailed:
      return WithMessage(std::string(VerdictMeaning(Verdict::kFailed)), file.message);
    case Verdict::kSettling:
      return fmt::format("arrived{}; it may be ingested yet", Ago(file.arrival_time, as_of));
    case Verdict::kTooSmall:
      return fmt::format("only {} bytes, too small to hold an image; arrived{}, not ingested",
                         file.size_bytes.value_or(0), Ago(file.arrival_time, as_of));
    case Verdict::kNotIngested:
      return fmt::format("arrived whole{}, but the registry does not list it", Ago(file.arrival_time, as_of));
    case Verdict::kMissing:
    case Verdict::kIgnored:
    case Verdict::kNotFits:
    case Verdict::kUnknown:
      return std::string(VerdictMeaning(file.verdict));
  }
  return {};
}

}  // namespace obsmon
