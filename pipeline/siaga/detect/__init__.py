"""Objects in pictures and what crops show: ONNX models driven by their manifests."""

from .classifier import Classifier, OnnxClassifier, open_classifier
from .detector import Detector, OnnxDetector, open_detector
from .filters import BoxFilter, Filters
from .first_load import Limits
from .providers import Choice, Machine, Provider, Wish, choose

__all__ = [
    "BoxFilter",
    "Choice",
    "Classifier",
    "Detector",
    "Filters",
    "Limits",
    "Machine",
    "OnnxClassifier",
    "OnnxDetector",
    "Provider",
    "Wish",
    "choose",
    "open_classifier",
    "open_detector",
]
