"""What a model file is and how to drive it: read from the YAML beside it, without torch.

A model is three files of one name: ``NAME.onnx``, ``NAME.yaml`` (the manifest) and ``NAME.md`` (the card).
``task`` says which kind: ``detect`` (:class:`Manifest`) or ``classify`` (:class:`CropManifest`).
"""

from .crops import CropGates, CropManifest, CropOutput, CropThresholds, Region, crop_region
from .model_file import ModelFile, file_sha256
from .schema import (
    Gates,
    InputSpec,
    Measurement,
    OutputSpec,
    Parity,
    Source,
    Thresholds,
    Training,
    Votes,
)
from .store import (
    Manifest,
    manifest_path,
    names,
    resolve,
    resolve_any,
    resolve_classifier,
    weights_dir,
)

__all__ = [
    "CropGates",
    "CropManifest",
    "CropOutput",
    "CropThresholds",
    "Gates",
    "InputSpec",
    "Manifest",
    "Measurement",
    "ModelFile",
    "OutputSpec",
    "Parity",
    "Region",
    "Source",
    "Thresholds",
    "Training",
    "Votes",
    "crop_region",
    "file_sha256",
    "manifest_path",
    "names",
    "resolve",
    "resolve_any",
    "resolve_classifier",
    "weights_dir",
]
