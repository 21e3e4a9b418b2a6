#include <cstddef>
#include <mutex>
#include <utility>

#include "files/parallel.h"
#include "obsmon/monitor.h"

namespace obsmon {
namespace {

/// The updates of one call. What it tells its caller never overlaps.
class StreamsUpdate {
 public:
  StreamsUpdate(std::span<const StreamConfig> streams, UtcTime as_of, const WorkControl& control,
                const std::function<void(const UpdateResult&)>& told)
      : streams_(streams), as_of_(as_of), control_(control), told_(told), results_(streams.size()) {}

  std::vector<UpdateResult> Run() && {
    // As many as there are processors, and not more where one waits: each may hold a night in memory.
    ParallelFor(streams_.size(), ThreadsOrDefault(0),
                [this](std::size_t i) { Keep(i, Update(streams_[i])); });
    return std::move(results_);
  }

 private:
  UpdateResult Update(const StreamConfig& config) const {
    WorkControl control = control_;
    if (streams_.size() > 1) control.progress = {};  // the steps of several at once tell nobody anything
    return UpdateStream(config.stream, config.window, as_of_, control);
  }

  void Keep(std::size_t i, UpdateResult result) {
    const std::lock_guard lock(mutex_);
    results_[i] = std::move(result);
    is_done_[i] = true;
    ++num_done_;
    if (streams_.size() > 1 && control_.progress) {
      control_.progress("streams", static_cast<std::int64_t>(num_done_),
                        static_cast<std::int64_t>(streams_.size()));
    }
    for (; next_ < results_.size() && is_done_[next_]; ++next_) {
      if (told_) told_(results_[next_]);
    }
  }

  const std::span<const StreamConfig> streams_;
  const UtcTime as_of_;
  const WorkControl& control_;
  const std::function<void(const UpdateResult&)>& told_;
  std::mutex mutex_;  // of all that follows
  std::vector<UpdateResult> results_;
  std::vector<bool> is_done_ = std::vector<bool>(results_.size());
  std::size_t num_done_ = 0;
  std::size_t next_ = 0;  // the first that is not told yet
};

}  // namespace

std::vector<UpdateResult> UpdateStreams(std::span<const StreamConfig> streams, UtcTime as_of,
                                        const WorkControl& control,
                                        const std::function<void(const UpdateResult&)>& told) {
  return StreamsUpdate(streams, as_of, control, told).Run();
}

}  // namespace obsmon
