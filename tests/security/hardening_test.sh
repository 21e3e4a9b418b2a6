#!/bin/sh
# The built command is hardened as libobsmon/cmake/Hardening.cmake says:  hardening_test.sh COMMAND BUILD_TYPE
set -u
command=$1 build_type=$2
failed=0

has() {  # WHAT PATTERN TEXT
  if printf '%s\n' "$3" | grep -Eq "$2"; then return; fi
  echo "$command: no $1" >&2
  failed=1
}

headers=$(readelf -hldW "$command")
has "position-independent executable" 'Type: +DYN' "$headers"
has "read-only relocations" 'GNU_RELRO' "$headers"
has "binding at the start" '\(FLAGS(_1)?\).*NOW|BIND_NOW' "$headers"
has "stack that is not executable" 'GNU_STACK.* RW +0x' "$headers"
if [ "$build_type" != Debug ]; then
  # What our own functions call: those of Debian's archives, which are linked into the command, are guarded anyway.
  own=$(objdump -d --no-show-raw-insn "$command" | awk '
    /^[0-9a-f]+ </ { own = /<_ZN?K?6obsmon/ }
    own && match($0, /<[a-z_]+_chk[a-z_]*@plt>|endbr64/) { print substr($0, RSTART, RLENGTH) }' | sort | uniq -c)
  has "guarded stack" '__stack_chk_fail' "$own"
  has "calls that check their buffers" '__[a-z]+_chk@' "$(printf '%s\n' "$own" | grep -v __stack_chk)"
  if [ "$(uname -m)" = x86_64 ]; then has "mark where jumps may land" 'endbr64' "$own"; fi
fi
exit "$failed"
