# Reading the same large headers for each file is a third of a build from nothing. Off by default, since a file that
# forgets to include what it uses would still compile.
function(obsmon_precompile target)  # [HEADER]...
  if(OBSMON_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} PRIVATE
      <algorithm> <chrono> <filesystem> <functional> <memory> <optional> <string> <vector>
      <fmt/format.h> <absl/container/flat_hash_map.h> <absl/status/statusor.h> ${ARGN})
    # A compiler's cache compares what is in them, not when they were made.
    target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
endfunction()
