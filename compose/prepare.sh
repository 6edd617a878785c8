#!/usr/bin/env bash
# Makes what `docker compose up` needs and nobody should make up by hand: secrets/ with random ones, and .env.
# `compose/prepare.sh FOLDER` makes only the secrets, in FOLDER. What is there stays as it is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/secrets}

random() { od -An -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }
# The folder keeps others out. Its files are readable, since the containers' users are not this machine's.
make() { [ -e "$folder/$1" ] || { printf '%s\n' "$2" >"$folder/.$1" && chmod 444 "$folder/.$1" && mv "$folder/.$1" "$folder/$1"; }; }
of() { cat "$folder/$1"; }

mkdir -p "$folder" && chmod 700 "$folder"
make secret "$(random 32)"
make postgres_password "$(random 24)"
make rooms_password "$(random 24)"
make s3_key "$(random 10)"
make s3_secret "$(random 20)"
make rooms_s3_key "$(random 10)"
make rooms_s3_secret "$(random 20)"
# The owner changes the schema and makes the bucket: `cairn migrate` alone. Whoever serves may do neither.
make database_owner "postgresql+psycopg://cairn:$(of postgres_password)@postgres:5432/cairn"
make store_owner "s3+http://$(of s3_key):$(of s3_secret)@seaweedfs:8333/chunks"
make roles "$(sed "s/@PASSWORD@/$(of rooms_password)/" "$here/roles.sql")"
make s3_keys "$(sed "s/@OWNER_KEY@/$(of s3_key)/; s/@OWNER_SECRET@/$(of s3_secret)/; s/@KEY@/$(of rooms_s3_key)/; s/@SECRET@/$(of rooms_s3_secret)/" "$here/s3_keys.json")"
make database "postgresql+psycopg://cairn_rooms:$(of rooms_password)@postgres:5432/cairn"
make store "s3+http://$(of rooms_s3_key):$(of rooms_s3_secret)@seaweedfs:8333/chunks"
# Where backups lie, for sync, which only looks: the folder that the containers see as /backup, or s3+https://KEY:SECRET@host/bucket
# with a key that may only read (docs/security.md). It was called `backup` once.
make backup_reader "$(of backup 2>/dev/null || echo file:///backup)"
echo "cairn: secrets are in $folder"
if [ $# = 0 ]; then
    [ -e "$here/.env" ] || cp "$here/.env.example" "$here/.env"
    mkdir -p "$here/tls"
    echo "cairn: settings are in $here/.env: set CAIRN_PUBLIC_URL there"
fi
