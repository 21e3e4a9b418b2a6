// What is taken from names and short texts: nights, times, exposures, rsync's files, a FITS header, a lock's
// holder; and names as they are shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "history/lock_record.h"
#include "obsmon/night.h"
#include "obsmon/raw_file_name.h"
#include "obsmon/stream.h"
#include "obsmon/transfers.h"
#include "text/nearest.h"
#include "text/utc_text.h"
#include "text/utf8.h"
#include "transfers/observation_type.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(data[i]);
  // What is a night is written as it was read.
  const auto night = obsmon::Night::Parse(text);
  if (night.ok() && text != night->ToString() && text != night->Compact()) std::abort();
  static_cast<void>(obsmon::Night::FromFolderName(text));
  static_cast<void>(obsmon::ParseDuration(text));
  static_cast<void>(obsmon::ParseSwitch(text));
  static_cast<void>(obsmon::IsRsyncTemporaryName(text));
  if (const auto raw = obsmon::ParseRawFileName(text)) {
    static_cast<void>(std::string(raw->raft()) + std::string(raw->sensor()));
  }
  static_cast<void>(obsmon::ParseUtcText(text));
  static_cast<void>(obsmon::ObservationTypeIn(text));
  // A record is read as it was written.
  const obsmon::LockRecord record = obsmon::LockRecord::Parse(text);
  if (!(obsmon::LockRecord::Parse(record.ToString()).holder == record.holder)) std::abort();
  // What is shown is UTF-8 without anything that acts on a display, and showing it again changes nothing.
  const std::string shown = obsmon::EscapeForDisplay(text);
  if (!obsmon::IsUtf8(shown)) std::abort();
  for (std::size_t at = 0; at < shown.size();) {
    const std::size_t length = obsmon::Utf8Length(shown, at);
    if (obsmon::ActsOnDisplay(obsmon::DecodeUtf8(shown, at, length))) std::abort();
    at += length;
  }
  return 0;
}
