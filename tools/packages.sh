# Sourced by the scripts beside it: the packages that the build needs, and how to install and build.

# These scripts read the output of apt, compilers and CMake, which is translated in other locales.
export LC_ALL=C.UTF-8
unset LANGUAGE

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

# Long commands run in a process group of their own. A signal to the script ends the whole group, so
# that no compiler or test is left running.
group=
end_group() {
  [ -n "$group" ] || return 0
  kill -TERM -- "-$group" 2>/dev/null || true
  wait "$group" 2>/dev/null || true
  # Members that outlive their leader, such as compilers that write their output.
  local tries=100
  while kill -0 -- "-$group" 2>/dev/null && [ $((tries -= 1)) -gt 0 ]; do sleep 0.05; done
  kill -KILL -- "-$group" 2>/dev/null || true
  group=
}
trap 'end_group; exit 130' INT
trap 'end_group; exit 143' TERM
trap 'end_group; exit 129' HUP

# run_group COMMAND...: runs it and returns its status. Its input is empty.
run_group() {
  local status=0
  set -m
  "$@" </dev/null &
  group=$!
  set +m
  wait "$group" || status=$?
  group=
  return "$status"
}

make_build_folder() {
  mkdir -p build 2>/dev/null && [ -w build ] ||
    fail "cannot write to $PWD/build: make it a folder, or a link to one, that you may write to"
}

# install_packages NAME...: installs the missing ones, says which, and asks for rights if it has none.
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
  # Not in a group of its own: sudo may ask for a password, and dpkg is better not interrupted.
  local apt=("${rights[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -qq -y
    -o DPkg::Lock::Timeout=300)
  local install=("${apt[@]}" --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}")
  make_build_folder
  log=build/packages.log
  # Package lists may be absent or old: fetch them once when the first try fails.
  if ! "${install[@]}" >"$log" 2>&1 &&
    ! { "${apt[@]}" update >>"$log" 2>&1 && "${install[@]}" >>"$log" 2>&1; }; then
    tail -n 20 "$log" >&2
    fail "could not install ${missing[*]}; the lines above say why"
  fi
}

# The commands of one build, for run_group. DEBUG_INFO replaces the option of debug builds, -g.
configure_and_build() {
  local preset=$1 options=() targets=()
  shift
  if [ "${1:-}" = --without-tests ]; then
    shift
    # A build folder that has tests keeps them.
    grep -qs '^AZURE_IOT_DEVICE_BUILD_TESTS:BOOL=ON' "build/$preset/CMakeCache.txt" ||
      options=(-DAZURE_IOT_DEVICE_BUILD_TESTS=OFF)
  fi
  [ -z "${DEBUG_INFO:-}" ] || options+=("-DCMAKE_CXX_FLAGS_DEBUG=$DEBUG_INFO")
  [ $# -gt 0 ] && targets=(--target "$@")
  cmake --preset "$preset" "${options[@]}" && cmake --build --preset "$preset" "${targets[@]}"
}

# build_preset PRESET [--without-tests] [TARGET...]: configures and builds. Shows the output only of a
# failure. --without-tests configures a new build folder without tests.
build_preset() {
  local preset=$1 log="build/$1.log"
  make_build_folder
  exec 8>"build/.$preset.lock"
  flock -n 8 || { say "Waiting for another build of this folder ..."; flock 8; }
  say "Building ($preset) ..."
  # The build does not inherit the lock: an interrupted one must not hold it.
  if ! run_group configure_and_build "$@" >"$log" 2>&1 8>&-; then
    grep -E ' error: |CMake Error|FAILED|undefined reference' -A 12 "$log" | head -n 60 >&2 || true
    fail "the build failed; the whole output is in $PWD/$log"
  fi
  exec 8>&-
}
