#!/usr/bin/env bash
# Runs pytest with its arguments, after everything that the tests need is there. Its last line is pytest's.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh test
tools/test_servers.sh
tools/page.sh
# Nothing of theirs goes through a front door.
[[ " $* " == *" --through="* ]] || (cd frontend && npm run --silent test -- --reporter=dot)
export PATH="$PWD/.venv/bin:$PATH:$PWD/.cache/debian/bin"
# A third of the time a test waits: for a disk, a deadline, a server that was frozen.
exec .venv/bin/python -m pytest -n "${WORKERS:-3}" --dist worksteal "$@"
