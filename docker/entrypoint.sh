#!/bin/sh
# Arguments are the service's own: none to serve, or `train JOB.json`, `evaluate ...`.
set -eu
exec dotnet /app/Diffusion.Api.dll "$@"
