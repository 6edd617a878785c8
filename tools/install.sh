#!/usr/bin/env bash
# Makes .venv hold what `run` (the server) or `test` (the tests and checks too) needs.
# It does nothing when the requirement files are those of the last time. With `--force` it does it all again.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
case $purpose in
    run) requirements=requirements.txt ;;
    test) requirements=requirements-dev.txt ;;
    *) echo "usage: tools/install.sh run|test [--force]" >&2; exit 2 ;;
esac
stamp=.venv/.installed-$purpose

say() { echo "cairn: $*"; }
fail() { echo "cairn: $*" >&2; exit 1; }

# The rooms are part of it, since the installed project names each of them; the folder, since a moved .venv is broken.
key() { { cat requirements-build.txt "$requirements" pyproject.toml tools/install.sh; ls -d ./*/__init__.py; pwd; } | sha256sum; }
is_installed() { [ -x .venv/bin/python ] && [ -x .venv/bin/cairn ] && [ -f "$stamp" ] && [ "$(<"$stamp")" = "$(key)" ]; }

if [ "${2:-}" != --force ] && is_installed; then exit 0; fi

mkdir -p .cache
exec 9>.cache/install.lock
flock 9 # Two makes at once: the second waits, and finds everything done.
if [ "${2:-}" != --force ] && is_installed; then exit 0; fi

find_python() {
    local python
    for python in python3.11 python3 python3.12 python3.13 python3.14 /usr/bin/python3; do
        if "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    fail "needs Python 3.11 or newer with its venv module (Debian: apt install python3-venv)"
}

# Debian's python3 has the venv module, but its pip only with python3-venv.
make_environment() {
    if .venv/bin/python -c '' 2>/dev/null && [ "$(cat .venv/.folder 2>/dev/null || pwd)" = "$PWD" ]; then return; fi
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    if ! "$python" -c 'import ensurepip; ensurepip.version()' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
        ! "$python" -m pip --version >/dev/null 2>&1; then
        say "installing python3-venv"
        apt_get update -qq >/dev/null || true
        apt_get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 || true
    fi
    if "$python" -c 'import ensurepip; ensurepip.version()' 2>/dev/null; then
        "$python" -m venv .venv
    else
        "$python" -m venv --without-pip .venv
    fi
    pwd >.venv/.folder
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@"; }

# pip for .venv: its own, else the system's, else the wheel of Debian's python3-pip-whl, unpacked.
pip() {
    local options=(--disable-pip-version-check --quiet)
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        .venv/bin/python -m pip "$@" "${options[@]}"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip --python .venv/bin/python "$@" "${options[@]}"
    else
        local wheel
        wheel=$(unpacked_pip) || fail "needs pip for $python (Debian: apt install python3-venv)"
        PYTHONPATH=$wheel .venv/bin/python -m pip "$@" "${options[@]}"
    fi
}

unpacked_pip() {
    if ! compgen -G '.cache/debian/usr/share/python-wheels/pip-*.whl' >/dev/null; then
        tools/debian_download.sh python3-pip-whl >&2 || return 1
    fi
    compgen -G "$PWD/.cache/debian/usr/share/python-wheels/pip-*.whl"
}

# uv does not read pip's settings: tell it of the index that this machine's owner chose.
adopt_index_of_pip() {
    if [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_INDEX:-}" ]; then return; fi
    local index
    index=${PIP_INDEX_URL:-$(pip config get global.index-url 2>/dev/null || true)}
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX=$index; fi
}

# HOME may be absent or read-only, as for nobody.
choose_cache() {
    if [ -z "${UV_CACHE_DIR:-}" ] && ! mkdir -p "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv" 2>/dev/null; then
        export UV_CACHE_DIR=$PWD/.cache/uv
    fi
}

install_build_tools() {
    if .venv/bin/uv --version 2>/dev/null | grep -q "^uv $uv_version\b" && .venv/bin/python -c 'import setuptools' 2>/dev/null; then
        return
    fi
    say "installing uv"
    pip install --require-hashes -r requirements-build.txt
}

install_with_uv() {
    local uv=(.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python)
    adopt_index_of_pip
    choose_cache
    "${uv[@]}" --require-hashes -r "$requirements" && "${uv[@]}" --no-deps --no-build-isolation -e .
}

install_with_pip() {
    pip install --require-hashes -r requirements-build.txt -r "$requirements" &&
        pip install --no-deps --no-build-isolation -e .
}

python=$(find_python)
uv_version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements-build.txt)
rm -f "$stamp"
make_environment
if install_build_tools && say "installing $requirements" && install_with_uv; then
    :
else
    say "uv did not work here, trying pip"
    install_with_pip || fail "cannot install $requirements: is the package index reachable?"
fi
key >"$stamp"
