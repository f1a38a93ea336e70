"""Stand-in for torchvision on machines where no build of it fits the installed torch.

Ultralytics asks for torchvision when it is imported, and then uses one function of it to train and
validate a detector: ``ops.nms``. Never installed where the real package works (see ``../install.py``).
"""

from . import ops

__version__ = "0.28.0+standin"
__all__ = ["ops"]
