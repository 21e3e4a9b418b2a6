#!/usr/bin/env bash
# Compares obsmon's read of a night of 205,000 datasets with the same query by the sqlite3 shell, or by psql with binary
# output.
#
#   bench/gen3.sh BIN_DIR REPO [REPEATS]     REPO as bench/make_gen3.sh lays it out
set -euo pipefail
export LC_ALL=C

(($# >= 2)) || { sed -n 's/^# \{0,1\}//;2,5p' "$0" >&2; exit 2; }
bin=$1 repo=$2 repeats=${3:-5}
readonly night=2025-05-12
sql=$("$bin/obsmon_read_gen3" "$repo" "$night" --sql)
uri=$(sed -n 's/^ *db: \(postgresql:.*\)/\1/p' "$repo/butler.yaml")
if [[ -n $uri ]]; then
  # What the server itself does is in the wall time alone.
  shell=(psql -qX "$uri" -c "COPY (${sql%;}) TO STDOUT (FORMAT binary)")
else
  shell=(sqlite3 -readonly "$repo/gen3.sqlite3" "$sql")
fi
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
# They take turns; the first turn warms the cache, and does not count.
for ((i = 0; i <= repeats; i++)); do
  theirs=$("$bin/obsmon_measure" "${shell[@]}")
  ours=$("$bin/obsmon_measure" "$bin/obsmon_read_gen3" "$repo" "$night" 2>/dev/null)
  ((i == 0)) || echo "${theirs% * *} ${ours% * *}" >>"$figures"
done
awk -v shell="${shell[0]}" '{ print shell, $1, "s CPU", $2, "s wall; obsmon", $3, "s CPU", $4, "s wall; ratio", $3 / $1, "CPU", $4 / $2, "wall" }' "$figures" | sort
