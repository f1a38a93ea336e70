"""What a model file is and how to drive it: read from the YAML beside it, without torch.

A model is three files of one name: ``NAME.onnx``, ``NAME.yaml`` (the manifest) and ``NAME.md`` (the card).
"""

from .schema import (
    Gates,
    InputSpec,
    Measurement,
    OutputSpec,
    Source,
    Thresholds,
    Training,
    Votes,
)
from .store import Manifest, file_sha256, manifest_path, names, resolve, weights_dir

__all__ = [
    "Gates",
    "InputSpec",
    "Manifest",
    "Measurement",
    "OutputSpec",
    "Source",
    "Thresholds",
    "Training",
    "Votes",
    "file_sha256",
    "manifest_path",
    "names",
    "resolve",
    "weights_dir",
]
