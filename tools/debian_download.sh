#!/usr/bin/env bash
# Unpacks Debian packages, and what they need that is not installed, into .cache/debian: no rights needed.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || { echo "usage: tools/debian_download.sh PACKAGE…" >&2; exit 2; }
command -v apt-get >/dev/null || { echo "cairn: needs apt-get to fetch $*" >&2; exit 1; }

apt=$PWD/.cache/apt
unpacked=$PWD/.cache/debian
mkdir -p "$apt"/{lists,cache,packages}/partial "$unpacked"

options=(-qq -o Debug::NoLocking=1 -o "Dir::Cache=$apt/cache")
if ! apt-get "${options[@]}" download --print-uris "$1" >/dev/null 2>&1; then
    # The system has no package lists, as in container images: keep our own.
    options+=(-o "Dir::State::lists=$apt/lists")
    echo "cairn: fetching Debian's package lists"
    apt-get "${options[@]}" -o APT::Sandbox::User="$(id -un)" update
fi

# Only what these packages load when they run: no accounts, scripts or translations, nor the compiler of queries.
needless='^(libllvm|perl|libperl|libcommon-|libjson-perl|libipc-|libtype|lib.*-perl$|adduser|ssl-cert|ucf|debconf|locales|postgresql-(client-)?common$|postgresql$|logrotate|cron|libpopt|sysstat|systemd|dbus|python3)'
mapfile -t packages < <(
    apt-get "${options[@]}" -s install --no-install-recommends "$@" | sed -n 's/^Inst \([^ :]*\).*/\1/p' | grep -vE "$needless" || true
)
for wanted in "$@"; do
    case " ${packages[*]} " in *" $wanted "*) ;; *) packages+=("$wanted") ;; esac
done

echo "cairn: unpacking ${packages[*]} into .cache/debian"
cd "$apt/packages"
apt-get "${options[@]}" -o APT::Sandbox::User="$(id -un)" download "${packages[@]}"
for package in *.deb; do
    dpkg-deb -x "$package" "$unpacked"
done
rm -f ./*.deb
