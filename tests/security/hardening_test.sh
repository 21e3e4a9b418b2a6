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

headers=$(readelf -hldW "$command") symbols=$(readelf -sW "$command")
has "position-independent executable" 'Type: +DYN' "$headers"
has "read-only relocations" 'GNU_RELRO' "$headers"
has "binding at the start" '\(FLAGS(_1)?\).*NOW|BIND_NOW' "$headers"
has "stack that is not executable" 'GNU_STACK.* RW +0x' "$headers"
if [ "$build_type" != Debug ]; then
  has "guarded stack" '__stack_chk_fail' "$symbols"
  has "calls that check their buffers" '__[a-z]+_chk' "$(printf '%s\n' "$symbols" | grep -v __stack_chk)"
  if [ "$(uname -m)" = x86_64 ]; then
    has "mark where jumps may land" 'endbr64' "$(objdump -d --disassemble=main "$command")"
  fi
fi
exit "$failed"
