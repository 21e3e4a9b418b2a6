// The order that NightIngests promises.
#ifndef OBSMON_SRC_REGISTRY_SORT_ROWS_H_
#define OBSMON_SRC_REGISTRY_SORT_ROWS_H_

#include "obsmon/registry.h"

namespace obsmon {

/// Sorts `rows` by path, bytewise; those of one path keep their order. Rows that are in order already, as
/// they mostly are, are only looked at.
void SortByPath(IngestTable& rows);

}  // namespace obsmon

#endif  // OBSMON_SRC_REGISTRY_SORT_ROWS_H_
