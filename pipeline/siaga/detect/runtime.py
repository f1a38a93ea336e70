"""What runs a model: tensor in, tensor out."""

from typing import Protocol

from .decode import Output
from .letterbox import Tensor


class Runtime(Protocol):
    """One model, loaded. Not for use from several threads at once."""

    @property
    def batch(self) -> int:
        """Pictures that one run takes; 1 where the model leaves it free."""
        ...

    def run(self, tensor: Tensor) -> Output:
        """The output, (B, ...) float32, for an input (B, 3, height, width); valid until the next call."""
        ...

    def close(self) -> None:
        """Let go of the model's memory."""
        ...
