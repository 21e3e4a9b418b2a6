// Reports and what they add up to, as other bindings hand them to Python.
#ifndef OBSMON_PYTHON_SRC_REPORT_BINDINGS_H_
#define OBSMON_PYTHON_SRC_REPORT_BINDINGS_H_

#include <memory>
#include <mutex>
#include <utility>

#include "obsmon/report.h"
#include "table.h"

namespace obsmon::python {

/// A report, and the tables over it, which are made when they are first asked for.
class ReportView {
 public:
  explicit ReportView(NightReport report) : report_(std::make_shared<const NightReport>(std::move(report))) {}

  const NightReport& report() const { return *report_; }
  // Any number of threads may ask at once; they need not hold the GIL.
  std::shared_ptr<Table> Files();
  std::shared_ptr<Table> NeedsAttention();
  std::shared_ptr<Table> Transfers();
  std::shared_ptr<Table> Ingests();
  std::shared_ptr<Table> Exposures();
  std::shared_ptr<Table> ThroughTheNight();

 private:
  std::shared_ptr<const NightReport> report_;
  std::once_flag files_made_;
  std::once_flag attention_made_;
  std::once_flag transfers_made_;
  std::once_flag ingests_made_;
  std::once_flag exposures_made_;
  std::once_flag through_the_night_made_;
  std::shared_ptr<Table> files_;
  std::shared_ptr<Table> attention_;
  std::shared_ptr<Table> transfers_;
  std::shared_ptr<Table> ingests_;
  std::shared_ptr<Table> exposures_;
  std::shared_ptr<Table> through_the_night_;
};

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_REPORT_BINDINGS_H_
