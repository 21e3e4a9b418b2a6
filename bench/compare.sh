#!/usr/bin/env bash
# Compares whole commands in one run: obsmon's first and second look, find, and the bare loop.
# bench/README.md says what is measured and how to read it.
set -euo pipefail
export LC_ALL=C

readonly usage="usage: bench/compare.sh [-r REPEATS] BIN_DIR [CASE...]
  BIN_DIR   where obsmon and obsmon_floor are, such as build/release/bin
  CASE      500, 9k, 205k, 410k (files in one night) or nights (400 nights of 500); all but 205k by default
  -r        how often each command is run (default 5)
  Trees are laid out under TMPDIR (default /tmp) and deleted: 410k needs 700,000 inodes."

readonly night=2020-05-01
# Files younger than obsmon's grace of 60 s are settling, and a night with such files is looked at again.
readonly settled_after=65

fail() {
  printf 'compare.sh: %s\n' "$1" >&2
  exit 1
}

repeats=5
while getopts r:h option; do
  case $option in
    r) repeats=$OPTARG ;;
    h) printf '%s\n' "$usage"; exit 0 ;;
    *) printf '%s\n' "$usage" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if (($# < 1)) || ! [[ $repeats =~ ^[1-9][0-9]*$ ]]; then
  printf '%s\n' "$usage" >&2
  exit 2
fi
bin=$(cd "$1" && pwd) || fail "$1: no such folder; build the release preset first"
shift
for program in obsmon obsmon_floor obsmon_measure obsmon_make_nights; do
  [[ -x $bin/$program ]] || fail "$bin/$program is not there; build the release preset first"
done
command -v find > /dev/null || fail "find is not installed"

work=$(mktemp -d "${TMPDIR:-/tmp}/obsmon-compare-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run LABEL COMMAND...: runs the command once and keeps its line of figures.
run() {
  local label=$1
  shift
  "$bin/obsmon_measure" "$@" >> "$work/figures.$label" || fail "this failed: $*"
}

# median LABEL FIELD: of the figures kept: 1 CPU s, 2 wall s, 3 peak RSS MiB.
median() {
  cut -d' ' -f"$2" "$work/figures.$1" | sort -g |
    awk '{ value[NR] = $1 } END { print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# row LABEL TEXT LIMIT: a line of the table; ratios are to the bare loop.
row() {
  awk -v text="$2" -v limit="$3" -v cpu="$(median "$1" 1)" -v wall="$(median "$1" 2)" -v rss="$(median "$1" 3)" \
    -v floor_cpu="$(median floor 1)" -v floor_wall="$(median floor 2)" -v runs="$(wc -l < "$work/figures.$1")" \
    'BEGIN { printf "| %-22s | %4d | %8.3f | %8.3f | %8.1f | %8.2f | %8.2f | %-14s |\n",
             text, runs, cpu, wall, rss, cpu / floor_cpu, wall / floor_wall, limit }'
}

table() {
  printf '\n%s\n\n' "$1"
  printf '| %-22s | runs | CPU s    | wall s   | peak MiB | CPU x    | wall x   | %-14s |\n' command limit
  printf '|%s|-----:|---------:|---------:|---------:|---------:|---------:|%s|\n' \
    "$(printf '%24s' '' | tr ' ' '-')" "$(printf '%16s' '' | tr ' ' '-')"
  row floor 'bare loop' ''
  row find 'find -printf' ''
  row first 'obsmon, first look' "$2"
  row second 'obsmon, second look' "$3"
}

# compare TITLE NIGHTS EXPOSURES DETECTORS FIRST_LOOKS LIMIT_FIRST LIMIT_SECOND
compare() {
  local title=$1 nights=$2 exposures=$3 detectors=$4 first_looks=$5
  local input=$work/input laid_out waited i
  rm -f "$work"/figures.*
  "$bin/obsmon_make_nights" "$input" "$night" "$nights" "$exposures" "$detectors" > "$work/made" ||
    fail "the tree could not be laid out in $work"
  laid_out=$SECONDS
  local update=("$bin/obsmon" update --input_dir "$input" --last_day "$night" --num_days "$nights" --quiet)
  local floor=("$bin/obsmon_floor" "$input/storage" "$input/gen2repo/raw")
  local find=(find "$input/storage" "$input/gen2repo/raw" -printf '%D %i %s %T@ %p\n')

  "${floor[@]}" > /dev/null  # so that the first to be measured does not pay for a cold cache
  waited=$((laid_out + settled_after - SECONDS))
  if ((waited > 0)); then sleep "$waited"; fi
  "${update[@]}" --output_dir "$work/kept" || fail "this failed: ${update[*]}"
  # In turns, so that what else the machine does falls on all of them alike.
  for ((i = 1; i <= repeats; ++i)); do
    run floor "${floor[@]}"
    run find "${find[@]}"
    if ((i <= first_looks)); then
      run first "${update[@]}" --output_dir "$work/fresh"
      rm -rf "$work/fresh"
    fi
    run second "${update[@]}" --output_dir "$work/kept"
  done
  table "$title: $(< "$work/made")" "$6" "$7"
  rm -rf "$input" "$work/kept"
}

if (($# == 0)); then set -- 500 9k 410k nights; fi
for case in "$@"; do
  case $case in
    500) compare '500 files' 1 50 5 "$repeats" '' '' ;;
    9k) compare '9,000 files' 1 50 90 "$repeats" '' '' ;;
    205k) compare '205,000 files' 1 500 205 "$repeats" '' '' ;;
    410k) compare '410,000 files' 1 1000 205 "$repeats" '2.5 x, 300 MiB' '0.2 x' ;;
    nights) compare '400 nights of 500 files' 400 50 5 1 '' '0.5 s of CPU' ;;
    *) fail "no such case: $case (500, 9k, 205k, 410k, nights)" ;;
  esac
done
