#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS (default 10), beginning from the corpus that is kept and from what earlier
# runs found (build/fuzz/found). Needs clang 14 and its libraries; ends with a line a target. For a crash it names
# the input: put that into corpus/TARGET, and mend the cause.
set -eu
cd "$(dirname "$0")/../.."
jobs=${JOBS:-$(nproc)}
seconds=${FUZZ_SECONDS:-10}
launcher=
if command -v ccache >/dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
cmake --preset asan $launcher
targets=$(for file in tests/fuzz/*_fuzz.cc; do basename "$file" _fuzz.cc; done)
# shellcheck disable=SC2046 # words are wanted
cmake --build --preset asan --parallel "$jobs" --target $(for name in $targets; do echo "obsmon_${name}_fuzz"; done)

# What a damaged database makes SQLite allocate is not ours to limit, but it stays below this. libFuzzer's own limit of
# time is judged between two inputs, and its alarm may itself wait for ever for a lock of the allocator: hence timeout.
fuzz() {  # TARGET
  found=build/fuzz/found/$1
  mkdir -p "$found" build/fuzz/crashes
  # Of a whole database there are so many features that weighing them takes longer than reading it.
  case $1 in gen2 | gen3) weigh=0 ;; *) weigh=1 ;; esac
  UBSAN_OPTIONS=print_stacktrace=1 timeout -k 10 "$((seconds + 120))" "build/asan/bin/obsmon_$1_fuzz" -max_total_time="$seconds" -timeout=20 \
    -rss_limit_mb=2048 -max_len=65536 -entropic="$weigh" -print_final_stats=1 -artifact_prefix="build/fuzz/crashes/$1-" \
    "$found" "tests/fuzz/corpus/$1" >"build/fuzz/$1.log" 2>&1
}

failed=
for name in $targets; do
  # Two at a time.
  if [ "$jobs" -gt 1 ]; then
    if [ -z "${waiting:-}" ]; then
      waiting=$name
      fuzz "$name" &
      continue
    fi
    fuzz "$name" || failed="$failed $name"
    wait $! || failed="$failed $waiting"
    waiting=
  else
    fuzz "$name" || failed="$failed $name"
  fi
done
if [ -n "${waiting:-}" ]; then wait $! || failed="$failed $waiting"; fi
for name in $targets; do
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log")
  crashes=$(find build/fuzz/crashes -name "$name-*" | wc -l)
  echo "fuzz $name: $executions executions in $seconds s, crashes $crashes"
done
for name in $failed; do tail -n 60 "build/fuzz/$name.log"; done
[ -z "$failed" ]
