#!/usr/bin/env bash
# Every check that needs no running program: style, types, imports between rooms. Runs all of them, fails if one does.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh test
tools/page.sh modules
failed=()
check() { echo "cairn: $1"; "${@:2}" || failed+=("$1"); }

check "ruff check" .venv/bin/ruff check --quiet .
check "ruff format --check" .venv/bin/ruff format --quiet --check .
check "mypy" .venv/bin/mypy --no-error-summary
check "lint-imports" .venv/bin/lint-imports --no-logo
check "tsc and eslint" npm --prefix frontend run --silent lint
check "no secrets" .venv/bin/python -m tools.secret_scan
check "no known vulnerabilities" .venv/bin/python -m tools.audit
if [ ${#failed[@]} -gt 0 ]; then
    echo "cairn: failed: ${failed[*]}" >&2
    exit 1
fi
