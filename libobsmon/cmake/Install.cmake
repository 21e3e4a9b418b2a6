# What makes an installed copy usable: headers, the CMake package, obsmon.pc. All of it may be moved as a whole.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/obsmon)

install(TARGETS obsmon EXPORT obsmonTargets FILE_SET HEADERS)
install(EXPORT obsmonTargets NAMESPACE obsmon:: DESTINATION ${package_dir})

get_target_property(type obsmon TYPE)
string(COMPARE EQUAL "${type}" "STATIC_LIBRARY" OBSMON_IS_STATIC)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/obsmonConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/obsmonConfig.cmake
  INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/obsmonConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/obsmonConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/obsmonConfigVersion.cmake
  DESTINATION ${package_dir})

# In obsmon.pc what a program must link is in `Requires` and `Libs` for the kind of library that is installed,
# so that plain `pkg-config --libs obsmon` is right for either. The private fields would not do: with --static
# they ask for the private fields of SQLite too (-lz), which no program needs where SQLite is shared; without,
# a static library would not link; and for a shared one they would demand packages that nobody needs.
set(OBSMON_PC_REQUIRES "absl_status absl_statusor")
set(OBSMON_PC_LIBS "")
if(OBSMON_IS_STATIC)
  string(APPEND OBSMON_PC_REQUIRES " absl_flat_hash_map absl_flat_hash_set absl_synchronization fmt sqlite3 yaml-cpp")
  set(OBSMON_PC_LIBS " -pthread")
  foreach(library ${CMAKE_DL_LIBS})
    string(APPEND OBSMON_PC_LIBS " -l${library}")
  endforeach()
endif()
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${pc_dir})
  set(OBSMON_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH up /prefix/${pc_dir} /prefix)
  string(REGEX REPLACE "/$" "" up "${up}")
  set(OBSMON_PC_PREFIX "\${pcfiledir}/${up}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE ${CMAKE_INSTALL_${dir}})
    set(OBSMON_PC_${dir} ${CMAKE_INSTALL_${dir}})
  else()
    set(OBSMON_PC_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/obsmon.pc.in ${CMAKE_CURRENT_BINARY_DIR}/obsmon.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/obsmon.pc DESTINATION ${pc_dir})
