// What the files of a report add up to, by exposure and by time.
#ifndef OBSMON_PYTHON_SRC_SUMMARY_TABLES_H_
#define OBSMON_PYTHON_SRC_SUMMARY_TABLES_H_

#include <memory>

#include "obsmon/report.h"
#include "table.h"

namespace obsmon::python {

std::shared_ptr<Table> MakeExposuresTable(const NightReport& report);
std::shared_ptr<Table> MakeThroughTheNightTable(const NightReport& report);

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_SUMMARY_TABLES_H_
