#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "files/directory.h"
#include "files/parallel.h"
#include "history/night_facts.h"
#include "history/postgres_history.h"
#include "history/sqlite_history.h"
#include "monitor/night_look.h"
#include "monitor/stream_view.h"
#include "obsmon/monitor.h"
#include "obsmon/pages.h"
#include "pages/published_data.h"
#include "status_macros.h"

namespace obsmon {
namespace {

// A transaction is closed after this many rows, so that readers of the history never wait for long and a run
// over many nights keeps what it has found so far. Each night is whole in itself.
constexpr std::int64_t kRowsPerTransaction = 250'000;

// Pages that are published together: each waits for the disk, and the disk writes many in the time of one. A
// few are written one after the other; what waits is bounded.
constexpr std::size_t kPagesAtOnce = 64;
constexpr std::size_t kBytesOfPagesAtOnce = std::size_t{16} * 1024 * 1024;

// A thread costs as much as the page of so many rows.
constexpr std::size_t kRowsWorthAThread = 100;

// Of paths that are whole, and have no links.
bool LiesIn(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

// What obsmon watches it does not write.
absl::Status CheckOutputIsNoInput(const Stream& stream) {
  const std::filesystem::path output = WithoutLinks(stream.output_dir);
  const std::filesystem::path repo = WithoutLinks(stream.RepoFolder());
  std::vector<std::filesystem::path> inputs = {WithoutLinks(stream.StorageFolder())};
  // A repository may be the input folder itself, which holds the output as it holds storage.
  if (!LiesIn(inputs.front(), repo) || LiesIn(repo, output)) inputs.push_back(repo);
  for (const std::filesystem::path& folder : {stream.pending_folder, stream.bad_folder}) {
    if (!folder.empty()) inputs.push_back(WithoutLinks(folder));
  }
  const auto input = std::ranges::find_if(
      inputs, [&output](const std::filesystem::path& folder) { return LiesIn(output, folder); });
  if (input == inputs.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: the output can't lie in {}, where obsmon writes nothing; give another output_dir",
                  stream.output_dir.string(), input->string()));
}

// Not a link, nor what a full disk or a careless hand has left empty.
bool IsPage(const std::filesystem::path& file) {
  struct stat found {};
  return lstat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0;
}

/// One update, step by step. Each step returns the Status that ends it; `outcome_` says what kind of end that
/// is.
class StreamUpdate {
 public:
  StreamUpdate(const Stream& stream, const NightWindow& window, UtcTime as_of, const WorkControl& control)
      : stream_(stream), window_(window), as_of_(as_of), control_(control) {}

  UpdateResult Run() && {
    result_.stream = stream_.name;
    result_.status = Steps();
    if (keeping_.valid()) keeping_.wait();  // where an error has ended the steps
    if (absl::IsCancelled(result_.status)) {
      result_.status = absl::CancelledError("stopped as asked; the nights that were done before are kept");
      result_.outcome = UpdateOutcome::kStopped;
    } else if (outcome_ == UpdateOutcome::kOutputUnwritable && absl::IsAborted(result_.status)) {
      result_.outcome = UpdateOutcome::kLocked;  // another run has taken the shared history over meanwhile
    } else if (!result_.status.ok()) {
      result_.outcome = outcome_;
    } else if (!result_.warnings.empty()) {
      result_.outcome = UpdateOutcome::kDoneInPart;
    }
    result_.changed.resize(num_kept_);
    if (!result_.status.ok()) result_.nights.clear();
    return std::move(result_);
  }

 private:
  absl::Status Steps() {
    if (control_.stop.stop_requested()) return absl::CancelledError("");
    outcome_ = UpdateOutcome::kUsage;
    OBSMON_ASSIGN_OR_RETURN(nights_, NightsOf(window_, TodayOf(stream_, as_of_)));
    OBSMON_RETURN_IF_ERROR(CheckOptionsOf(stream_));
    OBSMON_RETURN_IF_ERROR(CheckInputOf(stream_));
    if (stream_.output_dir.empty()) return absl::InvalidArgumentError("no output: give output_dir");
    OBSMON_RETURN_IF_ERROR(CheckOutputIsNoInput(stream_));
    outcome_ = UpdateOutcome::kInputUnreadable;
    OBSMON_ASSIGN_OR_RETURN(StreamView view, StreamView::Open(stream_, as_of_, control_));
    outcome_ = UpdateOutcome::kOutputUnwritable;
    OBSMON_RETURN_IF_ERROR(OpenOutput());
    view.SetRecall([this](Night night) {
      const std::lock_guard lock(history_mutex_);
      absl::StatusOr<std::optional<EarlierLook>> earlier = history_->Recall(night);
      could_recall_ = could_recall_ && earlier.ok();
      return earlier;
    });
    OBSMON_RETURN_IF_ERROR(ReadWhatIsThere());
    AddNightsWithOpenProblems();
    view.Expect(nights_);
    OBSMON_RETURN_IF_ERROR(LookAtNights(view));
    outcome_ = UpdateOutcome::kOutputUnwritable;
    return PublishIndex();
  }

