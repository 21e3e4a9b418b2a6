# Of addresses and threads instrumentation is for the whole tree or for none of it: half of it gives false reports.
if(OBSMON_SANITIZE)
  add_compile_options(-fsanitize=${OBSMON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OBSMON_SANITIZE})
  # The standard library's own checks cost little beside these: an index past the end of a vector that has room
  # there is no fault to AddressSanitizer.
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(OBSMON_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(OBSMON_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
