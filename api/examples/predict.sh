#!/bin/sh
# Asks a Naevus server about one image with curl: the scores, then the heat map as a picture.
# Usage: predict.sh IMAGE [URL]     (URL: http://localhost:8080)
# curl waits for as long as a 503 or 429 asks for, three times at most.
set -eu
image=${1:?Usage: predict.sh IMAGE [URL]}
url=${2:-http://localhost:8080}

ask() {
  curl --silent --show-error --fail-with-body --retry 3 --max-time 60 --data-binary "@$image" "$@"
}

ask "$url/predict?top_k=3"
echo
# A picture has no room for words: its headers say whether its scores should not be used.
ask --output heatmap.png --dump-header - "$url/gradcam" | grep -i '^X-\(Abstained\|Triage\)' || true
echo 'heatmap.png holds the heat map.'
