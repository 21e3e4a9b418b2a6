// Nights to look at: made in memory, always the same, with every verdict and every kind of trouble.
#ifndef OBSMON_TESTS_PAGES_SAMPLE_NIGHTS_H_
#define OBSMON_TESTS_PAGES_SAMPLE_NIGHTS_H_

#include <string>
#include <vector>

#include "obsmon/history.h"
#include "obsmon/pages.h"
#include "obsmon/report.h"

namespace obsmon::samples {

/// 2020-05-01, looked at on 2020-05-02 at 06:00 UTC.
inline constexpr Night kNight{std::chrono::sys_days{std::chrono::year{2020} / 5 / 1}};
UtcTime AsOf();

/// `exposures` folders of nine detectors' FITS files and one JSON file each, all ingested.
NightReport CalmNight(int exposures = 6);
/// Files with every verdict, an unreadable folder, and names meant to do harm.
NightReport TroubledNight();
NightReport EmptyNight();
/// The registry was locked.
NightReport UnknownNight();
/// The night is still being taken.
NightReport NightInProgress();
/// Nothing of `exposures` times ten files is ingested.
NightReport CatastrophicNight(int exposures);

/// Paths as an attacker, or a bad day, would choose them; nearly all are below `folder`.
std::vector<std::string> HostileNames(const std::string& folder);

/// A line for the index.
NightSummary SummaryOf(const NightReport& report);
/// `nights` nights up to kNight, newest first: most are calm; the oldest five are a prototype's.
std::vector<NightSummary> Nights(int nights);
/// Three streams: one in trouble, one calm whose monitor has stopped, and one whose history can't be read.
std::vector<StreamSummary> Streams();

}  // namespace obsmon::samples

#endif  // OBSMON_TESTS_PAGES_SAMPLE_NIGHTS_H_
