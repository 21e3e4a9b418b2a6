// The prototype's scripts as the command's own parts run them.
#include <pybind11/pybind11.h>

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "convert.h"
#include "drop_in.h"
#include "text/utf8.h"
#include "work.h"

namespace obsmon::python {
namespace {

namespace py = pybind11;

/// Passes bytes on to a file of Python's, a line at a time; to be written to without the GIL.
class PythonFile : public std::streambuf {
 public:
  /// REQUIRES: the GIL. `file` outlives it.
  explicit PythonFile(const py::object& file) : file_(file) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }

  int sync() override {
    const auto size = static_cast<std::size_t>(pptr() - pbase());
    pbump(-static_cast<int>(size));
    if (size == 0) return 0;
    const py::gil_scoped_acquire acquired;
    try {
      // As any text of Python's: what is no UTF-8 was escaped before.
      file_.attr("write")(py::bytes(buffer_.data(), size).attr("decode")("utf-8", "backslashreplace"));
      file_.attr("flush")();
      return 0;
    } catch (const py::error_already_set&) {
      return -1;  // a reader that left; the command ends with the status for that
    }
  }

 private:
  const py::object& file_;
  std::array<char, 8192> buffer_{};
};

using Script = int (*)(std::span<const std::string>, const cli::Environment&, std::ostream&, std::ostream&);

Script ScriptNamed(const std::string& name) {
  if (name == "observing_monitor") return cli::RunObservingMonitor;
  if (name == "mainpage") return cli::RunMainPage;
  if (name == "break_locks") return cli::RunBreakLocks;
  throw py::value_error("there is no script '" + EscapeForDisplay(name) + "'");
}

std::vector<std::string> BytesOf(const StrList& texts) {
  std::vector<std::string> bytes;
  for (const py::handle text : texts) bytes.push_back(ToPath(text).native());
  return bytes;
}

int RunScript(const std::string& name, const StrList& arguments,
              const py::typing::Dict<py::str, py::str>& variables, const py::object& out,
              const py::object& err) {
  const Script script = ScriptNamed(name);
  const std::vector<std::string> words = BytesOf(arguments);
  std::map<std::string, std::string> environ;
  for (const auto& [key, value] : variables) environ[ToPath(key).native()] = ToPath(value).native();
  PythonFile out_file(out);
  PythonFile err_file(err);
  return Await(py::none(), [&](const WorkControl& control) {
    cli::Environment environment;
    environment.variable = [&environ](const std::string& variable) {
      const auto found = environ.find(variable);
      return found == environ.end() ? std::nullopt : std::optional(found->second);
    };
    environment.now = std::chrono::system_clock::now();
    environment.stop = control.stop;
    std::ostream out_stream(&out_file);
    std::ostream err_stream(&err_file);
    const int status = script(words, environment, out_stream, err_stream);
    out_stream.flush();
    err_stream.flush();
    return status;
  });
}

}  // namespace

void BindCommand(py::module_& module) {
  module.def("run_script", &RunScript, py::arg("name"), py::arg("arguments"), py::arg("environ"),
             py::arg("out"), py::arg("err"));
}

}  // namespace obsmon::python
