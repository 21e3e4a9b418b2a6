#!/bin/sh
# Tests obsmon against Gen3 repositories that daf_butler itself writes. Run it from anywhere.
#
#   tests/gen3/run.sh [ARGUMENT OF PYTEST]...
#
# Needs build/dev/bin/obsmon (or OBSMON, another one), python3 with its venv, and PyPI (or pip's cache).
# Environment: PYTHON (default: python3), OBSMON. All that it makes is in build/gen3/.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$root"
work=$root/build/gen3
OBSMON=${OBSMON:-$root/build/dev/bin/obsmon}
export OBSMON PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME
# Nothing that a person has set for the Butler may decide a test.
for variable in $(env | sed -n 's/^\(\(DAF_BUTLER\|LSST_DB\|OBSMON\|RSYMON\)_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
venv=$(tests/venv.sh tests/gen3 "$work")
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/gen3 "$@"
