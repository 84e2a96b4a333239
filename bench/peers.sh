#!/usr/bin/env bash
# The product against PyTorch on the same libtorch; about five minutes. bench/peers.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh
[ "$TORCH" = system ] || fail "the peer is Debian's python3-torch, which is the libtorch of TORCH=system"
[ -n "${NO_BUILD:-}" ] || { need_service; need_debian python3-torch; build bench/Peers; }
exec dotnet artifacts/bin/Peers/release/Diffusion.Bench.Peers.dll "$@"
