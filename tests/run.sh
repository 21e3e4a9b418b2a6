#!/bin/sh
# Runs all checks of obsmon, on a bare Debian 12 too: installs the packages that are missing (as root), builds,
# tests, and ends with one line that tells the result. Run it from anywhere, as often as you like.
#
#   tests/run.sh           everything, as the continuous integration does
#   tests/run.sh --quick   build and test the dev preset alone
#
# Environment: JOBS (default: one a processor, as far as memory allows), CCACHE_DIR (default: build/ccache),
# FUZZ_SECONDS a fuzz target (default: 10).
# What the steps print is kept in build/checks/.
set -u

main() {
  case "$#:${1:-}" in
    0:) quick=false ;;
    1:--quick) quick=true ;;
    *)
      sed -n 's/^# \{0,1\}//;2,7p' "$0" >&2
      exit 2
      ;;
  esac
  prepare

  install_packages || {
    echo "0 passed, 1 failed: packages are missing"
    exit 1
  }
  check "prometheus" fetch_prometheus
  if $quick; then
    build_and_test dev
    finish
  fi
  # What waits for the network, and later what nothing waits for, is done beside the rest: tests wait more than they
  # work. What came of it is told in its turn.
  make_environments &
  environments=$!
  # What is installed is what is tested; the same code without optimisation, and by another compiler, follows with the
  # sanitizers.
  configure_and_build release && is_built=true || is_built=false
  if command -v clang++-14 >/dev/null; then
    work_beside &
    work=$!
  fi
  if $is_built; then check_tests "tests (release)" release; fi
  # What hangs fails by itself, and is told by its name; a test of ctest's has a limit of its own (CMakePresets.json).
  wait_for environments "$environments"
  environments=
  check "python" timeout 1800 tests/python/run.sh
  check "gen3" timeout 900 env OBSMON="$root/build/release/bin/obsmon" tests/gen3/run.sh
  check "browser" test_in_browser
  check "format" check_format
  if command -v clang++-14 >/dev/null; then
    for preset in asan tsan; do
      if check "build ($preset)" outcome_of "build-$preset" "$work"; then check_tests "tests ($preset)" "$preset"; fi
    done
    check "fuzz" tests/fuzz/run.sh
    if version_14 clang-tidy >/dev/null; then
      check "clang-tidy" outcome_of tidy "$work"
    else
      check "clang-tidy" skip "needs clang-tidy 14: others have other opinions"
    fi
  else
    check "sanitizers" skip "they need clang 14"
  fi
  work=
  finish
}

# --- steps --------------------------------------------------------------------------------------------------

install_packages() {
  if $quick; then
    # shellcheck disable=SC2086 # words are wanted
    need_packages $packages_to_build $packages_to_try $packages_to_test
  else
    # shellcheck disable=SC2086
    need_packages $packages_to_build $packages_to_try $packages_to_test $packages_for_python $packages_for_browser $packages_to_check
  fi
}

# Real ones for the tests of the metrics.
fetch_prometheus() {
  PROMETHEUS=$root/build/prometheus
  export PROMETHEUS
  command -v apt-get >/dev/null || { skip "needs Debian's apt-get"; return; }
  tests/metrics/fetch.sh "$PROMETHEUS"
}

configure_and_build() {  # PRESET
  check "configure ($1)" configure "$1" && check "build ($1)" build "$1"
}

build_and_test() {  # PRESET
  if configure_and_build "$1"; then check_tests "tests ($1)" "$1"; fi
}

make_environments() {
  beside environments make_each_environment
}

make_each_environment() {
  for kind in python gen3 browser; do
    timeout 900 tests/venv.sh "tests/$kind" "build/$kind" || return
  done
}

