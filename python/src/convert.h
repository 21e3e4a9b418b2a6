// Values between Python and C++ that the standard converters would get wrong: instants with their time zone,
// nights in all their spellings, texts that need not be UTF-8.
#ifndef OBSMON_PYTHON_SRC_CONVERT_H_
#define OBSMON_PYTHON_SRC_CONVERT_H_

#include <pybind11/pybind11.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon::python {

/// A datetime in UTC, cut to whole microseconds, for it has no finer ones.
pybind11::object ToDatetime(UtcTime time);
/// As above; None where there is none.
pybind11::object ToDatetime(const std::optional<UtcTime>& time);
/// A timedelta, cut to whole microseconds.
pybind11::object ToTimedelta(std::chrono::nanoseconds span);
/// A str; bytes that are not UTF-8 are shown as \xNN.
pybind11::str ToStr(std::string_view text);
/// The night's date.
pybind11::object ToDate(Night night);

/// The instant of a datetime that has a time zone. Raises TypeError and ValueError.
UtcTime FromDatetime(const pybind11::handle& value);
/// As above; now where `value` is None.
UtcTime FromDatetimeOrNow(const pybind11::handle& value);
/// From a Night, "2020-05-01", "20200501", 20200501 or a date. Raises TypeError and ValueError.
Night ToNight(const pybind11::handle& value);
/// From str, bytes or os.PathLike, as the functions of `os` take them. Raises TypeError and ValueError.
std::filesystem::path ToPath(const pybind11::handle& value);

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_CONVERT_H_
