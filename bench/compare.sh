#!/usr/bin/env bash
# Compares whole commands in one run: obsmon's first and second look, find, fd, bfs, and the bare loop.
# bench/README.md says what is measured and how to read it.
set -euo pipefail
export LC_ALL=C

readonly usage="usage: bench/compare.sh [-r REPEATS] [-s SECONDS] [-p PLOT.svg] BIN_DIR [CASE...]
  BIN_DIR   where obsmon and obsmon_floor are, such as build/release/bin
  CASE      500, 9k, 205k, 410k, 4M (files in one night), nights (400 nights of 500), or slow (9,000 files on a
            disk that takes 0.3 ms, then 1 ms, for each call); all but 205k and 4M by default
  -r        how often each command is run (default 5)
  -s        how old the files are at the first look (default 65); from 910 on a look at one more exposure asks for
            the files of that one alone
  -p        draw CPU time against the number of files, of the cases of one night
  Trees are laid out under TMPDIR (default /tmp) and deleted: 410k needs 700,000 inodes, 4M ten times as many."

readonly night=2020-05-01

fail() {
  printf 'compare.sh: %s\n' "$1" >&2
  exit 1
}

repeats=5
# Files younger than obsmon's grace of 60 s are settling, and a night with such files is looked at again.
settled_after=65
plot=
while getopts r:s:p:h option; do
  case $option in
    r) repeats=$OPTARG ;;
    s) settled_after=$OPTARG ;;
    p) plot=$(realpath -m "$OPTARG") ;;
    h) printf '%s\n' "$usage"; exit 0 ;;
    *) printf '%s\n' "$usage" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if (($# < 1)) || ! [[ $repeats =~ ^[1-9][0-9]*$ && $settled_after =~ ^[1-9][0-9]*$ ]]; then
  printf '%s\n' "$usage" >&2
  exit 2
fi
bin=$(cd "$1" && pwd) || fail "$1: no such folder; build the release preset first"
shift
for program in obsmon obsmon_floor obsmon_measure obsmon_make_nights; do
  [[ -x $bin/$program ]] || fail "$bin/$program is not there; build the release preset first"
done
command -v find > /dev/null || fail "find is not installed"
fd=$(command -v fdfind || command -v fd || true)
bfs=$(command -v bfs || true)
sqlite3=$(command -v sqlite3 || true)
here=$(cd "$(dirname "$0")" && pwd)

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
  row each 'statx of each folder' ''
  if [[ -n $sqlite3 ]]; then row rows 'rows into SQLite' ''; fi
  row find 'find -printf' ''
  if [[ -n $fd ]]; then row fd 'fd, with a size test' ''; fi
  if [[ -n $bfs ]]; then row bfs 'bfs -printf' ''; fi
  row first 'obsmon, first look' "$2"
  row second 'obsmon, second look' "$3"
  if [[ -s $work/figures.more ]]; then row more 'one more exposure' ''; fi
}

# add_exposure FOLDER DETECTORS: an exposure that is not ingested yet.
add_exposure() {
  mkdir "$1"
  local detector
  for ((detector = 0; detector < $2; ++detector)); do
    : > "$1/${1##*/}_det$detector.fits"
    : > "$1/${1##*/}_det$detector.json"
  done
}

# take_rows FROM TO: the files of a history into a database with a row for each of them.
take_rows() {
  "$sqlite3" "$2" "ATTACH '$1' AS history;
    CREATE TABLE transfer AS SELECT * FROM history.transfer;
    CREATE TABLE ingest AS SELECT * FROM history.ingest;"
}

# run_rows FROM TO: these rows into an empty database, value by value and in the order of their keys. (Without the +
# and ORDER BY SQLite would copy its own bytes.)
run_rows() {
  "$sqlite3" "$2" "CREATE TABLE transfer (night INTEGER, path TEXT, filenum INTEGER, size INTEGER, creation INTEGER,
      arrival INTEGER, device INTEGER, inode INTEGER, state INTEGER, verdict INTEGER, checksum INTEGER,
      PRIMARY KEY (night, path)) WITHOUT ROWID;
    CREATE TABLE ingest (night INTEGER, path TEXT, filenum INTEGER, device INTEGER, inode INTEGER, ingest_time INTEGER,
      artifact INTEGER, status INTEGER, link_target TEXT, PRIMARY KEY (night, path)) WITHOUT ROWID;"
  run rows "$sqlite3" "$2" "ATTACH '$1' AS old; BEGIN;
    INSERT INTO transfer SELECT +night, +path, +filenum, +size, +creation, +arrival, +device, +inode, +state, +verdict,
      +checksum FROM old.transfer ORDER BY night, path;
    INSERT INTO ingest SELECT +night, +path, +filenum, +device, +inode, +ingest_time, +artifact, +status, +link_target
      FROM old.ingest ORDER BY night, path;
    COMMIT;"
}

