#!/usr/bin/env bash
# The training framework, for the tests that compare Siaga with it. Where torchvision has no build that
# works with the installed torch, a stand-in with the one operator that ultralytics needs takes its place.
# Usage: torch.sh PYTHON
set -eu
python="$1"
here=$(dirname "$0")
"$python" -m pip install --quiet "torch==2.13.0"
"$python" -m pip install --quiet opencv-python pillow pyyaml requests scipy matplotlib psutil polars lap \
  "onnx>=1.17" "onnxslim>=0.1.60"
"$python" -m pip install --quiet --no-deps "ultralytics==8.4.190" ultralytics-thop
works="import torch, torchvision; torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)"
if ! "$python" -c "$works" >/dev/null 2>&1; then
  "$python" -m pip install --quiet --no-deps torchvision 2>/dev/null || true
fi
if ! "$python" -c "$works" >/dev/null 2>&1; then
  echo "no torchvision works with this torch; using the stand-in of the tests"
  "$python" -m pip uninstall --quiet --yes torchvision
  "$python" -m pip install --quiet --no-deps "$here/torchvision_stand_in"
fi
