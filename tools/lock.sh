#!/usr/bin/env bash
# Writes the requirements*.txt from the requirements*.in: exact versions with hashes, and no index's address.
# What is locked stays as it is; `make lock ARGS=--upgrade` takes the newest of all, `ARGS="--upgrade-package X"` of X.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 "$@"; }

compile requirements-build.in -o requirements-build.txt "$@"
compile requirements.in -o requirements.txt "$@"
# The tests run with exactly the versions that are served with.
compile requirements-dev.in -c requirements.txt -o requirements-dev.txt "$@"