# point LABEL NAME FILES: keeps a point of the plot.
point() { printf '%s\t%s\t%s\n' "$2" "$3" "$(median "$1" 1)" >> "$work/points"; }

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
  local folders=("$input/storage" "$input/gen2repo/raw")
  local find=(find "${folders[@]}" -printf '%D %i %s %T@ %p\n')

  find "${folders[@]}" -type d > "$work/list_of_folders"
  "${floor[@]}" > /dev/null  # so that the first to be measured does not pay for a cold cache
  waited=$((laid_out + settled_after - SECONDS))
  if ((waited > 0)); then sleep "$waited"; fi
  "${update[@]}" --output_dir "$work/kept" || fail "this failed: ${update[*]}"
  if [[ -n $sqlite3 ]]; then take_rows "$work/kept/observing_monitor.sqlite3" "$work/rows"; fi
  # In turns, so that what else the machine does falls on all of them alike.
  for ((i = 1; i <= repeats; ++i)); do
    run floor "${floor[@]}"
    run each "$bin/obsmon_floor" --each "$work/list_of_folders"
    run find "${find[@]}"
    if [[ -n $sqlite3 ]]; then run_rows "$work/rows" "$work/copy.$i"; fi
    if [[ -n $fd ]]; then run fd "$fd" -uu -j2 -S +0b . "${folders[@]}"; fi
    if [[ -n $bfs ]]; then run bfs "$bfs" "${find[@]:1}"; fi
    if ((i <= first_looks)); then
      # Deleted at the end: where files have just been deleted, ext4 is slow to make new ones.
      run first "${update[@]}" --output_dir "$work/fresh.$i"
    fi
    run second "${update[@]}" --output_dir "$work/kept"
  done
  for ((i = 1; nights == 1 && i <= repeats; ++i)); do
    add_exposure "$input/storage/$night/MC_O_${night//-/}_9$(printf %05d "$i")" "$detectors"
    run more "${update[@]}" --output_dir "$work/kept"
  done
  table "$title: $(< "$work/made")" "$6" "$7"
  if ((nights == 1)); then
    for label in floor:bare\ loop find:find first:first\ look second:second\ look; do
      point "${label%%:*}" "${label#*:}" $((2 * exposures * detectors))
    done
  fi
  rm -rf "$input" "$work/kept" "$work"/fresh.* "$work/rows" "$work"/copy.*
}

# slow_row LABEL TEXT: a line of the table of the slow disk; the ratio is to one thread.
slow_row() {
  awk -v text="$2" -v cpu="$(median "$1" 1)" -v wall="$(median "$1" 2)" -v one="$(median one 2)" \
    'BEGIN { printf "| %-22s | %8.3f | %8.3f | 1/%-6.1f |\n", text, cpu, wall, one / wall }'
}

# slow MICROSECONDS: 9,000 files where each call that asks for a name takes so long.
slow() {
  local input=$work/input i
  rm -f "$work"/figures.*
  "$bin/obsmon_make_nights" "$input" "$night" 1 50 90 > "$work/made" || fail "the tree could not be laid out"
  sleep "$settled_after"  # so that the second look finds a night that is left alone
  local away=(env "OBSMON_SLOW_US=$1" "LD_PRELOAD=$bin/obsmon_slow_disk.so")
  local update=("$bin/obsmon" update --input_dir "$input" --last_day "$night" --num_days 1 --quiet --grace 0)
  for ((i = 1; i <= repeats; ++i)); do
    run loop "${away[@]}" "$bin/obsmon_floor" "$input/storage" "$input/gen2repo/raw"
    # Deleted at the end, as above.
    run one "${away[@]}" "${update[@]}" --threads 1 --output_dir "$work/fresh.one.$i"
    run many "${away[@]}" "${update[@]}" --output_dir "$work/fresh.$i"
    run again "${away[@]}" "${update[@]}" --output_dir "$work/fresh.$i"
  done
  printf '\n9,000 files, %s us a call: %s\n\n' "$1" "$(< "$work/made")"
  printf '| %-22s | CPU s    | wall s   | of one   |\n|%s|---------:|---------:|---------:|\n' \
    command "$(printf '%24s' '' | tr ' ' '-')"
  slow_row loop 'bare loop'
  slow_row one 'first look, 1 thread'
  slow_row many 'first look'
  slow_row again 'second look'
  rm -rf "$input" "$work"/fresh.*
}

if (($# == 0)); then set -- 500 9k 410k nights slow; fi
for case in "$@"; do
  case $case in
    500) compare '500 files' 1 50 5 "$repeats" '' '' ;;
    9k) compare '9,000 files' 1 50 90 "$repeats" '' '' ;;
    205k) compare '205,000 files' 1 500 205 "$repeats" '' '' ;;
    410k) compare '410,000 files' 1 1000 205 "$repeats" '2.0 x' '0.02 x' ;;
    4M) compare '4,100,000 files' 1 10000 205 1 '' '' ;;
    slow) slow 300; slow 1000 ;;
    nights) compare '400 nights of 500 files' 400 50 5 1 '1.6 x' '0.05 s of CPU' ;;
    *) fail "no such case: $case (500, 9k, 205k, 410k, 4M, nights, slow)" ;;
  esac
done
if [[ -n $plot && -s $work/points ]]; then awk -f "$here/plot.awk" "$work/points" > "$plot"; fi
