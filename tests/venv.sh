#!/bin/sh
# Prints the path of the Python environment of a folder of tests, with the packages of its requirements.txt, and makes
# it where it is missing: once for a list of packages and a Python.
#
#   tests/venv.sh FOLDER WORK_FOLDER
#
# Needs python3 (or PYTHON) with its venv, and PyPI (or pip's cache). Two at once for one folder wait for each other.
set -eu

requirements=$1/requirements.txt
work=$2
python=${PYTHON:-python3}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME
mkdir -p "$work"
exec 9>"$work/venv.lock"
flock 9

key=$({ cat "$requirements"; "$python" -c 'import sys; print(sys.version, sys.prefix)'; } | sha256sum | cut -c1-16)
venv=$work/venv-$key
if [ ! -f "$venv/complete" ]; then
  echo "Making $venv" >&2
  rm -rf "$work"/venv-*
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --prefer-binary -r "$requirements" >&2
  touch "$venv/complete"
fi
echo "$venv"
