"""What ultralytics finds: ``python -m tests.detect.reference MODEL CONFIDENCE IOU PICTURE.npy...``.

A process of its own, because torch and ultralytics warn while they are imported. Pictures are RGB (h, w, 3)
uint8; ultralytics wants BGR. Its whole predictor runs: its letterbox without ``rect`` (a fixed ONNX input
is always filled), its ONNX backend, its NMS and its way back to the full picture.
"""

import json
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    """Write one list of ``[x1, y1, x2, y2, confidence, class]`` per picture to standard output."""
    from ultralytics import YOLO
    from ultralytics.utils import LOGGER

    LOGGER.handlers.clear()
    model_path, confidence, iou, *pictures = sys.argv[1:]
    model = YOLO(model_path, task="detect")
    found = []
    for path in pictures:
        bgr = np.ascontiguousarray(np.load(path)[..., ::-1])
        size = _input_size(Path(model_path))
        (result,) = model.predict(
            bgr, imgsz=size, conf=float(confidence), iou=float(iou), rect=False, verbose=False, device="cpu"
        )
        found.append([[round(float(value), 5) for value in row] for row in result.boxes.data.tolist()])
    sys.stdout.write(json.dumps(found) + "\n")


def _input_size(model: Path) -> list[int]:
    import onnx

    shape = onnx.load(str(model)).graph.input[0].type.tensor_type.shape
    return [shape.dim[2].dim_value, shape.dim[3].dim_value]


if __name__ == "__main__":
    main()
