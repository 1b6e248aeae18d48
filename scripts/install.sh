#!/bin/sh
# Install a pinned list, showing only what is new: scripts/install.sh PYTHON REQUIREMENTS
set -eu
outcome=$(mktemp)
trap 'rm -f "$outcome"' EXIT
{
    "$1" -m pip --disable-pip-version-check --no-input install --require-hashes -r "$2" 2>&1 || echo failed >"$outcome"
} | grep --line-buffered -v -e 'already satisfied' -e '^Looking in ' -e 'Using cached' || true
if test -s "$outcome"; then
    echo "The dependencies in $2 could not be installed: see above; 'make' again goes on from there." >&2
    exit 1
fi
