// Values between Python and C++ that the standard converters would get wrong: instants with their time zone,
// nights in all their spellings, texts that need not be UTF-8.
#ifndef OBSMON_PYTHON_SRC_CONVERT_H_
#define OBSMON_PYTHON_SRC_CONVERT_H_

#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "obsmon/night.h"

namespace obsmon::python {

// Objects of Python under the names that their types have there, for signatures and stubs. They are checked
// where they are converted, so that what is wrong can be said in a sentence.
inline bool IsObject(PyObject* object) { return object != nullptr; }
class Datetime : public pybind11::object {
  PYBIND11_OBJECT(Datetime, pybind11::object, IsObject)
};
class Date : public pybind11::object {
  PYBIND11_OBJECT(Date, pybind11::object, IsObject)
};
class Timedelta : public pybind11::object {
  PYBIND11_OBJECT(Timedelta, pybind11::object, IsObject)
};
class AnyNight : public pybind11::object {
  PYBIND11_OBJECT(AnyNight, pybind11::object, IsObject)
};
class AnyPath : public pybind11::object {
  PYBIND11_OBJECT(AnyPath, pybind11::object, IsObject)
};
class AnyIndex : public pybind11::object {
  PYBIND11_OBJECT(AnyIndex, pybind11::object, IsObject)
};
using MaybeDatetime = pybind11::typing::Optional<Datetime>;
using MaybeTimedelta = pybind11::typing::Optional<Timedelta>;
using MaybeStr = pybind11::typing::Optional<pybind11::str>;
/// What is called with (stage, done, total), or None.
using MaybeProgress = pybind11::typing::Optional<
    pybind11::typing::Callable<pybind11::object(pybind11::str, pybind11::int_, pybind11::int_)>>;
using StrList = pybind11::typing::List<pybind11::str>;

/// A datetime in UTC, cut to whole microseconds, for it has no finer ones.
Datetime ToDatetime(UtcTime time);
/// As above; None where there is none.
MaybeDatetime ToDatetime(const std::optional<UtcTime>& time);
/// A timedelta, cut to whole microseconds.
Timedelta ToTimedelta(std::chrono::nanoseconds span);
/// A str; bytes that are not UTF-8 are shown as \xNN.
pybind11::str ToStr(std::string_view text);
StrList ToStrs(std::span<const std::string> texts);
/// The night's date.
Date ToDate(Night night);

/// The instant of a datetime that has a time zone. Raises TypeError and ValueError.
UtcTime FromDatetime(const pybind11::handle& value);
/// As above; now where `value` is None.
UtcTime FromDatetimeOrNow(const pybind11::handle& value);
/// From a Night, "2020-05-01", "20200501", 20200501 or a date. Raises TypeError and ValueError.
Night ToNight(const pybind11::handle& value);
/// From str, bytes or os.PathLike, as the functions of `os` take them. Raises TypeError and ValueError.
std::filesystem::path ToPath(const pybind11::handle& value);

}  // namespace obsmon::python

namespace pybind11::detail {

template <>
struct handle_type_name<obsmon::python::Datetime> {
  static constexpr auto name = const_name("datetime.datetime");
};
template <>
struct handle_type_name<obsmon::python::Date> {
  static constexpr auto name = const_name("datetime.date");
};
template <>
struct handle_type_name<obsmon::python::Timedelta> {
  static constexpr auto name = const_name("datetime.timedelta");
};
template <>
struct handle_type_name<obsmon::python::AnyNight> {
  static constexpr auto name = const_name("Night | str | int | datetime.date");
};
template <>
struct handle_type_name<obsmon::python::AnyPath> {
  static constexpr auto name = const_name("str | bytes | os.PathLike[str] | os.PathLike[bytes]");
};
template <>
struct handle_type_name<obsmon::python::AnyIndex> {
  static constexpr auto name = const_name("typing.SupportsIndex");
};

}  // namespace pybind11::detail

#endif  // OBSMON_PYTHON_SRC_CONVERT_H_
