# What makes a fault harder to abuse: calls that check their buffers, guarded stacks, jumps only to where jumps may
# go, code at addresses that nobody can guess, and tables that are read-only once the program runs. Not with a
# sanitizer, which checks more, and not in a project that includes this one: its flags are its own.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)  # else CMake compiles for it, but does not link so

if((PROJECT_IS_TOP_LEVEL OR SKBUILD) AND NOT OBSMON_SANITIZE AND NOT OBSMON_COVERAGE)
  check_cxx_compiler_flag(-fcf-protection OBSMON_HAS_CF_PROTECTION)  # x86 alone
  # What is installed is optimised, and the checks of buffers want that; a debugger wants neither.
  add_compile_options(
    "$<$<NOT:$<CONFIG:Debug>>:-fstack-protector-strong;-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>"
    "$<$<AND:$<NOT:$<CONFIG:Debug>>,$<BOOL:${OBSMON_HAS_CF_PROTECTION}>>:-fcf-protection>")
  add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
endif()
