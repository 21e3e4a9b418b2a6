#!/bin/sh
# Opens the pages in a real Chromium, the system's own, and tests what an observer does with them.
#
#   tests/browser/run.sh MAKE_PAGES [ARGUMENT OF PYTEST]...
#
# MAKE_PAGES is the built obsmon_make_pages. Needs python3 with its venv, and PyPI (or pip's cache). Environment:
# CHROMIUM (default: chromium), PYTHON (default: python3). All that it makes is in build/browser/: pages/, shots/.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)
make_pages=$(realpath "$1")
shift
cd "$root"
python=${PYTHON:-python3}
work=$root/build/browser
mkdir -p "$work"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
unset PYTHONPATH PYTHONHOME

# One environment a list of packages and a Python: made once.
key=$({ cat tests/browser/requirements.txt; "$python" -c 'import sys; print(sys.version, sys.prefix)'; } | sha256sum | cut -c1-16)
venv=$work/venv-$key
if [ ! -f "$venv/complete" ]; then
  echo "Making $venv"
  rm -rf "$work"/venv-*
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --prefer-binary -r tests/browser/requirements.txt
  touch "$venv/complete"
fi

rm -rf "$work/pages" "$work/shots"
mkdir -p "$work/shots"
"$make_pages" "$work/pages"
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/browser "$@"
