#!/bin/sh
# Pin the dependencies with hashes: requirements*.in → requirements*.txt
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
.venv/bin/python -m venv "$folder"
"$folder/bin/pip" --disable-pip-version-check install --quiet uv
compile() {
    "$folder/bin/uv" pip compile --quiet --generate-hashes --python-version 3.11 \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
compile requirements.in -o requirements.txt
compile requirements-traces.in -o requirements-traces.txt
compile requirements-milvus.in -o requirements-milvus.txt
compile requirements-dev.in -c requirements.txt -o requirements-dev.txt
echo "Pinned: requirements.txt, requirements-traces.txt, requirements-milvus.txt and requirements-dev.txt"
