// Which transfers and datasets are the same, and how that is known; what that means is decided elsewhere.
#ifndef OBSMON_SRC_MATCH_MATCHER_H_
#define OBSMON_SRC_MATCH_MATCHER_H_

#include <string_view>

#include "obsmon/match.h"

namespace obsmon {

/// ".fits.fz" of a name that ends so, in any case; else empty.
std::string_view FitsEndingOf(std::string_view path);
/// The last component without its FITS ending, by which copies are compared.
std::string_view StemOf(std::string_view path);

/// The match as MatchNight describes it: basis, ingest_of and transfer_of alone.
NightMatch MatchRows(const TransferTable& transfers, const IngestTable& ingests, const MatchOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_MATCH_MATCHER_H_
