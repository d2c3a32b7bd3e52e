#!/bin/sh
# Starts the current version. A version on trial that ends before it has proven itself is given up after its third start.
root=$(dirname "$(readlink -f "$0")")
: "${NODE_COMPILE_CACHE:=$root/cache}"
export NODE_COMPILE_CACHE
current=$(basename "$(readlink "$root/current")")
if [ "$1" = run ] && grep -q "^{\"name\":\"$current\"" "$root/trial.json" 2>/dev/null; then
  echo start >> "$root/attempts"
  if [ "$(wc -l < "$root/attempts")" -gt 3 ] && [ -e "$root/former" ]; then
    echo "islet: the new version does not stay up: going back to the former one." >&2
    failed=$(readlink "$root/current")
    former=$(readlink "$root/former")
    if [ "$failed" != "$former" ]; then
      # What a power cut left of an earlier way back is written over. The trial is over only once the former one is chosen.
      ln -sfn "$former" "$root/current.back" && mv -T "$root/current.back" "$root/current" || exit 1
      ln -sfn "$failed" "$root/former.back" && mv -T "$root/former.back" "$root/former"
    fi
    rm -f "$root/trial.json" "$root/attempts"
  fi
fi
exec "$root/current/islet" "$@"
