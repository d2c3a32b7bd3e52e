#!/bin/sh
# The `islet` command of the package: with the Node.js that came with it. Compiled modules are kept with the person's own; those
# of root where nobody else can write and a purge finds them.
[ "$(id -u)" != 0 ] || : "${NODE_COMPILE_CACHE:=/var/cache/islet-root}"
: "${NODE_COMPILE_CACHE:=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/islet}"
export NODE_COMPILE_CACHE
# The same state folder from wherever a person runs a command, where the configuration names none.
: "${ISLET_STATE_DIR:=/var/lib/islet/state}"
export ISLET_STATE_DIR
# A small young generation and two heaps of the C library are a quarter less memory; the control loop allocates nothing anyway.
: "${MALLOC_ARENA_MAX:=2}"
export MALLOC_ARENA_MAX
# What the start has used goes back to the system. Larger than what a socket is read into, which would be mapped anew each time.
: "${MALLOC_MMAP_THRESHOLD_:=131072}" "${MALLOC_TRIM_THRESHOLD_:=524288}"
export MALLOC_MMAP_THRESHOLD_ MALLOC_TRIM_THRESHOLD_
exec /usr/lib/islet/runtime/node --max-semi-space-size=2 --optimize-for-size /usr/lib/islet/bin/islet.mjs "$@"
