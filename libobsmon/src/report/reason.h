// Reasons for a text that stays as it is.
#ifndef OBSMON_SRC_REPORT_REASON_H_
#define OBSMON_SRC_REPORT_REASON_H_

#include <string>

#include "obsmon/report.h"

namespace obsmon {

/// Reason with instants, where that has ages: "arrived whole at 2020-05-02 01:00:05Z, but the registry does
/// not list it". A page is written anew only when something has changed, and an age would be that of its
/// writing.
std::string LastingReason(const FileRow& file, UtcTime as_of);

}  // namespace obsmon

#endif  // OBSMON_SRC_REPORT_REASON_H_
