"""Which boxes of a class are taken: least score, smallest and largest area."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from siaga.core.detection import Detections
from siaga.core.geometry import area
from siaga.core.settings import ObjectFilter

Filters = Mapping[str, ObjectFilter]


class BoxFilter:
    """The filters of one camera over the classes of a model.

    Args:
        class_names: The model's classes.
        thresholds: The manifest's least confidence per class.
        filters: By class name; a class without one keeps the manifest's threshold. A class that the model
            does not know is left out: it cannot be seen anyway.

    Attributes:
        thresholds: (C,) float32, least confidence per class.
    """

    def __init__(
        self, class_names: tuple[str, ...], thresholds: Mapping[str, float], filters: Filters
    ) -> None:
        chosen = [filters.get(name, ObjectFilter()) for name in class_names]
        self.thresholds: NDArray[np.float32] = np.array(
            [
                thresholds[name] if one.min_score is None else one.min_score
                for name, one in zip(class_names, chosen, strict=True)
            ],
            np.float32,
        )
        self._least = np.array([one.min_area for one in chosen], np.float32)
        self._most = np.array([one.max_area for one in chosen], np.float32)
        self._by_area = bool((self._least > 0).any() or np.isfinite(self._most).any())

    def by_area(self, detections: Detections) -> Detections:
        """The boxes whose area, in pixels of the full picture, lies within the limits of their class."""
        if not self._by_area:
            return detections
        areas = area(detections.xyxy)
        least, most = self._least[detections.class_id], self._most[detections.class_id]
        return detections.take((areas >= least) & (areas <= most))
