#!/usr/bin/env bash
# Makes sure that the tests find PostgreSQL 15 or newer with its contrib modules, nginx, Redis, Chromium, strace, and util-linux.
# Installed ones are used as they are; root gets Debian's packages; anybody else gets them unpacked into .cache/debian.
# nginx and Redis are unpacked for root too: installed, Debian's would start to serve ports of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "cairn: $*"; }

has_postgresql() {
    local folder
    for folder in {,"$PWD/.cache/debian"}/usr/lib/postgresql/*/bin; do
        if [ -x "$folder/initdb" ] && [ "$(basename "$(dirname "$folder")")" -ge 15 ] && has_contrib "$folder"; then return; fi
    done
    folder=$(dirname "$(command -v postgres || echo /nonexistent/postgres)")
    [ -x "$folder/initdb" ]
}
has_contrib() { compgen -G "$1/../../../../share/postgresql/*/extension/pg_trgm.control" >/dev/null; }
has_strace() { command -v strace >/dev/null || [ -x .cache/debian/bin/strace ]; }
has_nginx() { [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || [ -x .cache/debian/bin/nginx ]; }
has_redis() { command -v redis-server >/dev/null || [ -x .cache/debian/usr/bin/redis-server ]; }
has_chromium() { command -v chromium >/dev/null || [ -x .cache/debian/bin/chromium ]; }
has_util_linux() { command -v setpriv >/dev/null && command -v flock >/dev/null && command -v losetup >/dev/null || [ "$(id -u)" != 0 ]; }

install_packages() {
    # Debian's package would make and start a cluster of its own, which nobody needs here.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    fi
    export DEBIAN_FRONTEND=noninteractive
    local apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold)
    "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
        { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null; }
}

unpack_packages() {
    local wanted=() package
    for package in "$@"; do
        case $package in
            postgresql) wanted+=("$(newest_postgresql)") ;;
            *) wanted+=("$package") ;;
        esac
    done
    tools/debian_download.sh "${wanted[@]}"
    rm -f .cache/debian/usr/lib/postgresql/*/lib/llvmjit*.so # Its compiler is not unpacked; without it PostgreSQL interprets.
    wrap bin/strace
    wrap_chromium
}

# The metapackage's name says no version: ask which one this Debian has.
newest_postgresql() {
    local name
    name=$(apt-cache pkgnames postgresql- 2>/dev/null | grep -E '^postgresql-[0-9]+$' | sort -t- -k2 -n | tail -1)
    echo "${name:-postgresql-15}"
}

# Unpacked, a program does not find its libraries by itself: .cache/debian/bin, which is on the tests' PATH, has one that does.
wrap() {
    local unpacked=$PWD/.cache/debian name
    name=$(basename "$1")
    [ -x "$unpacked/usr/$1" ] || return 0
    mkdir -p "$unpacked/bin"
    local libraries
    libraries=$(echo "$unpacked"/usr/lib/*-linux-gnu* | tr ' ' ':')
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$libraries" "$unpacked/usr/$1" >"$unpacked/bin/.$name"
    chmod +x "$unpacked/bin/.$name"
    mv "$unpacked/bin/.$name" "$unpacked/bin/$name"
}

# Unpacked, Chromium finds neither its libraries nor any font by itself.
wrap_chromium() {
    local unpacked=$PWD/.cache/debian
    [ -x "$unpacked/usr/lib/chromium/chromium" ] || return 0
    mkdir -p "$unpacked/bin"
    local libraries
    libraries=$(echo "$unpacked"/usr/lib/*-linux-gnu* | tr ' ' ':')
    cat >"$unpacked/fonts.conf" <<EOF
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>$unpacked/usr/share/fonts</dir><cachedir>$PWD/.cache/fontconfig</cachedir></fontconfig>
EOF
    cat >"$unpacked/bin/chromium" <<EOF
#!/bin/sh
export LD_LIBRARY_PATH=$libraries FONTCONFIG_FILE=$unpacked/fonts.conf
exec $unpacked/usr/lib/chromium/chromium "\$@"
EOF
    chmod +x "$unpacked/bin/chromium"
}

# The foreign OpenID provider, of npm: beside the tests' own server.mjs, but not in the tree.
key_of_provider() { { cat tests/servers/oidc_provider/package-lock.json; node --version; } | sha256sum; }
has_provider() { [ "$(cat .cache/oidc_provider/node_modules/.cairn 2>/dev/null)" = "$(key_of_provider)" ]; }
install_provider() {
    say "installing the tests' OpenID provider"
    mkdir -p .cache/oidc_provider
    cp tests/servers/oidc_provider/{package.json,package-lock.json,.npmrc} .cache/oidc_provider/
    if [ -z "${npm_config_cache:-}" ] && ! mkdir -p "${HOME:-/nonexistent}/.npm" 2>/dev/null; then export npm_config_cache=$PWD/.cache/npm; fi
    (cd .cache/oidc_provider && npm ci --no-audit --no-fund --loglevel=error >/dev/null)
    key_of_provider >.cache/oidc_provider/node_modules/.cairn
}

mkdir -p .cache
exec 9>.cache/test_servers.lock
flock 9

missing=()
has_postgresql || missing+=(postgresql)
has_strace || missing+=(strace)
has_util_linux || missing+=(util-linux mount)
has_chromium || missing+=(chromium fonts-dejavu-core)
if ! has_nginx; then
    [ -x .cache/debian/usr/sbin/nginx ] || tools/debian_download.sh nginx
    wrap sbin/nginx
fi
has_redis || tools/debian_download.sh redis-server redis-tools
has_provider || install_provider
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
    say "installing ${missing[*]}"
    install_packages "${missing[@]}"
else
    unpack_packages "${missing[@]}"
fi
if ! has_postgresql || ! has_strace || ! has_chromium; then
    say "could not get ${missing[*]}; as root: apt-get install postgresql strace chromium" >&2
    exit 1
fi
