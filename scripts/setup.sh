# Sourced by ./run and ./test: asks the machine only for what is missing, and says what it installs.

fail() { echo "$0: $*" >&2; exit 1; }

# need_debian PACKAGE...: installs those of the packages that are not there
need_debian() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || fail "missing: ${missing[*]} (Debian package names); install them and run again."
  local sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "missing Debian packages; run as root: apt-get install ${missing[*]}"
    sudo="sudo"
  fi
  echo "Installing Debian packages: ${missing[*]}"
  local log; log=$(mktemp)
  { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
    || { tail -n 5 "$log" >&2; fail "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
}

need_dotnet() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing; see https://dotnet.microsoft.com/download"
  dotnet --list-sdks | grep -q '^10\.' || fail "the .NET 10 SDK is missing (found: $(dotnet --version 2>/dev/null))"
}

# libtorch with its compiler for the stand-in, the image codecs, and libraries of the page
need_service() {
  need_dotnet
  [ "$TORCH" = system ] && need_debian g++ libtorch-dev libopenblas0-pthread libturbojpeg0 libwebp7
  need_page
}

# the page's libraries are copied from their npm packages, once per version
need_page() {
  local lib=src/Api/wwwroot/lib
  [ -f package.json ] || return 0
  [ -f "$lib/.stamp" ] && cmp -s package-lock.json "$lib/.stamp" && return 0
  need_npm
  echo "Fetching the page's libraries"
  npm ci --omit=dev --no-audit --no-fund --loglevel=error >/dev/null || fail "npm ci failed"
  mkdir -p "$lib"
  cp node_modules/@microsoft/signalr/dist/browser/signalr.min.js "$lib/"
  cp package-lock.json "$lib/.stamp"
}

need_npm() { command -v npm >/dev/null || need_debian npm; }

build() {
  local log; log=$(mktemp)
  dotnet build "$@" -c Release -p:Torch="$TORCH" --nologo -v quiet >"$log" 2>&1 || { grep -E 'error|warning' "$log" | sort -u | head -n 20 >&2; fail "the build failed (whole log: $log)"; }
  rm -f "$log"
}

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
TORCH="${TORCH:-system}"
