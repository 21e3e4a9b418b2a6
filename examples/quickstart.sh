#!/bin/sh
# Builds obsmon, makes a sample night with the troubles that nights have, and shows what obsmon says of it.
# On Debian, packages that are missing are installed (as root). Run it as often as you like.
#
#   examples/quickstart.sh [FOLDER]      FOLDER for sample and pages; default build/quickstart
#
# Environment: OBSMON=PROGRAM uses that program, and builds none.
set -eu

invoked_from=$(pwd)
cd "$(dirname "$0")/.."
root=$(pwd -P)
case ${1:-build/quickstart} in
  /*) folder=$1 ;;
  *) if [ $# -gt 0 ]; then folder=$invoked_from/$1; else folder=$root/build/quickstart; fi ;;
esac
exec </dev/null

if [ -z "${OBSMON:-}" ]; then
  . .ci/packages.sh
  # shellcheck disable=SC2086 # words are wanted
  need_packages $packages_to_build $packages_to_try
  mkdir -p build
  echo "Building obsmon (a few minutes the first time)"
  # Where nobody has set this preset up yet: without tests and benchmarks, which want more packages.
  options=
  [ -e build/release/CMakeCache.txt ] ||
    options="-DOBSMON_BUILD_TESTS=OFF -DOBSMON_BUILD_BENCH=OFF -DOBSMON_WARNINGS_AS_ERRORS=OFF"
  # shellcheck disable=SC2086
  if ! { cmake --preset release $options && cmake --build --preset release --target obsmon_command; } \
    >build/quickstart.log 2>&1; then
    tail -n 30 build/quickstart.log >&2
    echo "The build failed; all that it said is in $root/build/quickstart.log." >&2
    exit 1
  fi
  OBSMON=$root/build/release/bin/obsmon
fi

echo "Making a sample night in $folder"
python3 examples/sample_night.py "$folder"

# Shows a command as a person would type it, and runs it.
run() {
  printf '\n$ obsmon'
  printf ' %s' "$@"
  printf '\n'
  "$OBSMON" "$@"
}

cd "$folder"
# The files have arrived just now. Without --grace 0 obsmon would wait a minute before it blames anyone for them.
run update --input_dir comCam --output_dir pages/comCam --first_day 20200501 --last_day 20200501 --grace 0
run night 2020-05-01 --input_dir comCam --grace 0

printf '\nThe page of that night, to open in a browser:\n%s\n' "$folder/pages/comCam/2020-05-01.html"
