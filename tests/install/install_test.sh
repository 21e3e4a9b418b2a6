#!/bin/sh
# One step of the tests of installation; see CMakeLists.txt beside it.
#   install BUILD PREFIX                     installs a build, then moves it to PREFIX
#   find_package PREFIX                      builds and runs the consumer against an installed copy
#   pkg_config PREFIX                        likewise, with nothing but a compiler and pkg-config
#   add_subdirectory SOURCES BUILD SHARED    builds and runs the consumer with the library's sources, and with
#                                            nothing that a build may lack
set -eu

here=$(cd "$(dirname "$0")" && pwd)
consumer=$here/consumer
step=$1
shift

build_consumer() {  # BUILD CMAKE_OPTION...
  build=$1
  shift
  "$CMAKE" -S "$consumer" -B "$build" -G Ninja "$@"
  "$CMAKE" --build "$build" --parallel 2
}

run_consumer() {  # PROGRAM
  # A failure of the sentence below is a failure of the library, not of this script's shell.
  "$1" || { echo "the consumer was built, but does not work: $1" >&2; exit 1; }
}

case $step in
  install)
    build=$1 prefix=$2
    rm -rf "$prefix" "$prefix.before"
    "$CMAKE" --install "$build" --prefix "$prefix.before"
    mv "$prefix.before" "$prefix"
    ;;
  find_package)
    prefix=$1
    rm -rf "$prefix-find_package"
    build_consumer "$prefix-find_package" "-DCMAKE_PREFIX_PATH=$prefix"
    run_consumer "$prefix-find_package/consumer"
    ;;
  pkg_config)
    prefix=$1
    pc=$(find "$prefix" -name obsmon.pc)
    PKG_CONFIG_PATH=$(dirname "$pc")
    export PKG_CONFIG_PATH
    mkdir -p "$prefix-pkg_config"
    # shellcheck disable=SC2046 # words are wanted
    "$CXX" -std=c++20 $(pkg-config --cflags obsmon) "$consumer/main.cc" -o "$prefix-pkg_config/consumer" \
      $(pkg-config --libs obsmon)
    LD_LIBRARY_PATH=$(pkg-config --variable=libdir obsmon)
    export LD_LIBRARY_PATH
    run_consumer "$prefix-pkg_config/consumer"
    ;;
  add_subdirectory)
    sources=$1 build=$2 shared=$3
    build_consumer "$build" "-DOBSMON_SOURCE_DIR=$sources" "-DBUILD_SHARED_LIBS=$shared" \
      -DOBSMON_WITH_POSTGRES=OFF -DOBSMON_WITH_CHECKSUMS=OFF \
      -DOBSMON_INSTALL=ON -DOBSMON_PRECOMPILED_HEADERS=ON -DCMAKE_UNITY_BUILD=ON
    run_consumer "$build/consumer"
    ;;
  *)
    echo "no such step: $step" >&2
    exit 2
    ;;
esac
