"""What a detector saw in one frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes of one frame, in the order the detector gave them.

    Attributes:
        xyxy: (N, 4) float32, pixels of the full-resolution picture.
        confidence: (N,) float32, 0..1.
        class_id: (N,) int32, index into ``class_names``.
        class_names: Names from the model's manifest.
    """

    xyxy: NDArray[np.float32]
    confidence: NDArray[np.float32]
    class_id: NDArray[np.int32]
    class_names: tuple[str, ...]

    @classmethod
    def empty(cls, class_names: tuple[str, ...]) -> "Detections":
        """No boxes."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), class_names)

    def __len__(self) -> int:
        return len(self.confidence)

    def take(self, index: NDArray[Any]) -> "Detections":
        """The boxes that ``index`` (a mask or integer array) picks."""
        return Detections(self.xyxy[index], self.confidence[index], self.class_id[index], self.class_names)

    def of(self, name: str) -> "Detections":
        """The boxes of class ``name``; none when the model does not know the class."""
        if name not in self.class_names:
            return Detections.empty(self.class_names)
        return self.take(self.class_id == self.class_names.index(name))

    def to_supervision(self) -> Any:
        """The same arrays, not copied, as ``supervision.Detections``."""
        import supervision

        return supervision.Detections(xyxy=self.xyxy, confidence=self.confidence, class_id=self.class_id)
