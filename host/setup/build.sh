# shellcheck shell=bash
# Configures and builds the release preset. Sourced by host/demo and tests/run, from the root of the project.

fail() {
  echo "$*" >&2
  exit 1
}

# run_logged NAME WHAT COMMAND...: one line of progress, all output in build/logs/NAME.log, its end on failure.
run_logged() {
  local name=$1 what=$2 start=$SECONDS
  shift 2
  mkdir -p build/logs
  printf '%s ... ' "$what"
  if "$@" >"build/logs/$name.log" 2>&1 </dev/null; then
    echo "done ($((SECONDS - start)) s)"
    return 0
  fi
  echo "failed after $((SECONDS - start)) s. The end of build/logs/$name.log:"
  tail -n 40 "build/logs/$name.log"
  return 1
}

cached() {
  [[ -f build/release/CMakeCache.txt ]] && grep -q "^$1\$" build/release/CMakeCache.txt
}

# configure_release ON|OFF: with or without the tests. A build that has them keeps them; an up-to-date one is left alone.
configure_release() {
  if [[ -f build/release/build.ninja ]] && { [[ $1 == OFF ]] || cached CADRE_BUILD_TESTS:BOOL=ON; }; then return 0; fi
  run_logged configure "Configuring" cmake --preset release "-DCADRE_BUILD_TESTS=$1" ||
    fail "The build could not be configured."
}

# build_release TARGET: the target when it exists, else everything.
build_release() {
  local target=all known
  known=$(cmake --build build/release --target help)
  if [[ $known == *$'\n'"$1:"* ]]; then target=$1; fi
  run_logged build "Building (the first time takes some minutes)" cmake --build --preset release --target "$target" ||
    fail "The build failed."
}
