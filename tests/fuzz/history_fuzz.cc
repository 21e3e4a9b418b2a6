// observing_monitor.sqlite3: any bytes, read, and then opened for writing.
#include <cstddef>
#include <cstdint>

#include "fuzz_folder.h"
#include "obsmon/history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const obsmon::FuzzFolder folder;
  static const auto night = obsmon::Night::Parse("2020-05-01").value();
  folder.Put("observing_monitor.sqlite3", data, size);
  if (const auto history = obsmon::History::OpenReadOnly(folder.path()); history.ok()) {
    static_cast<void>((*history)->Nights());
    static_cast<void>((*history)->Fingerprint(night));
  }
  if (const auto history = obsmon::History::Open(folder.path()); history.ok() && (*history)->Begin().ok()) {
    obsmon::NightReport report;
    report.night = night;
    static_cast<void>((*history)->Put(report, {}));
    static_cast<void>((*history)->Commit());
  }
  std::filesystem::remove(folder.path() / "observing_monitor.sqlite3-journal");
  return 0;
}
