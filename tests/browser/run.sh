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
work=$root/build/browser
export PYTHONDONTWRITEBYTECODE=1
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
unset PYTHONPATH PYTHONHOME

venv=$(tests/venv.sh tests/browser "$work")
rm -rf "$work/pages" "$work/shots"
mkdir -p "$work/shots"
"$make_pages" "$work/pages"
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/browser "$@"
