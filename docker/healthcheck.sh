#!/bin/bash
# Healthy when /healthz/ready answers 200. Needs no curl in the image.
set -eu
url="${ASPNETCORE_URLS%%;*}"
port="${url##*:}"
exec 3<>"/dev/tcp/127.0.0.1/${port%%/*}"
printf 'GET /healthz/ready HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
read -r _ status _ <&3
[ "$status" = 200 ]
