// Which transfers and datasets are the same, and how that is known; what that means is decided elsewhere.
#ifndef OBSMON_SRC_MATCH_MATCHER_H_
#define OBSMON_SRC_MATCH_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "obsmon/match.h"

namespace obsmon {

/// ".fits.fz" of a name that ends so, in any case; else empty.
std::string_view FitsEndingOf(std::string_view path);
/// The last component without its FITS ending, by which copies are compared.
std::string_view StemOf(std::string_view path);

/// The last component of a dataset's path (of one in a zip file, that of the member) without its FITS ending.
std::string_view StemOfDataset(std::string_view dataset_path);
/// The names by which datasets may know a file: its own, and that with the registry's word for its detector.
std::vector<std::string> NamesOfFile(std::string_view path, std::span<const DetectorAlias> detector_names);

/// Whether the file of a dataset is there, but of another size than the registry recorded: the Butler refuses
/// to read it.
bool HasAnotherSizeThanRecorded(const IngestTable& ingests, std::size_t ingest);

/// Exposure and detector by which a file's name may know its datasets; see NumbersOfFile.
using ExposureAndDetector = std::pair<std::int64_t, std::int32_t>;

/// What names by numbers tell, as Gen2 gave them to its links (gen2_templates.cc), from which Gen3 may have
/// taken its copies: "3018092000065-R22-S11-det094.fits", "3018092000065-det094.fits", or with a snap at the
/// end, "-det094-000.fits". Some exposures' numbers have six digits of the sequence there, "30211212000310",
/// and five in Gen3: such a one is the second of two. Empty for all other names.
std::vector<ExposureAndDetector> NumbersOfFile(std::string_view path);
/// Whether `stem` is of a guider's images, which numbers do not tell from those of its raw.
bool IsOfGuiderImages(std::string_view stem);

/// The match as MatchNight describes it: basis, ingest_of and transfer_of alone.
NightMatch MatchRows(const TransferTable& transfers, const IngestTable& ingests, const MatchOptions& options);

}  // namespace obsmon

#endif  // OBSMON_SRC_MATCH_MATCHER_H_
