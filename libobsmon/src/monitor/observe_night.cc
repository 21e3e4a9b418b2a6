#include "monitor/night_look.h"
#include "monitor/stream_view.h"
#include "obsmon/monitor.h"
#include "status_macros.h"

namespace obsmon {

absl::StatusOr<NightReport> ObserveNight(const Stream& stream, Night night, UtcTime as_of,
                                         const WorkControl& control) {
  OBSMON_ASSIGN_OR_RETURN(StreamView view, StreamView::Open(stream, as_of, control));
  view.Expect({&night, 1});
  OBSMON_ASSIGN_OR_RETURN(NightLook look, LookAt(night, view));
  return std::move(look.report);
}

}  // namespace obsmon