  absl::Status OpenOutput() {
    std::error_code error;
    std::filesystem::create_directories(stream_.output_dir, error);
    if (error) {
      return absl::ErrnoToStatus(
          error.value(), fmt::format("{}: the output folder can't be made", stream_.output_dir.string()));
    }
    OBSMON_RETURN_IF_ERROR(Lock());
    if (!stream_.history.empty()) return OpenShared();
    OBSMON_ASSIGN_OR_RETURN(history_, OpenHistoryUnder(*lock_, stream_.output_dir, control_.stop));
    return absl::OkStatus();
  }

  // Of a shared history too: another stream's pages may be meant to go into this folder.
  absl::Status Lock() {
    absl::StatusOr<OutputLock> lock = OutputLock::Acquire(stream_.output_dir);
    if (!lock.ok()) {
      if (absl::IsAborted(lock.status())) outcome_ = UpdateOutcome::kLocked;
      return lock.status();
    }
    lock_.emplace(*std::move(lock));
    return absl::OkStatus();
  }

  absl::Status OpenShared() {
    absl::StatusOr<std::unique_ptr<History>> history = OpenSharedHistory(OutputOf(stream_), control_.stop);
    if (absl::IsAborted(history.status())) outcome_ = UpdateOutcome::kLocked;
    if (!history.ok()) return history.status();
    history_ = *std::move(history);
    return absl::OkStatus();
  }

  absl::Status ReadWhatIsThere() {
    OBSMON_ASSIGN_OR_RETURN(nights_before_, history_->Nights());
    data_before_ = PublishedData::In(stream_.output_dir);
    return absl::OkStatus();
  }

  void AddNightsWithOpenProblems() {
    if (!window_.IsDefault()) return;
    for (const NightSummary& night : nights_before_) {
      if (night.night < nights_.back() && IsOpen(night)) nights_.push_back(night.night);
    }
  }

  absl::Status LookAtNights(StreamView& view) {
    OBSMON_RETURN_IF_ERROR(history_->Begin());
    absl::Status looked = LookAtEach(view);
    if (looked.ok() || !CanKeepWhatIsDone(looked)) return looked;
    const UpdateOutcome outcome = outcome_;
    OBSMON_RETURN_IF_ERROR(AwaitKeeping());
    OBSMON_RETURN_IF_ERROR(CommitNights());
    OBSMON_RETURN_IF_ERROR(PublishIndex());
    outcome_ = outcome;
    return looked;
  }

  // A shared history has each night as soon as it is done, and can't be asked any more after a stop.
  bool CanKeepWhatIsDone(const absl::Status& end) const {
    if (absl::IsCancelled(end)) return stream_.history.empty();
    return outcome_ != UpdateOutcome::kOutputUnwritable;
  }

  absl::Status LookAtEach(StreamView& view) {
    for (std::size_t i = 0; i < nights_.size(); ++i) {
      if (control_.stop.stop_requested()) return absl::CancelledError("");
      if (control_.progress) {
        control_.progress("nights", static_cast<std::int64_t>(i), static_cast<std::int64_t>(nights_.size()));
      }
      OBSMON_RETURN_IF_ERROR(LookAtNight(view, nights_[i], i + 1 == nights_.size()));
    }
    OBSMON_RETURN_IF_ERROR(AwaitKeeping());
    return CommitNights();
  }

