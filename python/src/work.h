// How Python waits for long work: without the GIL, and with an ear for Ctrl-C.
#ifndef OBSMON_PYTHON_SRC_WORK_H_
#define OBSMON_PYTHON_SRC_WORK_H_

#include <pybind11/pybind11.h>

#include <functional>
#include <optional>
#include <utility>

#include "obsmon/files.h"

namespace obsmon::python {

/// Runs `work` in a thread of its own, without the GIL, and returns when it has ended.
///
/// Meanwhile this thread looks for signals 20 times a second, and calls progress(stage, done, total) unless
/// `progress` is None. What either raises (KeyboardInterrupt, for one) stops the work by the WorkControl that
/// `work` is given, and is raised from here once the work has ended, so that nothing goes on behind the
/// caller's back. REQUIRES: the GIL. `work` must not touch Python without it.
void RunWork(const pybind11::object& progress, const std::function<void(const WorkControl&)>& work);

/// As RunWork, for work that gives a value.
template <typename Work>
auto Await(const pybind11::object& progress, Work work) {
  std::optional<decltype(work(std::declval<const WorkControl&>()))> value;
  RunWork(progress, [&](const WorkControl& control) { value.emplace(work(control)); });
  return *std::move(value);
}

}  // namespace obsmon::python

#endif  // OBSMON_PYTHON_SRC_WORK_H_
