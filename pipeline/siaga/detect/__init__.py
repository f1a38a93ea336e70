"""Objects in pictures: an ONNX detector driven by its manifest."""

from .detector import Detector, OnnxDetector, open_detector
from .filters import BoxFilter, Filters
from .first_load import Limits
from .providers import Choice, Machine, Provider, Wish, choose

__all__ = [
    "BoxFilter",
    "Choice",
    "Detector",
    "Filters",
    "Limits",
    "Machine",
    "OnnxDetector",
    "Provider",
    "Wish",
    "choose",
    "open_detector",
]