  absl::Status LookAtNight(StreamView& view, Night night, bool is_last) {
    outcome_ = UpdateOutcome::kOutputUnwritable;
    OBSMON_ASSIGN_OR_RETURN(const std::optional<NightFingerprint> known, Fingerprint(night));
    outcome_ = UpdateOutcome::kInputUnreadable;
    if (known && MayStayAsItIs(night)) {
      OBSMON_ASSIGN_OR_RETURN(const bool unchanged, view.IsUnchanged(night, *known));
      if (unchanged) {
        OBSMON_RETURN_IF_ERROR(AwaitKeeping());
        OBSMON_RETURN_IF_ERROR(history_->Touch(night, as_of_, view.registry_token()));
        return CommitWhereDue();
      }
    }
    absl::StatusOr<NightLook> found = LookAt(night, view);
    if (!CouldRecall()) outcome_ = UpdateOutcome::kOutputUnwritable;
    OBSMON_ASSIGN_OR_RETURN(NightLook look, std::move(found));
    if (is_last) view.Forget();
    OBSMON_RETURN_IF_ERROR(AwaitKeeping());
    const auto shared = std::make_shared<const NightLook>(std::move(look));
    view.Remember(shared);
    const std::size_t num_rows = NumRows(*shared);
    const bool is_kept_meanwhile =
        !is_last && num_rows >= kRowsWorthAThread && num_rows < kRowsOfALargeNight && stream_.history.empty();
    keeping_ = std::async(is_kept_meanwhile ? kBeside : std::launch::deferred,
                          [this, shared] { return Keep(*shared); });
    return is_kept_meanwhile ? absl::OkStatus() : AwaitKeeping();
  }

  /// After this the output is written to.
  absl::Status AwaitKeeping() {
    outcome_ = UpdateOutcome::kOutputUnwritable;
    if (!keeping_.valid()) return absl::OkStatus();
    OBSMON_RETURN_IF_ERROR(keeping_.get());
    return CommitWhereDue();
  }

  absl::Status CommitWhereDue() {
    if (rows_in_transaction_ < most_rows_) return absl::OkStatus();
    OBSMON_RETURN_IF_ERROR(CommitNights());
    return history_->Begin();
  }

  bool CouldRecall() {
    const std::lock_guard lock(history_mutex_);
    return could_recall_;
  }

  absl::StatusOr<std::optional<NightFingerprint>> Fingerprint(Night night) {
    const std::lock_guard lock(history_mutex_);
    return history_->Fingerprint(night);
  }

  static std::size_t NumRows(const NightLook& look) {
    return look.report.evidence.transfers.size() + look.report.evidence.ingests.size();
  }

  /// Puts a look in the history and on its page. May run while the next night is looked at; until it has been
  /// awaited it alone touches the members that it names.
  absl::Status Keep(const NightLook& look) {
    const NightReport& report = look.report;
    const bool is_large = NumRows(look) >= kRowsOfALargeNight;
    std::future<NightPages> pages = std::async(is_large ? kBeside : std::launch::deferred, [&] {
      return RenderNight(report, SecondName(NightPageName(report.night)));
    });
    // First, so that the next night can be recalled meanwhile; a large one's beside the history.
    if (!is_large) pages.wait();
    const absl::Status kept = PutInHistory(look);
    AddPages(pages.get());
    OBSMON_RETURN_IF_ERROR(kept);
    Warn(report);
    result_.changed.push_back(report.night);
    rows_in_transaction_ += static_cast<std::int64_t>(NumRows(look));
    if (rows_in_transaction_ >= most_rows_)
      return absl::OkStatus();  // published with the commit that follows
    const bool are_many = pages_.size() >= kPagesAtOnce || bytes_of_pages_ >= kBytesOfPagesAtOnce;
    return are_many ? PublishPages() : absl::OkStatus();
  }

  absl::Status PutInHistory(const NightLook& look) {
    const absl::Status& registry = look.report.evidence.registry_status;
    const std::lock_guard lock(history_mutex_);
    if (registry.ok()) return history_->Put(look.report, look.fingerprint);
    return history_->PutUnknown(look.report, std::string(registry.message()));
  }

  void AddPages(NightPages pages) {
    bytes_of_pages_ += pages.page.contents.size();
    for (const PageFile& file : pages.data) bytes_of_pages_ += file.contents.size();
    pages_.push_back(std::move(pages));
  }

  absl::Status PublishPages() {
    bytes_of_pages_ = 0;
    return PublishNights(stream_.output_dir, std::exchange(pages_, {}));
  }

  // The pages first: should the run be cut off between the two, the history still has the older state, and
  // the next run looks again and writes the same pages. The other way round it would believe that they are
  // done.
  absl::Status CommitNights() {
    rows_in_transaction_ = 0;
    OBSMON_RETURN_IF_ERROR(PublishPages());
    OBSMON_RETURN_IF_ERROR(history_->Commit());
    num_kept_ = result_.changed.size();
    return absl::OkStatus();
  }