work_beside() {
  # Half of them, for as many may be at work in front, unless there is memory for all.
  [ "$(default_jobs 2)" -ge "$(default_jobs)" ] || jobs=$(((jobs + 1) / 2))
  for preset in asan tsan; do
    beside "build-$preset" configure_and_compile "$preset"
  done
  if clang_tidy=$(version_14 clang-tidy); then beside tidy check_tidy; fi
}

configure_and_compile() {  # PRESET
  configure "$1" && build "$1"
}

configure() {  # PRESET
  if command -v ccache >/dev/null; then
    cmake --preset "$1" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
  else
    cmake --preset "$1"
  fi
}

build() {  # PRESET
  cmake --build --preset "$1" --parallel "$jobs"
}

run_tests() {  # PRESET
  ctest --preset "$1" --parallel $((jobs + 1))  # many wait more than they work
}

# In a real Chromium; pictures of the pages are left in build/browser/shots.
test_in_browser() {
  command -v chromium >/dev/null || { skip "needs a Chromium"; return; }
  timeout 900 tests/browser/run.sh build/release/bin/obsmon_make_pages
}

check_format() {
  clang_format=$(version_14 clang-format) || { skip "needs clang-format 14: others lay the same code out otherwise"; return; }
  find $(folders_of_code) \( -name '*.cc' -o -name '*.h' \) -print0 | xargs -0 "$clang_format" --dry-run -Werror
}

check_tidy() {
  # As many files at once as the asan preset has compiled: most of the time goes into headers. The analyzer looks at what
  # a file includes only where the file has this name; and without such depth as takes four times as long.
  sed -n 's/^ *"file": "\(.*\/unity_[0-9]*_cxx\.cxx\)".*/\1/p' build/asan/compile_commands.json | while read -r unity; do
    files=$(dirname "$unity")/UnifiedSource_$(basename "$unity")
    cp "$unity" "$files"
    printf '%s\0' "$files"
  done | xargs -0 -n 1 -P "$jobs" "$clang_tidy" --quiet --use-color=false -p build/asan \
    --checks=-bugprone-suspicious-include --header-filter='(libobsmon|cli|examples)/.*\.(h|cc)$' \
    --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang --extra-arg=mode=shallow 2>&1 |
    grep -v 'warnings\? generated\.$'
  # grep has found something to show: that is the failure.
  [ $? -ne 0 ]
}

folders_of_code() {
  for folder in libobsmon cli tests bench examples python; do
    [ ! -d "$folder" ] || echo "$folder"
  done
}

# The name of this tool in version 14, which Debian 12 has; fails where there is another one alone.
version_14() {  # TOOL
  for tool in "$1-14" "$1"; do
    case $("$tool" --version 2>/dev/null) in
      *" version 14."*) echo "$tool" && return 0 ;;
    esac
  done
  return 1
}

# --- how steps are run and told -----------------------------------------------------------------------------

