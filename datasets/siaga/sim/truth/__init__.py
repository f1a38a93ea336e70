"""What is true of a clip: who is where, what can be seen of them, and which events should be reported."""

from .build import build_truth
from .light import Views, in_this_light
from .model import Person, Truth, read_truth, write_truth
from .people import people_of

__all__ = [
    "Person",
    "Truth",
    "Views",
    "build_truth",
    "in_this_light",
    "people_of",
    "read_truth",
    "write_truth",
]
