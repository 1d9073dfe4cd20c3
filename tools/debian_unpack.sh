# Sourced by the scripts that unpack programs of Debian under a folder instead of installing them, which
# would start services. POSIX sh. Functions say what is wrong on standard error and exit with 1.

# The output of apt and dpkg is read below, and is translated in other locales.
export LC_ALL=C.UTF-8
unset LANGUAGE

program=${0##*/}

die() {
  echo "$program: $*" >&2
  exit 1
}

# begin_unpacking DIR: makes the folder, waits until no other process works there, and sets `dir` to
# its whole path.
begin_unpacking() {
  for tool in apt-get apt-cache dpkg-deb dpkg-query ldd flock; do
    command -v "$tool" >/dev/null 2>&1 ||
      die "$tool is missing: this script needs a Debian system. Elsewhere, put under $1 yourself what --help names."
  done
  mkdir -p "$1"
  dir=$(cd "$1" && pwd)
  # Several presets share one folder and may be configured at the same time.
  exec 9>"$dir/.lock"
  flock 9
  # Run as root, apt would hand the download to a user who cannot write here.
  apt_options=
  [ "$(id -u)" != 0 ] || apt_options="-o APT::Sandbox::User=root"
  refreshed=no
  work=
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
}

known() { [ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]; }

refresh_lists() {
  if [ "$(id -u)" = 0 ]; then
    apt-get -q update
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo -n apt-get -q update
  else
    die "apt does not know the package $1 or its lists are out of date. Run 'apt-get update' as root, then this script again."
  fi >&2
  refreshed=yes
}

# unpack PACKAGE...: downloads packages and unpacks them under `dir`. Lists that lack a package, or name
# versions no longer in the archive, are refreshed once.
unpack() {
  [ -n "$work" ] || work=$(mktemp -d "$dir/.fetch.XXXXXX")
  [ $refreshed = yes ] || known "$1" || refresh_lists "$1"
  # shellcheck disable=SC2086
  if ! (cd "$work" && apt-get -q $apt_options download "$@") >"$work/log" 2>&1; then
    if [ $refreshed = no ]; then
      refresh_lists "$1"
      unpack "$@"
      return
    fi
    cat "$work/log" >&2
    die "apt could not download $*. Check that this machine reaches its Debian archive, then run this script again."
  fi
  for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$dir" || die "dpkg-deb could not unpack ${package##*/}; delete $dir and run this script again."
  done
  rm -f "$work"/*.deb
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

# Names of the libraries that packages depend on, one per line.
libraries_of() {
  apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -n 's/^ *|\{0,1\}Depends: \(lib[^ <>]*\)$/\1/p' | sort -u
}

# unpack_libraries_of PACKAGE...: those that they depend on and `wanted NAME` wants, and so on. Writes
# DIR/library_path, which holds the folders for LD_LIBRARY_PATH.
unpack_libraries_of() {
  seen=" "
  level=$*
  while [ -n "$level" ]; do
    next=
    # shellcheck disable=SC2086
    for library in $(libraries_of $level); do
      case $seen in *" $library "*) continue ;; esac
      seen="$seen$library "
      if wanted "$library"; then next="$next $library"; fi
    done
    # shellcheck disable=SC2086
    [ -z "$next" ] || unpack $next
    level=$next
  done

  path=
  for folder in "$dir"/lib "$dir"/lib/*-linux-* "$dir"/usr/lib "$dir"/usr/lib/*-linux-*; do
    if ls "$folder"/*.so.* >/dev/null 2>&1; then path="$path${path:+:}$folder"; fi
  done
  printf '%s' "$path" >"$dir/library_path"
}

# missing_libraries PROGRAM...: what they lack, one per line.
missing_libraries() {
  for file in "$@"; do
    LD_LIBRARY_PATH=$(cat "$dir/library_path") ldd "$file" | sed -n 's/ => not found.*//p'
  done | sort -u
}

version_of() { apt-cache policy "$1" | sed -n 's/ *Candidate: //p'; }
