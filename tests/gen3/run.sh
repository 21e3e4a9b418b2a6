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
python=${PYTHON:-python3}
work=$root/build/gen3
OBSMON=${OBSMON:-$root/build/dev/bin/obsmon}
export OBSMON PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME
# Nothing that a person has set for the Butler may decide a test.
for variable in $(env | sed -n 's/^\(\(DAF_BUTLER\|LSST_DB\|OBSMON\|RSYMON\)_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
mkdir -p "$work"

# One environment a list of packages and a Python: made once.
key=$({ cat tests/gen3/requirements.txt; "$python" -c 'import sys; print(sys.version, sys.prefix)'; } | sha256sum | cut -c1-16)
venv=$work/venv-$key
if [ ! -f "$venv/complete" ]; then
  echo "Making $venv"
  rm -rf "$work"/venv-*
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --prefer-binary -r tests/gen3/requirements.txt
  touch "$venv/complete"
fi
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/gen3 "$@"
