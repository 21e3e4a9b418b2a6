#include "obsmon/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "history/night_facts.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

using Nights = std::span<const NightSummary>;

// A label's value is UTF-8, with a backslash before what would end it.
std::string LabelValue(std::string_view text) {
  std::string value;
  for (const char c : EscapeForDisplay(text)) {
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

double SecondsOf(UtcTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// The text under construction: a family after the other, each with all of its series, as the format wants it.
class Families {
 public:
  explicit Families(std::span<const StreamMetrics> streams) : streams_(streams) {}

  void Begin(std::string_view name, std::string_view help) {
    name_ = name;
    fmt::format_to(to(), "# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
  }
  void Integer(std::string_view labels, std::int64_t value) {
    fmt::format_to(to(), "{}{{{}}} {}\n", name_, labels, value);
  }
  void Time(std::string_view labels, const std::optional<UtcTime>& time) {
    if (time) fmt::format_to(to(), "{}{{{}}} {:.3f}\n", name_, labels, SecondsOf(*time));
  }

  void Seconds(std::string_view labels, std::chrono::nanoseconds span) {
    fmt::format_to(to(), "{}{{{}}} {:.3f}\n", name_, labels, std::chrono::duration<double>(span).count());
  }

  /// Calls `series(labels, stream)` for each stream.
  template <typename Series>
  void ForStreams(Series series) {
    for (const StreamMetrics& stream : streams_) series(LabelsOf(stream), stream);
  }
  /// Calls `series(labels, nights)` for each stream whose history could be read.
  template <typename Series>
  void ForHistories(Series series) {
    for (const StreamMetrics& stream : streams_) {
      if (stream.nights) series(LabelsOf(stream), Nights(*stream.nights));
    }
  }
  /// Calls `series(labels, night)` for each of the latest nights of each stream.
  template <typename Series>
  void ForNights(Series series) {
    ForHistories([&](const std::string& labels, Nights nights) {
      for (const NightSummary& night : nights.first(std::min(nights.size(), kNightsWithMetrics))) {
        series(fmt::format("{},night=\"{}\"", labels, night.night.ToString()), night);
      }
    });
  }

  std::string Finish() && { return std::move(text_); }

 private:
  std::back_insert_iterator<std::string> to() { return std::back_inserter(text_); }
  static std::string LabelsOf(const StreamMetrics& stream) {
    return fmt::format("stream=\"{}\"", LabelValue(stream.stream));
  }

  std::span<const StreamMetrics> streams_;
  std::string_view name_;
  std::string text_;
};

void AboutStreams(Families& out) {
  out.Begin("obsmon_update_status", "How the last update of the stream ended: exit status of obsmon update.");
  out.ForStreams([&](const std::string& labels, const StreamMetrics& stream) {
    out.Integer(labels, stream.update_status);
  });
  out.Begin("obsmon_last_look_timestamp_seconds", "When a night of the stream was last looked at.");
  out.ForHistories([&](const std::string& labels, Nights nights) { out.Time(labels, LastLookAt(nights)); });
  out.Begin("obsmon_open_nights", "Nights of the stream that need attention or are unknown.");
  out.ForHistories([&](const std::string& labels, Nights nights) {
    out.Integer(labels, std::ranges::count_if(nights, IsProblem));
  });
}

void AboutNights(Families& out) {
  out.Begin("obsmon_files", "Files of the night by verdict.");
  out.ForNights([&](const std::string& labels, const NightSummary& night) {
    for (const Verdict verdict : kAllVerdicts) {
      out.Integer(fmt::format("{},verdict=\"{}\"", labels, VerdictName(verdict)), night.counts[verdict]);
    }
  });
  out.Begin("obsmon_night_state", "1 for the state that the night has, 0 for the others.");
  out.ForNights([&](const std::string& labels, const NightSummary& night) {
    for (const NightState state : {NightState::kComplete, NightState::kInProgress,
                                   NightState::kNeedsAttention, NightState::kUnknown}) {
      out.Integer(fmt::format("{},state=\"{}\"", labels, NightStateName(state)),
                  night.state == state ? 1 : 0);
    }
  });
  struct Latest {
    std::string_view name, help;
    std::optional<UtcTime> NightCounts::*time;
  };
  for (const Latest& latest :
       {Latest{"obsmon_last_creation_timestamp_seconds", "When the night's latest file was created.",
               &NightCounts::last_creation},
        Latest{"obsmon_last_arrival_timestamp_seconds", "When the night's latest file arrived.",
               &NightCounts::last_arrival},
        Latest{"obsmon_last_ingest_timestamp_seconds", "When a file of the night was last ingested.",
               &NightCounts::last_ingest}}) {
    out.Begin(latest.name, latest.help);
    out.ForNights([&](const std::string& labels, const NightSummary& night) {
      out.Time(labels, night.counts.*latest.time);
    });
  }
}

// A span of time without a file has no series, as a time that is not known.
void AboutLatencies(Families& out) {
  const auto for_spans = [&out](auto series) {
    out.ForNights([&](const std::string& labels, const NightSummary& night) {
      for (const LatencyKind& kind : kLatencyKinds) {
        const LatencySummary& summary = night.latency.*kind.of;
        if (summary.files > 0) series(fmt::format("{},span=\"{}\"", labels, kind.name), summary);
      }
    });
  };
  out.Begin("obsmon_latency_seconds", "How long files of the night took for a span of their way.");
  for_spans([&out](const std::string& labels, const LatencySummary& summary) {
    out.Seconds(labels + ",rank=\"p50\"", summary.p50);
    out.Seconds(labels + ",rank=\"p95\"", summary.p95);
    out.Seconds(labels + ",rank=\"max\"", summary.max);
  });
  out.Begin("obsmon_latency_files", "Of how many files obsmon_latency_seconds tells.");
  for_spans([&out](const std::string& labels, const LatencySummary& summary) {
    out.Integer(labels, summary.files);
  });
  out.Begin("obsmon_latency_negative_files",
            "Those of them whose span ended before it began: a clock is wrong.");
  for_spans([&out](const std::string& labels, const LatencySummary& summary) {
    out.Integer(labels, summary.negative);
  });
}

void AboutExposures(Families& out) {
  out.Begin("obsmon_exposures", "Exposures of the night, by whether a manifest tells which files they have.");
  out.ForNights([&](const std::string& labels, const NightSummary& night) {
    out.Integer(labels + ",manifest=\"yes\"", night.counts.exposures - night.counts.without_manifest);
    out.Integer(labels + ",manifest=\"no\"", night.counts.without_manifest);
  });
}

}  // namespace

std::string RenderMetrics(std::span<const StreamMetrics> streams) {
  Families out(streams);
  AboutStreams(out);
  AboutNights(out);
  AboutLatencies(out);
  AboutExposures(out);
  return std::move(out).Finish();
}

}  // namespace obsmon
