#include "convert.h"

#include <datetime.h>

#include <cstdint>
#include <string>

#include "obsmon/night.h"
#include "status.h"
#include "text/utf8.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

void ImportDatetime() {
  if (PyDateTimeAPI != nullptr) return;
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

py::object Checked(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

int Int(unsigned value) { return static_cast<int>(value); }

struct Ymd {
  int year;
  int month;
  int day;
};

Ymd YmdOf(std::chrono::sys_days date) {
  const std::chrono::year_month_day ymd(date);
  return {static_cast<int>(ymd.year()), Int(static_cast<unsigned>(ymd.month())),
          Int(static_cast<unsigned>(ymd.day()))};
}

}  // namespace

Datetime ToDatetime(UtcTime time) {
  ImportDatetime();
  const auto date = std::chrono::floor<std::chrono::days>(time);
  const auto clock = std::chrono::hh_mm_ss(std::chrono::floor<microseconds>(time - date));
  const Ymd ymd = YmdOf(date);
  return Checked(PyDateTimeAPI->DateTime_FromDateAndTime(
      ymd.year, ymd.month, ymd.day, static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType));
}

MaybeDatetime ToDatetime(const std::optional<UtcTime>& time) {
  if (!time) return py::none();
  return ToDatetime(*time);
}

Timedelta ToTimedelta(nanoseconds span) {
  ImportDatetime();
  const auto days = std::chrono::floor<std::chrono::days>(span);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(span - days);
  const auto micros = std::chrono::floor<microseconds>(span - days - seconds);
  return Checked(PyDelta_FromDSU(static_cast<int>(days.count()), static_cast<int>(seconds.count()),
                                 static_cast<int>(micros.count())));
}

py::str ToStr(std::string_view text) {
  return IsUtf8(text) ? py::str(text.data(), text.size()) : py::str(EscapeInvalidUtf8(text));
}

StrList ToStrs(std::span<const std::string> texts) {
  StrList list;
  for (const std::string& text : texts) list.append(ToStr(text));
  return list;
}

Date ToDate(Night night) {
  ImportDatetime();
  const Ymd ymd = YmdOf(night.date());
  return Checked(PyDate_FromDate(ymd.year, ymd.month, ymd.day));
}

UtcTime FromDatetime(const py::handle& value) {
  ImportDatetime();
  if (!PyDateTime_Check(value.ptr())) {
    throw py::type_error("a time must be a datetime.datetime, not " +
                         std::string(py::str(py::type::of(value).attr("__name__"))));
  }
  if (value.attr("utcoffset")().is_none()) {
    throw py::value_error("a time without a time zone could be any: give it one, as tzinfo=timezone.utc");
  }
  const py::object epoch = Checked(PyDateTimeAPI->DateTime_FromDateAndTime(
      1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType));
  const py::object span = py::reinterpret_borrow<py::object>(value) - epoch;
  const std::chrono::days days{PyDateTime_DELTA_GET_DAYS(span.ptr())};
  constexpr std::chrono::days kMost = std::chrono::floor<std::chrono::days>(kLatestTime.time_since_epoch());
  if (days >= kMost || days <= -kMost) {
    throw py::value_error("obsmon's times lie in the years 1824 to 2115");
  }
  return UtcTime(days + std::chrono::seconds{PyDateTime_DELTA_GET_SECONDS(span.ptr())} +
                 microseconds{PyDateTime_DELTA_GET_MICROSECONDS(span.ptr())});
}

UtcTime FromDatetimeOrNow(const py::handle& value) {
  return value.is_none() ? UtcTime(std::chrono::system_clock::now()) : FromDatetime(value);
}

Night ToNight(const py::handle& value) {
  ImportDatetime();
  if (py::isinstance<Night>(value)) return value.cast<Night>();
  if (PyUnicode_Check(value.ptr()) || (PyLong_Check(value.ptr()) && !PyBool_Check(value.ptr()))) {
    // A str may hold what UTF-8 can't: shown, not stumbled over.
    const py::object text =
        py::str(py::str(value).attr("encode")("utf-8", "backslashreplace").attr("decode")());
    return ValueOrRaise(Night::Parse(text.cast<std::string>()));
  }
  if (PyDate_Check(value.ptr()) && !PyDateTime_Check(value.ptr())) {
    return ValueOrRaise(Night::Parse(value.attr("isoformat")().cast<std::string>()));
  }
  throw py::type_error(
      "a night is a Night, a str as '2020-05-01', an int as 20200501, or a datetime.date, not " +
      std::string(py::str(py::type::of(value).attr("__name__"))) +
      (PyDateTime_Check(value.ptr()) ? "; the night of an instant is Night.containing(time)" : ""));
}

std::filesystem::path ToPath(const py::handle& value) {
  PyObject* bytes = nullptr;
  if (PyUnicode_FSConverter(value.ptr(), &bytes) == 0) throw py::error_already_set();
  return std::string(py::reinterpret_steal<py::bytes>(bytes));
}

}  // namespace obsmon::python