  // Of event tables the prototype called its pages D_gen3.html and index_gen3.html: they are there by both
  // names.
  std::string SecondName(const std::string& name) const {
    return reads_events_ ? name.substr(0, name.rfind('.')) + "_gen3.html" : std::string();
  }

  void Warn(const NightReport& report) {
    for (std::string& warning : WarningsOf(report)) AddWarning(std::move(warning));
  }

  void AddWarning(std::string warning) {
    if (!warning.empty() && warned_.insert(warning).second) result_.warnings.push_back(std::move(warning));
  }

  // The index shows all that is known, whatever the run's own window was.
  absl::Status PublishIndex() {
    OBSMON_ASSIGN_OR_RETURN(const std::vector<NightSummary> known, history_->Nights());
    OBSMON_RETURN_IF_ERROR(PublishIndexPage(stream_.output_dir, RenderIndexPage(stream_.name, known, as_of_),
                                            RenderPageStatus(known, as_of_, stream_.max_age),
                                            SecondName("index.html")));
    for (const NightSummary& night : known) {
      if (std::ranges::find(nights_, night.night) != nights_.end()) result_.nights.push_back(night);
    }
    return absl::OkStatus();
  }

  // Where nothing has changed. Not after a look while the clock was ahead, to which every file seemed older
  // than it was. And the page must be there by all its names, with what it loads: where somebody has deleted
  // any of it, the night is written anew.
  bool MayStayAsItIs(Night night) const {
    const auto before = std::ranges::lower_bound(nights_before_, night, std::greater{}, &NightSummary::night);
    if (before == nights_before_.end() || before->night != night) return false;
    if (before->looked_at > as_of_) return false;
    if (!data_before_.IsWhole(night, static_cast<std::size_t>(before->counts.files))) return false;
    const std::string name = NightPageName(night);
    const std::string second_name = SecondName(name);
    return IsPageOf(*before, stream_.output_dir / name) &&
           (second_name.empty() || IsPageOf(*before, stream_.output_dir / second_name));
  }

  // A shared history may know more than the pages here: where another folder has kept the stream up
  // meanwhile, or this one was restored from a copy.
  bool IsPageOf(const NightSummary& night, const std::filesystem::path& file) const {
    if (!IsPage(file)) return false;
    return stream_.history.empty() || (night.changed_at && IsPageAsOf(file, *night.changed_at));
  }

  const Stream& stream_;
  const NightWindow& window_;
  UtcTime as_of_;
  const WorkControl& control_;
  const bool reads_events_ = EventTablesOf(stream_).has_value();

  UpdateOutcome outcome_ = UpdateOutcome::kDone;
  UpdateResult result_;
  std::size_t num_kept_ = 0;  // of result_.changed
  std::set<std::string> warned_;
  std::vector<Night> nights_;
  std::vector<NightSummary> nights_before_;  // all that the history knew, newest first
  PublishedData data_before_;
  std::optional<OutputLock> lock_;
  std::unique_ptr<History> history_;
  // In a shared history nobody is to wait for a look at another night.
  const std::int64_t most_rows_ = stream_.history.empty() ? kRowsPerTransaction : 0;
  std::int64_t rows_in_transaction_ = 0;
  std::vector<NightPages> pages_;  // rendered, and not published yet
  std::size_t bytes_of_pages_ = 0;
  std::mutex history_mutex_;           // of history_, while a night is being kept
  bool could_recall_ = true;           // else what ended a look was the history, which is the output's
  std::future<absl::Status> keeping_;  // of the night that was looked at last
};

}  // namespace

StreamOutput OutputOf(const Stream& stream) {
  return {.name = stream.name.empty() ? stream.DefaultName() : stream.name,
          .output_dir = stream.output_dir,
          .history = {.uri = stream.history, .logins = stream.logins, .busy_timeout = stream.busy_timeout},
          .max_age = stream.max_age};
}

UpdateResult UpdateStream(const Stream& stream, const NightWindow& window, UtcTime as_of,
                          const WorkControl& control) {
  try {
    return StreamUpdate(stream, window, as_of, control).Run();
  } catch (const std::bad_alloc&) {
    // A run is taken back as one that was killed, and other streams may need less.
    UpdateResult result;
    result.stream = stream.name;
    result.outcome = UpdateOutcome::kInputUnreadable;
    result.status = absl::ResourceExhaustedError(
        "there is not enough memory; look at fewer nights or streams at once, or raise the limit");
    return result;
  }
}

}  // namespace obsmon
