#include "report/reason.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "obsmon/raw_file_name.h"
#include "obsmon/report.h"
#include "text/human.h"

namespace obsmon {
namespace {

/// How a reason tells of instants: by their age, or as they are.
class Instants {
 public:
  Instants(UtcTime as_of, bool as_ages) : as_of_(as_of), as_ages_(as_ages) {}

  UtcTime as_of() const { return as_of_; }
  bool as_ages() const { return as_ages_; }
  // What was written while the look went on is of now: "−0.0 s ago" is nothing to read.
  std::string Age(UtcTime time) const { return HumanDuration(std::max(as_of_ - time, UtcTime::duration{})); }
  /// " 12 min ago", or " at 2020-05-02 01:00:00Z"; nothing where there is none.
  std::string When(const std::optional<UtcTime>& time) const {
    if (!time) return {};
    return as_ages_ ? fmt::format(" {} ago", Age(*time)) : fmt::format(" at {}", HumanTime(*time));
  }

 private:
  UtcTime as_of_;
  bool as_ages_;
};

std::string IngestedReason(const FileRow& file) {
  std::string reason = "ingested";
  if (file.ingest_time && file.creation_time) {
    const auto delay = *file.ingest_time - *file.creation_time;
    const bool is_before = delay < UtcTime::duration{};
    reason += fmt::format(" {} {} its creation", HumanDuration(is_before ? -delay : delay),
                          is_before ? "before" : "after");
  }
  if (!file.in_storage) reason += "; no longer in storage";
  const bool has_another_size =
      file.ingested_size_bytes && file.size_bytes && *file.ingested_size_bytes != *file.size_bytes;
  if (has_another_size) {
    reason += fmt::format("; it has changed since, from {} to {} bytes", *file.ingested_size_bytes,
                          *file.size_bytes);
  } else if (file.checksum_differs) {
    reason += "; it has changed since: its checksum is not the one of its ingest";
  }
  if (file.damaged_size_bytes) {
    reason += fmt::format("; but its copy has {} bytes instead of {}, and a Butler can't read it",
                          *file.damaged_size_bytes, file.ingested_size_bytes.value_or(0));
  }
  if (file.basis == MatchBasis::kName)
    reason += has_another_size ? "; told by its name" : "; told by its name and size";
  if (file.basis == MatchBasis::kKey) reason += "; told by the key of its object and its size";
  if (file.basis == MatchBasis::kChecksum) reason += "; told by its name, size and checksum";
  return reason;
}

std::string MissingReason(const FileRow& file, const Instants& instants) {
  if (!file.in_storage) {
    const bool has_age = file.expected_since && instants.as_ages();
    return fmt::format("expected since {} by its manifest{}, but it never arrived",
                       file.expected_since ? HumanTime(*file.expected_since) : std::string("the beginning"),
                       has_age ? fmt::format(" ({} ago)", instants.Age(*file.expected_since)) : "");
  }
  if (!file.ingest_path.empty()) {
    return fmt::format("the registry lists {}, but a transfer that last wrote to it{} left it unfinished",
                       file.ingest_path, instants.When(file.arrival_time));
  }
  return fmt::format(
      "an orphan: a transfer that wrote to it last{} left it unfinished, and the file itself never arrived",
      instants.When(file.arrival_time));
}

std::string IgnoredReason(const FileRow& file) {
  if (!file.message.empty()) return fmt::format("left out by a rule: {}", file.message);
  return "an orphan: what is left of a transfer that was begun anew; it may be removed";
}

std::string SettlingReason(const FileRow& file, const Instants& instants) {
  if (file.expected_since && *file.expected_since > instants.as_of()) {
    return fmt::format("expected at {}; it may arrive yet", HumanTime(*file.expected_since));
  }
  if (file.expected_since && !instants.as_ages()) {
    return fmt::format("expected since {}; it may arrive yet", HumanTime(*file.expected_since));
  }
  if (file.expected_since) {
    return fmt::format("expected for {}; it may arrive yet", instants.Age(*file.expected_since));
  }
  return fmt::format("arrived{}; it may be ingested yet", instants.When(file.arrival_time));
}

// Guiders' images are ingested by their exposure (embargo-butler, ctrl_oods).
std::string_view GuiderClause(const FileRow& file) {
  if (file.exposure_is_listed) return "";
  const std::optional<RawFileName> name = ParseRawFileName(file.path);
  if (!name || !name->guider) return "";
  return "; a guider's images need an ingested image of their exposure";
}

std::string WithMessage(std::string reason, std::string_view message) {
  if (!message.empty()) reason += fmt::format(": {}", message);
  return reason;
}

std::string ReasonOf(const FileRow& file, const Instants& instants) {
  switch (file.verdict) {
    case Verdict::kIngested:
      return IngestedReason(file);
    case Verdict::kArtifactGone:
      if (!file.message.empty()) return fmt::format("the registry lists it, but {}", file.message);
      return fmt::format("the registry lists {}, but that file is gone", file.ingest_path);
    case Verdict::kMissing:
      return MissingReason(file, instants);
    case Verdict::kInFlight:
      return fmt::format("rsync has not finished it; last written{}", instants.When(file.arrival_time));
    case Verdict::kIgnored:
      return IgnoredReason(file);
    case Verdict::kPending:
      return WithMessage(std::string(VerdictMeaning(Verdict::kPending)), file.message);
    case Verdict::kFailed:
      return WithMessage(std::string(VerdictMeaning(Verdict::kFailed)), file.message);
    case Verdict::kSettling:
      return SettlingReason(file, instants);
    case Verdict::kTooSmall:
      return fmt::format("only {} bytes, too small to hold an image; arrived{}, not ingested",
                         file.size_bytes.value_or(0), instants.When(file.arrival_time));
    case Verdict::kNotIngested:
      return fmt::format("arrived whole{}, but the registry does not list it{}",
                         instants.When(file.arrival_time), GuiderClause(file));
    case Verdict::kUnknown:
      if (!file.ingest_path.empty()) {
        return fmt::format("the registry lists {}, but whether that file is there could not be asked",
                           file.ingest_path);
      }
      [[fallthrough]];
    case Verdict::kNotFits:
      return std::string(VerdictMeaning(file.verdict));
  }
  return {};
}

}  // namespace

std::string Reason(const FileRow& file, UtcTime as_of) { return ReasonOf(file, Instants(as_of, true)); }

std::string LastingReason(const FileRow& file, UtcTime as_of) {
  return ReasonOf(file, Instants(as_of, false));
}

}  // namespace obsmon
