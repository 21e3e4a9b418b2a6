// The module obsmon._obsmon: libobsmon's values and calls under Python's names, and nothing of its own.
//
// What is public is said in python/obsmon/__init__.py, which also gives the calls their keyword arguments.
#include <pybind11/pybind11.h>

#include "bindings.h"
#include "status.h"

PYBIND11_MODULE(_obsmon, module) {
  module.doc() = "What obsmon is made of in C++. Use the names of the package obsmon instead.";
  module.attr("__version__") = OBSMON_VERSION;
  obsmon::python::BindErrors(module);
  obsmon::python::BindNight(module);
  obsmon::python::BindTable(module);
  obsmon::python::BindStream(module);
  obsmon::python::BindTransfers(module);
  obsmon::python::BindRegistry(module);
  obsmon::python::BindMatch(module);
  obsmon::python::BindReport(module);
  obsmon::python::BindMonitor(module);
  obsmon::python::BindCommand(module);
}
