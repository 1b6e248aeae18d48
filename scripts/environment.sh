#!/bin/sh
# Make a virtual environment: scripts/environment.sh PYTHON FOLDER
set -eu
python=$1
folder=$2
if ! command -v "$python" >/dev/null 2>&1; then
    echo "No '$python' found: install Python 3.11 or later, or name one: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "'$python' is $("$python" --version 2>&1), but Pinakes needs Python 3.11 or later: make setup PYTHON=/path/to/python3.11" >&2
    exit 1
fi
test -x "$folder/bin/python" && exit 0
echo "Making the environment $folder/ with $("$python" --version 2>&1) …"
if ! "$python" -m venv "$folder"; then
    rm -rf "$folder"
    echo "'$python -m venv' failed: on Debian and Ubuntu it needs the package python3-venv." >&2
    exit 1
fi
