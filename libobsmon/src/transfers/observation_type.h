// What an image was taken for, as its FITS header tells.
#ifndef OBSMON_SRC_TRANSFERS_OBSERVATION_TYPE_H_
#define OBSMON_SRC_TRANSFERS_OBSERVATION_TYPE_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace obsmon {

/// The observation type in the first header of `file`: OBSTYPE, else IMGTYPE (as obs_lsst,
/// translators/lsst.py), else IMAGETYP or IMGTYP (others' cameras); in lower case, "science" for "object" and
/// "skyexp", as the registry of a Butler has it. Empty where it can't be told: no such keyword, no FITS file,
/// a compressed one (.gz), one that can't be read. A link is not followed: nothing outside of storage is
/// opened.
std::string ReadObservationType(const std::filesystem::path& file);

/// `type`, as a header or a Gen2 registry has it, in the words of a Butler's registry; empty where it says
/// that it is not known.
std::string ObservationTypeInWords(std::string_view type);

/// The same of the bytes that a file begins with.
std::string ObservationTypeIn(std::string_view header);

}  // namespace obsmon

#endif  // OBSMON_SRC_TRANSFERS_OBSERVATION_TYPE_H_
