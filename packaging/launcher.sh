#!/bin/sh
# The `islet` command of the archive, wherever it was unpacked.
here=$(dirname "$(readlink -f "$0")")
: "${NODE_COMPILE_CACHE:=$here/cache}"
export NODE_COMPILE_CACHE
# As in the package: a quarter less memory.
: "${MALLOC_ARENA_MAX:=2}"
export MALLOC_ARENA_MAX
exec "$here/runtime/node" --max-semi-space-size=2 --optimize-for-size "$here/bin/islet.mjs" "$@"
