"""What is true of a clip: who is where, what can be seen of them, and which events should be reported."""

from .build import build_truth
from .model import Truth, read_truth, write_truth

__all__ = ["Truth", "build_truth", "read_truth", "write_truth"]
