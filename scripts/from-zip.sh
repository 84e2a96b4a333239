#!/usr/bin/env bash
# From a zip file of images, a folder a class, to pictures of a promoted model: the five calls of docs/from-zip-to-model.md.
# scripts/from-zip.sh FILE.zip NAME [http://localhost:8080]
# SIZE=32 pixels across, STEPS=3000 of training, WIDTH=32 of the network, BATCH=32 images a step; KEY=dk_... where the service has keys.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
zip=$1 name=$2 service=${3:-http://localhost:8080}
size=${SIZE:-32} steps=${STEPS:-3000} width=${WIDTH:-32} batch=${BATCH:-32}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

call() { curl --fail-with-body --silent --show-error ${KEY:+-H "Authorization: Bearer $KEY"} "$@"; }
value() { grep -oE "\"$1\":\"?[^\",}]*" "$2" | head -n 1 | sed 's/^[^:]*://; s/"//g'; } # value MEMBER FILE
refused() { cat "$1" >&2; echo >&2; exit 1; }

echo "1. The images of $zip"
call -X POST "$service/v1/datasets?name=$name&size=$size" -H 'Prefer: wait=60' --data-binary @"$zip" -o "$work/set.json" || refused "$work/set.json"
if [ "$(value state "$work/set.json")" ]; then # more than a minute's work
  upload=$(value id "$work/set.json")
  until [ "$(value state "$work/set.json")" = succeeded ]; do
    call "$service/v1/datasets/uploads/$upload" -H 'Prefer: wait=60' -o "$work/set.json"
    [ "$(value state "$work/set.json")" != failed ] || refused "$work/set.json"
  done
  call "$service/v1/datasets/$name" -o "$work/set.json"
fi
channels=$(value channels "$work/set.json")
classes=$(grep -o '"label":' "$work/set.json" | wc -l || true)
echo "   $(value images "$work/set.json") images of $classes classes, $(value refused "$work/set.json") files refused"

echo "2. A training job of $steps steps"
cat > "$work/job.json" <<JSON
{
  "name": "$name", "model": "$name", "objective": { "kind": "ddpm", "prediction": "v" },
  "schedule": { "name": "cosine", "steps": 1000 },
  "network": {
    "imageSize": $size, "channels": $channels,$([ "$classes" -eq 0 ] || echo " \"classes\": $classes,")
    "modelChannels": $width, "channelMultipliers": [1, 2, 2], "residualBlocks": 1, "headChannels": 8
  },
  "data": "$name", "batch": $batch, "steps": $steps,$([ "$classes" -eq 0 ] || echo ' "labelDrop": 0.1,')
  "optimizer": { "learningRate": 0.001, "warmup": $((steps / 30)) }, "emaDecay": 0.999,
  "sampling": { "sampler": "ddim", "steps": 20 }
}
JSON
call -X POST "$service/v1/training-jobs" -H 'content-type: application/json' -d @"$work/job.json" -o "$work/submitted.json" || refused "$work/submitted.json"
job=$(value id "$work/submitted.json")

echo "3. Job $job trains"
until call -s "$service/v1/models/$name/versions/1" -o "$work/version.json" 2>/dev/null; do
  call "$service/v1/training-jobs/$job" -o "$work/state.json"
  ! grep -qE '"state":"(failed|cancelled)"' "$work/state.json" || refused "$work/state.json"
  [ ! -t 1 ] || printf '\r   step %s of %s, loss %s ' "$(value step "$work/state.json")" "$steps" "$(value loss "$work/state.json")"
  sleep 1
done
[ ! -t 1 ] || echo

echo "4. $name@prod is version 1"
call -X PUT "$service/v1/models/$name/aliases/prod" -H 'content-type: application/json' -d '{ "version": 1 }' -o "$work/alias.json" || refused "$work/alias.json"

echo "5. Pictures: $name.png"
labels=$([ "$classes" -eq 0 ] || echo "&label=$(seq -s, 0 $((classes - 1)))")
call -X POST "$service/generate?model=$name@prod&n=16&seed=7&scale=4$labels" -o "$name.png"
