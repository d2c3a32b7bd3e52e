#!/bin/sh
# The `islet` command of the archive, wherever it was unpacked.
here=$(dirname "$(readlink -f "$0")")
: "${NODE_COMPILE_CACHE:=$here/cache}"
export NODE_COMPILE_CACHE
exec "$here/runtime/node" "$here/bin/islet.mjs" "$@"
