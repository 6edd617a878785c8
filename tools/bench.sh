#!/usr/bin/env bash
# Runs the bench with its arguments, after everything that it measures with (strace, nginx, the servers) is there.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh test
tools/test_servers.sh
export PATH="$PWD/.venv/bin:$PATH:$PWD/.cache/debian/bin"
exec .venv/bin/python -m bench "$@"
