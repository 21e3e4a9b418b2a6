// night.h
#include <pybind11/operators.h>
#include <pybind11/pybind11.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "bindings.h"
#include "convert.h"
#include "obsmon/night.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

// Python's dates end here, and so do its nights.
constexpr std::chrono::sys_days kFirstDate = std::chrono::January / 1 / 1;
constexpr std::chrono::sys_days kLastDate = std::chrono::December / 31 / 9999;
constexpr std::int64_t kMostNights = 4'000'000;  // more than there are between the two

Night Plus(Night night, std::int64_t nights) {
  if (nights > kMostNights || nights < -kMostNights) throw std::overflow_error("no calendar has that night");
  const Night sum = night + static_cast<int>(nights);
  if (sum.date() < kFirstDate || sum.date() > kLastDate) {
    throw std::overflow_error("no calendar has that night");
  }
  return sum;
}

constexpr const char* kNightDoc = R"(One observing night, named by one calendar date.

A night is made from what storage folders, registries and people write:

>>> import datetime
>>> from obsmon import Night
>>> Night("2020-05-01") == Night("20200501") == Night(20200501) == Night(datetime.date(2020, 5, 1))
True
>>> Night("2020-05-01") + 1
Night('2020-05-02')
>>> Night("2020-05-04") - Night("2020-05-01")
3
>>> Night("2020-02-30")
Traceback (most recent call last):
    ...
ValueError: '2020-02-30' is no night: write a day of the calendar as YYYY-MM-DD or YYYYMMDD

Nights are values: they can be compared, sorted, and used as keys.

Raises ValueError where the text names no day, TypeError where the argument is none of these.)";

NightRule RuleOf(const Timedelta& offset, const std::string& scale) {
  constexpr int kSecondsADay = 86'400;
  if (!py::hasattr(offset, "days") || !py::hasattr(offset, "microseconds")) {
    throw py::type_error("offset: it is a datetime.timedelta");
  }
  const auto seconds =
      offset.attr("days").cast<std::int64_t>() * kSecondsADay + offset.attr("seconds").cast<std::int64_t>();
  const bool is_whole = seconds % 60 == 0 && offset.attr("microseconds").cast<int>() == 0;
  if (!is_whole || seconds < -kSecondsADay || seconds > kSecondsADay) {
    throw py::value_error("offset: no offset of a night; it is whole minutes, from -24 to 24 hours");
  }
  if (scale != "utc" && scale != "tai") throw py::value_error("scale: it is 'utc' or 'tai'");
  return {.offset = std::chrono::minutes{seconds / 60},
          .scale = scale == "tai" ? TimeScale::kTai : TimeScale::kUtc};
}

/// For py::class_<Night>: Night.__new__ makes the whole value, and pybind11 passes over the __init__ that
/// follows. Without it Night.__new__(Night) would give memory that nobody has set.
py::custom_type_setup MadeByNew() {
  return py::custom_type_setup([](PyHeapTypeObject* heap_type) {
    heap_type->ht_type.tp_new = [](PyTypeObject* type, PyObject* args, PyObject* kwargs) -> PyObject* {
      const auto night = py::reinterpret_steal<py::object>(py::detail::make_new_instance(type));
      if (!night) return nullptr;
      try {
        py::type::of<Night>().attr("__init__")(
            night, *py::reinterpret_borrow<py::args>(args),
            **(kwargs == nullptr ? py::kwargs() : py::reinterpret_borrow<py::kwargs>(kwargs)));
      } catch (py::error_already_set& error) {
        error.restore();
        return nullptr;
      }
      return night.inc_ref().ptr();
    };
  });
}

}  // namespace

void BindNight(py::module_& module) {
  py::class_<Night>(module, "Night", MadeByNew(), kNightDoc)
      .def(py::init([](const AnyNight& night) { return ToNight(night); }), py::arg("night"), py::pos_only())
      .def_static(
          "containing",
          [](const Datetime& time, const Timedelta& offset, const std::string& scale) {
            return Night::Containing(FromDatetime(time), RuleOf(offset, scale));
          },
          py::arg("time"), py::kw_only(), py::arg("offset") = ToTimedelta(std::chrono::hours{12}),
          py::arg("scale") = "utc",
          "The night that holds `time`, a datetime with a time zone. Nights begin `offset`, a timedelta of "
          "whole\n"
          "minutes, after midnight in `scale`, 'utc' or 'tai': by default at noon UTC; a Butler's day_obs "
          "is\n"
          "scale='tai'.")
      .def_property_readonly("date", &ToDate, "The date that names the night, a datetime.date.")
      .def_property_readonly("compact", &Night::Compact, "The name as '20200501'.")
      .def_property_readonly("yyyymmdd", &Night::yyyymmdd, "The name as the int 20200501.")
      .def("__add__", &Plus, py::arg("nights"), py::is_operator())
      .def("__radd__", &Plus, py::arg("nights"), py::is_operator())
      .def(
          "__sub__", [](Night night, Night other) { return night - other; }, py::arg("other"),
          py::is_operator())
      .def(
          "__sub__",
          [](Night night, std::int64_t nights) {
            return Plus(night, nights == INT64_MIN ? INT64_MAX : -nights);
          },
          py::arg("nights"), py::is_operator())
      .def(
          "__eq__",
          [](Night night, const py::object& other) {
            return py::isinstance<Night>(other) && night == other.cast<Night>();
          },
          py::arg("other"))
      .def(py::self < py::self)
      .def(py::self <= py::self)
      .def(py::self > py::self)
      .def(py::self >= py::self)
      .def("__hash__", [](Night night) { return night.yyyymmdd(); })
      .def("__str__", &Night::ToString)
      .def("__repr__", [](Night night) { return "Night('" + night.ToString() + "')"; })
      .def("__reduce__",
           [](const py::object& night) {
             return py::make_tuple(py::type::of(night), py::make_tuple(py::str(night)));
           })
      .def("__copy__", [](Night night) { return night; })
      .def(
          "__deepcopy__", [](Night night, const py::object&) { return night; }, py::arg("memo"));
}

}  // namespace obsmon::python
