#!/usr/bin/env bash
# Builds the page into frontend/dist with Node 20, or does nothing where it is built of these very sources.
# `tools/page.sh modules` stops when what the checks of the page need is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "cairn: $*"; }
fail() { echo "cairn: $*" >&2; exit 1; }

key_of_modules() { { cat frontend/package-lock.json frontend/.npmrc; node --version; pwd; } | sha256sum; }
key_of_page() { { key_of_modules; cat docs/openapi.json frontend/*.{json,ts,html}; find frontend/src frontend/public -type f ! -name schema.d.ts -print0 | sort -z | xargs -0 sha256sum; } | sha256sum; }
has_modules() { [ -d frontend/node_modules ] && [ "$(cat frontend/node_modules/.cairn 2>/dev/null)" = "$(key_of_modules)" ]; }
is_built() { [ -f frontend/dist/index.html ] && [ "$(cat .cache/page 2>/dev/null)" = "$(key_of_page)" ]; }

command -v node >/dev/null && command -v npm >/dev/null || fail "needs Node 20 and npm to build the page (Debian: apt install nodejs npm)"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "needs Node 20 or newer; this is $(node --version)"
if [ "${1:-}" != modules ] && is_built; then exit 0; fi
if [ "${1:-}" = modules ] && has_modules; then exit 0; fi

mkdir -p .cache
exec 9>.cache/page.lock
flock 9 # Two makes at once: the second waits, and finds everything done.

# HOME may be absent or read-only, as for nobody.
if [ -z "${npm_config_cache:-}" ] && ! mkdir -p "${HOME:-/nonexistent}/.npm" 2>/dev/null; then export npm_config_cache=$PWD/.cache/npm; fi

if ! has_modules; then
    say "installing what builds the page"
    (cd frontend && npm ci --no-audit --no-fund --loglevel=error)
    key_of_modules >frontend/node_modules/.cairn
fi
[ "${1:-}" != modules ] || exit 0
is_built && exit 0
say "building the page"
(cd frontend && npm run --silent build -- --logLevel warn) >/dev/null
key_of_page >.cache/page
