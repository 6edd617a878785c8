#!/usr/bin/env bash
# Runs the bench with its arguments, after everything that it measures with (strace, nginx, the servers) is there.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/install.sh test
tools/test_servers.sh
# Unpacked for root too: installed, Debian's nginx would start to serve port 80.
if [ ! -x /usr/sbin/nginx ] && ! command -v nginx >/dev/null && [ ! -x .cache/debian/usr/sbin/nginx ]; then
    tools/debian_download.sh nginx
fi
export PATH="$PWD/.venv/bin:$PATH:/usr/sbin:$PWD/.cache/debian/bin:$PWD/.cache/debian/usr/sbin"
exec .venv/bin/python -m bench "$@"
