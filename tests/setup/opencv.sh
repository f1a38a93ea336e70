#!/usr/bin/env bash
# OpenCV's desktop build needs libGL and GLib, which a bare server lacks. Where it cannot load, put the
# headless build of the same version in its place.  Usage: opencv.sh PYTHON
set -eu
python="$1"
if "$python" -c "import cv2" 2>/dev/null; then
  exit 0
fi
version=$("$python" -c "import importlib.metadata as m; print(m.version('opencv-python'))")
echo "OpenCV's desktop build cannot load here; using opencv-python-headless $version"
"$python" -m pip install --quiet --force-reinstall --no-deps "opencv-python-headless==$version"
"$python" -c "import cv2"
