// What module.cc calls, in this order: each declares and defines the Python side of one public header.
#ifndef OBSMON_PYTHON_SRC_BINDINGS_H_
#define OBSMON_PYTHON_SRC_BINDINGS_H_

#include <pybind11/pybind11.h>

namespace obsmon::python {

void BindNight(pybind11::module_& module);
void BindTable(pybind11::module_& module);
void BindStream(pybind11::module_& module);
void BindTransfers(pybind11::module_& module);
void BindRegistry(pybind11::module_& module);
void BindMatch(pybind11::module_& module);
void BindReport(pybind11::module_& module);
void BindMonitor(pybind11::module_& module);
void BindCommand(pybind11::module_& module);

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_BINDINGS_H_
