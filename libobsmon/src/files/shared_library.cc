#include "files/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace obsmon {

absl::StatusOr<SharedLibrary> SharedLibrary::Open(const char* name) {
  void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(name, handle);
  const char* const why = dlerror();  // begins with the name of this library, or of one that it needs
  return absl::UnimplementedError(why != nullptr ? why : name);
}

void* SharedLibrary::AddressOf(const char* name) const { return dlsym(handle_, name); }

absl::Status SharedLibrary::HasNo(const char* name) const {
  return absl::UnimplementedError(fmt::format("{}: it has no {}", name_, name));
}

}  // namespace obsmon