prepare() {
  root=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
  cd "$root" || exit 1
  exec </dev/null
  # Nothing that a person has set may decide a test.
  LC_ALL=C.UTF-8
  CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache}
  [ -w "${HOME:-/nonexistent}" ] || HOME=$root/build
  CCACHE_SLOPPINESS=pch_defines,time_macros  # precompiled headers are not cached without
  export LC_ALL CCACHE_DIR CCACHE_SLOPPINESS HOME JOBS
  for variable in $(env | sed -n 's/^\(\(OBSMON\|RSYMON\)_[A-Z_]*\)=.*/\1/p'); do
    [ "$variable" = OBSMON_SKIP_PACKAGES ] || unset "$variable"
  done
  . .ci/packages.sh
  jobs=${JOBS:-$(default_jobs)}
  JOBS=$jobs
  logs=build/checks
  mkdir -p "$logs" && rm -f "$logs"/* || exit 1
  passed=0 failed=0 skipped=0 failures=
  began=$(date +%s)
  environments= work=
  trap 'echo "interrupted"; for process in $environments $work; do end "$process"; done; exit 130' INT TERM
  echo "obsmon: all checks in $root with $jobs jobs"
}

# One a processor, but no more than one a GiB (or so many) of free memory: a C++ compiler takes up to that.
default_jobs() {  # [GIB]
  awk -v processors="$(nproc)" -v each="${1:-1}" '
    /^MemAvailable/ { gib = int($2 / 1048576 / each) }
    END { jobs = gib < processors ? gib : processors; print jobs < 1 ? 1 : jobs }' /proc/meminfo
}

# Runs a command as one check: one line when it passes, all that it printed when it does not.
check() {  # TITLE COMMAND...
  title=$1
  shift
  log=$logs/$(echo "$title" | tr -cs 'a-z\n' '-' | sed 's/-$//').log
  printf '%-18s ' "$title"
  step_began=$(date +%s)
  skip_reason=
  if "$@" >"$log" 2>&1; then
    if [ -n "$skip_reason" ]; then
      skipped=$((skipped + 1))
      echo "skipped: $skip_reason"
    else
      passed=$((passed + 1))
      echo "ok      $(seconds_since "$step_began")"
    fi
    return 0
  fi
  failed=$((failed + 1))
  failures="$failures, $title"
  echo "FAILED  $(seconds_since "$step_began")"
  # Of tests, those that passed are no news.
  sed '/^ *Start *[0-9]*: /d; / Test .* Passed /d; s/^/    /' "$log"
  return 1
}

# Runs a command with what the processors have left, and keeps what it printed and how it ended for outcome_of.
beside() {  # NAME COMMAND...
  beside_name=$1
  shift
  renice -n 19 -p "$(exec sh -c 'echo $PPID')" >/dev/null 2>&1
  "$@" >"$logs/$beside_name.beside" 2>&1
  echo "$?" >"$logs/$beside_name.ended"
}

wait_for() {  # NAME PROCESS
  while [ ! -s "$logs/$1.ended" ] && kill -0 "$2" 2>/dev/null; do sleep 1; done
}

# Waits for what runs beside, in a process of this shell, shows what it printed, and ends as it did.
outcome_of() {  # NAME PROCESS
  wait_for "$1" "$2"
  cat "$logs/$1.beside" 2>/dev/null
  if [ ! -s "$logs/$1.ended" ]; then
    echo "It was ended by another process."
    return 1
  fi
  return "$(cat "$logs/$1.ended")"
}

# Ends a process and all that it has started.
end() {  # PROCESS
  # Itself first, or it would go on with what comes next.
  # shellcheck disable=SC2046 # words are wanted
  set -- "$1" $(cat "/proc/$1/task/"*/children 2>/dev/null)
  kill "$1" 2>/dev/null
  shift
  for child in "$@"; do end "$child"; done
}

# Says that a check can't be made here, and why.
skip() {
  skip_reason=$1
}

# As check; each test counts, not the run.
check_tests() {  # TITLE PRESET
  check "$1" run_tests "$2"
  ran=$?
  summary=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$log")
  if [ -n "$summary" ]; then
    tests_failed=${summary% *} tests_run=${summary#* }
    tests_skipped=$(grep -c '\*\*\*Skipped' "$log")
    if [ "$ran" -eq 0 ]; then passed=$((passed - 1)); else failed=$((failed - 1)); fi
    failed=$((failed + tests_failed))
    skipped=$((skipped + tests_skipped))
    passed=$((passed + tests_run - tests_failed - tests_skipped))
    sed -n '/tests passed,/,$p' "$log" | sed '/^$/d; /Not Run\|Skipped\|did not run/d; s/^/    /'
  fi
  return "$ran"
}

seconds_since() {
  echo "$(($(date +%s) - $1)) s"
}

finish() {
  echo
  echo "This took $(seconds_since "$began"). All output is in $root/$logs, and why anything was skipped."
  [ "$failed" -eq 0 ] || echo "What failed: ${failures#, }."
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

main "$@"
