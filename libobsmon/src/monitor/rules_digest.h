// What decides a night's report beside storage and registry, as numbers that a later look compares.
#ifndef OBSMON_SRC_MONITOR_RULES_DIGEST_H_
#define OBSMON_SRC_MONITOR_RULES_DIGEST_H_

#include <cstdint>
#include <filesystem>

#include "obsmon/match.h"
#include "obsmon/stream.h"

namespace obsmon {

/// Of the options that verdicts and pages depend on, and of where storage and repository really lie.
std::uint64_t DigestOfRules(const Stream& stream, const MatchOptions& options);

/// Of which file `file` is, and of its size and times; another where it can't be asked, and 0 where no file
/// is named.
std::uint64_t DigestOfFile(const std::filesystem::path& file);

}  // namespace obsmon

#endif  // OBSMON_SRC_MONITOR_RULES_DIGEST_H_
