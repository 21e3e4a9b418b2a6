// Classes whose objects obsmon alone makes.
#ifndef OBSMON_PYTHON_SRC_MADE_HERE_H_
#define OBSMON_PYTHON_SRC_MADE_HERE_H_

#include <pybind11/pybind11.h>

#include <string>

namespace obsmon::python {

/// For py::class_: refuses Class.__new__(Class), after which pybind11 would take memory that nobody has set
/// for an object (and its absence of an __init__ refuses Class() alone).
inline pybind11::custom_type_setup MadeHere() {
  return pybind11::custom_type_setup([](PyHeapTypeObject* heap_type) {
    heap_type->ht_type.tp_new = [](PyTypeObject* type, PyObject*, PyObject*) -> PyObject* {
      PyErr_Format(PyExc_TypeError, "obsmon alone makes objects of %s", type->tp_name);
      return nullptr;
    };
  });
}

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_MADE_HERE_H_
