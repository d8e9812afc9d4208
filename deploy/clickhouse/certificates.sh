#!/bin/sh
# A certificate authority and one certificate for each machine, under tls/. For a rehearsal, or until yours issues them.
# usage: ./certificates.sh ch-1a ch-1b ch-2a ch-2b keeper-1 keeper-2 keeper-3
set -eu
umask 077
cd "$(dirname -- "$0")"
mkdir -p tls
[ -f tls/ca.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=didymium cluster" -keyout tls/ca.key -out tls/ca.crt
for host in "$@"; do
    mkdir -p "tls/$host"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$host" \
        -keyout "tls/$host/server.key" -out "tls/$host/server.csr"
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\n' "$host" >"tls/$host/names"
    openssl x509 -req -in "tls/$host/server.csr" -CA tls/ca.crt -CAkey tls/ca.key -CAcreateserial -days 825 \
        -extfile "tls/$host/names" -out "tls/$host/server.crt"
    cp tls/ca.crt "tls/$host/ca.crt"
    rm "tls/$host/server.csr" "tls/$host/names"
    # The images run as user 101, the packages as clickhouse.
    chown -R 101 "tls/$host" 2>/dev/null || echo "give tls/$host to the user that runs the server" >&2
done
