# Which Debian packages obsmon needs, and how scripts get those that are missing. Sourced, POSIX shell.

# shellcheck disable=SC2034 # used by who sources this
packages_to_build="g++ cmake ninja-build pkg-config
  libabsl-dev libfmt-dev libpq-dev librange-v3-dev libsqlite3-dev libssl-dev libyaml-cpp-dev nlohmann-json3-dev"
packages_to_try="rsync python3"
packages_to_test="libgtest-dev libgmock-dev libbenchmark-dev postgresql sqlite3 strace"
packages_for_python="python3-venv python3-dev binutils"
packages_for_browser="chromium fonts-dejavu-core python3-venv"
packages_to_check="ccache clang-format clang-tidy clang-14 libclang-rt-14-dev"

# Installs those of the packages that are missing, and says so; silent where none is. Fails with a sentence.
need_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    if [ -n "${OBSMON_SKIP_PACKAGES:-}" ]; then return 0; fi
    echo "This is no Debian, so nothing can be installed here. Install what these packages of Debian hold, then" \
      "set OBSMON_SKIP_PACKAGES=1 and run this again:" "$@" >&2
    return 1
  fi
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then return 0; fi
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "Packages are missing, and only root may install them. Run: sudo apt-get install" $missing >&2
      return 1
    fi
    as_root="sudo -n"
  fi
  echo "Installing what is missing:" $missing
  log=$(mktemp)
  # The lists are fetched even where there are some: old ones name files that the mirror no longer has.
  if $as_root apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 </dev/null &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
      --no-install-recommends install $missing >>"$log" 2>&1 </dev/null &&
    [ -z "$(missing_packages "$@")" ]; then
    rm -f "$log"
    return 0
  fi
  tail -n 20 "$log" >&2
  rm -f "$log"
  echo "Could not install these packages: $missing. Is there a network, and a mirror in /etc/apt/sources.list?" \
    "What apt said is above." >&2
  return 1
}

# Those of the packages that are not installed, in one line.
missing_packages() {
  for package in "$@"; do
    # A package that another one suggests is known to dpkg as "not-installed".
    case " $(dpkg-query -W -f='${db:Status-Status} ' "$package" 2>/dev/null)" in
      *" installed "*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}
