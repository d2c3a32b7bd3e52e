#!/bin/sh
# The `islet` command of the archive, wherever it was unpacked.
here=$(dirname "$(readlink -f "$0")")
: "${NODE_COMPILE_CACHE:=$here/cache}"
export NODE_COMPILE_CACHE
# As in the package: a quarter less memory.
: "${MALLOC_ARENA_MAX:=2}"
export MALLOC_ARENA_MAX
# What the start has used goes back to the system. Larger than what a socket is read into, which would be mapped anew each time.
: "${MALLOC_MMAP_THRESHOLD_:=131072}" "${MALLOC_TRIM_THRESHOLD_:=524288}"
export MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
exec "$here/runtime/node" --max-semi-space-size=2 --optimize-for-size "$here/bin/islet.mjs" "$@"
