// A shared library that is opened when somebody first asks for what it does. Private to the wrappers of such
// libraries.
//
// libpq brings thirty others along, and to load them takes as long as a look at a night in which nothing has
// changed; most streams need none of them.
#ifndef OBSMON_SRC_FILES_SHARED_LIBRARY_H_
#define OBSMON_SRC_FILES_SHARED_LIBRARY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "status_macros.h"

/// A library's functions are listed once, by a macro that calls its argument with the name of each. With
/// these the list makes a struct `calls` of pointers to them, with the types that the library's own header
/// gives them, and finds each in a SharedLibrary `library`.
#define OBSMON_DECLARE_CALL(name) decltype(&::name) name = nullptr;
#define OBSMON_FIND_CALL(name) OBSMON_RETURN_IF_ERROR(library.Find(#name, calls.name));

namespace obsmon {

/// Open from then on for as long as the process lives. Threads: any.
class SharedLibrary {
 public:
  /// `name` as the linker would note it, "libpq.so.5". kUnimplemented: a clause that says why it can't be
  /// opened.
  static absl::StatusOr<SharedLibrary> Open(const char* name);

  /// Makes `function` point to that of this name. kUnimplemented: a clause that says that there is none.
  template <typename Function>
  absl::Status Find(const char* name, Function*& function) const {
    void* const address = AddressOf(name);
    if (address == nullptr) return HasNo(name);
    function = reinterpret_cast<Function*>(address);  // as POSIX has it (dlsym)
    return absl::OkStatus();
  }

 private:
  SharedLibrary(const char* name, void* handle) : name_(name), handle_(handle) {}
  void* AddressOf(const char* name) const;
  absl::Status HasNo(const char* name) const;

  const char* name_;
  void* handle_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_FILES_SHARED_LIBRARY_H_
