// A night's evidence made in memory: for the stages that touch no disk.
#ifndef OBSMON_BENCH_SYNTHETIC_EVIDENCE_H_
#define OBSMON_BENCH_SYNTHETIC_EVIDENCE_H_

#include "obsmon/report.h"
#include "sizes.h"

namespace obsmon::bench {

/// When the benchmarks look: the morning after, when nothing is settling any more.
UtcTime LookTime();

/// What a scan and a registry would give for a night of this size whose FITS files are all ingested by link,
/// in the orders that they promise.
NightEvidence SyntheticEvidence(const NightSize& size);

}  // namespace obsmon::bench

#endif  // OBSMON_BENCH_SYNTHETIC_EVIDENCE_H_
