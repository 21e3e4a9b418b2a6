# The warnings that every target of this project is built with; clang 14 and g++ 12 know them all.
add_library(obsmon_warnings INTERFACE)
target_compile_options(obsmon_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2 -Wundef
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
  # At -O3 g++ 12 takes what a std::string's destructor reads for unset (GCC bug 105562 and its kin).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<BOOL:${OBSMON_WARNINGS_AS_ERRORS}>:-Werror>)
