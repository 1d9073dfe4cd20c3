# Sourced by the scripts beside it: what the build needs of the system, and how it gets there.

# Names of Debian packages. None of them starts a service.
build_packages=(
  g++ cmake ninja-build pkg-config ccache
  libmosquitto-dev libmbedtls-dev libssl-dev rapidjson-dev doctest-dev libcli11-dev
  libcurl4-openssl-dev libwslay-dev
)

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# missing_packages NAME...: those of them that are not installed.
missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$name"
  done
}

# install_packages NAME...: installs what is missing, says what, and asks for rights if it has none.
install_packages() {
  local missing rights=() log
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null ||
    fail "these Debian packages are missing and there is no apt-get to install them: ${missing[*]}"
  say "Installing: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "installing needs rights: as root, run 'apt-get install ${missing[*]}' and try again"
    rights=(sudo)
  fi
  log=$(mktemp)
  # Lists may be absent or old: fetch them once when the first try fails.
  local install=(apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}")
  if ! "${rights[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >"$log" 2>&1; then
    if ! { "${rights[@]}" apt-get -qq update >>"$log" 2>&1 &&
      "${rights[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >>"$log" 2>&1; }; then
      tail -n 20 "$log" >&2
      rm -f "$log"
      fail "could not install ${missing[*]}; the lines above say why"
    fi
  fi
  rm -f "$log"
}

# build_preset PRESET [TARGET...]: configures and builds; shows what the tools say only on failure.
build_preset() {
  local preset=$1 log="build/$1.log"
  shift
  mkdir -p build
  say "Building ($preset) ..."
  local target=()
  [ $# -gt 0 ] && target=(--target "$@")
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" "${target[@]}"; } >"$log" 2>&1; then
    grep -E ' error: |CMake Error|FAILED|undefined reference' -A 12 "$log" | head -n 60 >&2 || true
    fail "the build failed; all it said is in $log"
  fi
}
