# shellcheck shell=bash
# Installs what Cadre needs from the system's own packages. Sourced by host/demo and tests/run.

# The one list: what it is needed for (build, test, or more of the tests), the Debian package, why.
package_list() {
  cat <<'LIST'
build g++                   the C++20 compiler
build cmake                 configures the build (3.25 or newer)
build ninja-build           runs the build
build ccache                compiles nothing twice
build mold                  links fast
build pkg-config            finds libsodium and xxHash
build libboost1.81-dev      Boost: loading of plugins, networking
build libboost-json1.81-dev Boost.JSON: manifests and configuration
build libeigen3-dev         Eigen: vectors and matrices
build libspdlog-dev         spdlog: the log
build libcli11-dev          CLI11: the command line
build libsodium-dev         libsodium: SHA-256 and signatures
build libxxhash-dev         xxHash: checksums of the journal
build libhowardhinnant-date-dev  date: time zones, with the system's tz database
build libsystemd-dev        libsystemd: what a host tells the service manager
build libzstd-dev           Zstandard: older segments of the journal
build prometheus-cpp-dev    prometheus-cpp: the metrics of a running host
build libjs-chart.js        Chart.js: plots of the reports
test  libgtest-dev          GoogleTest: the tests
test  libgmock-dev          GoogleMock: matchers of the tests
test  libbenchmark-dev      Google Benchmark: the timings
test  curl                  curl: the guides post bars with it
test  prometheus            promtool: checks the text of the metrics
test  python3               the checks of the source tree
test  python3-jsonschema    jsonschema: whether the schemas are as editors read them
test  groff                 groff: the man pages have no mistakes
test  systemd               systemd-analyze: the unit of the service
test  lintian               lintian: the packages are as Debian wants them
test  dpkg-dev              dpkg-shlibdeps: what the packages depend on
test  file                  file: cpack and lintian look into programs
test  git                   git: which files belong to the tree, and which changed
test  clang-format          clang-format: the form of the sources
test  clang-tidy            clang-tidy: mistakes that a compiler lets pass
test  universal-ctags       ctags: how long functions are, how many a class has
more  zsh                   zsh: completion in it
more  fish                  fish: completion in it
more  systemd-container     systemd-nspawn: the package on a Debian of its own
more  debootstrap           debootstrap: the same
more  clang                 clang: agents built by another compiler
more  rustc                 rustc: agents in Rust
more  python3-dev           Python: agents in Python
more  python3-numpy         numpy: agents in Python
LIST
}

# packages_for build test: the names, one a line.
packages_for() {
  local part
  for part in "$@"; do package_list | awk -v part="$part" '$1 == part { print $2 }'; done
}

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# Prints "  NAME  why" for the packages given.
explain_packages() {
  local package
  for package in "$@"; do
    package_list | awk -v package="$package" \
      '$2 == package { name = $2; $1 = $2 = ""; sub(/^ +/, ""); printf "  %-22s %s\n", name, $0 }'
  done
}

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends "$@"
}

# What apt would remove to install the packages given, one a line. Changes nothing.
packages_in_the_way() {
  LC_ALL=C apt-get install --simulate --no-install-recommends "$@" 2>/dev/null | awk '$1 == "Remv" { print $2 }'
}

# install_packages build [test]: installs what is missing; touches nothing when all is there.
install_packages() {
  local -a wanted missing blocking
  mapfile -t wanted < <(packages_for "$@")
  if [[ ${CADRE_SKIP_INSTALL:-} == 1 ]]; then return 0; fi

  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This system has no apt. Cadre needs the following (Debian 12 names; Boost 1.81 or newer):"
    explain_packages "${wanted[@]}"
    fail "Install them in this system's way, then run again with CADRE_SKIP_INSTALL=1."
  fi

  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if ((${#missing[@]} == 0)); then return 0; fi
  echo "Needed and not installed yet:"
  explain_packages "${missing[@]}"
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    fail "Installing takes root, and there is no sudo here. As root: apt-get install --no-install-recommends ${missing[*]}"
  fi

  run_logged packages-update "Reading the package lists" as_root apt-get update ||
    echo "The package lists could not be refreshed; going on with the ones that are here."
  mapfile -t blocking < <(packages_in_the_way "${missing[@]}")
  if ((${#blocking[@]} > 0)); then
    echo "These installed packages are in the way, and installing would remove them:"
    printf '  %s\n' "${blocking[@]}"
    fail "Nothing was changed. Boost 1.81 cannot be installed beside the -dev packages of another Boost. Remove them" \
      "yourself if you can spare them (apt-get remove ${blocking[*]}), or build in a container of Debian 12."
  fi
  run_logged packages-install "Installing ${#missing[@]} packages" apt_install "${missing[@]}" ||
    fail "apt could not install the packages. Nothing was removed. The lines above say why: no network, a package that" \
      "this release of the system does not have, or a conflict. Cadre is developed on Debian 12."
}
