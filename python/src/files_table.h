// The files of a report, joined from storage and registry, as one table.
#ifndef OBSMON_PYTHON_SRC_FILES_TABLE_H_
#define OBSMON_PYTHON_SRC_FILES_TABLE_H_

#include <memory>

#include "obsmon/report.h"
#include "table.h"

namespace obsmon::python {

enum class WhichFiles : std::uint8_t { kAll, kNeedAttention };

/// The files of `report` in its order, which the table keeps alive.
std::shared_ptr<Table> MakeFilesTable(const std::shared_ptr<const NightReport>& report, WhichFiles which);

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_FILES_TABLE_H_
