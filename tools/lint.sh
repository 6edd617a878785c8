#!/usr/bin/env bash
# Every check that needs no running program: style, types, imports between rooms. Runs all of them, side by side, fails if one does.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh test
tools/page.sh modules
said=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$said"' EXIT
names=() processes=() failed=()
check() {
    "${@:2}" >"$said/${#names[@]}" 2>&1 &
    names+=("$1") processes+=($!)
}

check "mypy" .venv/bin/mypy --no-error-summary
check "tsc and eslint" npm --prefix frontend run --silent lint
check "ruff check" .venv/bin/ruff check --quiet .
check "ruff format --check" .venv/bin/ruff format --quiet --check .
check "lint-imports" .venv/bin/lint-imports --no-logo
check "no secrets" .venv/bin/python -m tools.secret_scan
check "no known vulnerabilities" .venv/bin/python -m tools.audit
for number in "${!names[@]}"; do
    status=0
    wait "${processes[number]}" || status=$?
    echo "cairn: ${names[number]}"
    cat "$said/$number"
    [ "$status" = 0 ] || failed+=("${names[number]}")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "cairn: failed: ${failed[*]}" >&2
    exit 1
fi
