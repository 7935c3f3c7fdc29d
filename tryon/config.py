"""The vocabulary and the settings: class names, frozen dataclasses mirrored in config.json, and the error family.

The exception tree (every error a user can cause is a TryOnError)::

    TryOnError
    ├── InputError        a photo, a file or an option the user gave cannot be used
    ├── ConfigError       a config.json or a --set asks for something impossible
    ├── CheckpointError   a checkpoint folder is missing, damaged or of another make
    ├── DataError         a data folder cannot be read as any known layout
    └── TrainingError     a training run cannot start or go on

Each carries a message code; ``tryon/messages.py`` holds its sentence in English and Chinese.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from .messages import sentence

PARSE_CLASSES = (
    "background",
    "hair",
    "face",
    "arms",
    "legs",
    "upper",
    "outer",
    "lower",
    "dress",
    "shoes",
    "accessory",
)
BACKGROUND, HAIR, FACE, ARMS, LEGS, UPPER, OUTER, LOWER, DRESS, SHOES, ACCESSORY = range(11)
GARMENTS = (UPPER, OUTER, LOWER, DRESS)  # of the parse classes those that can be tried on

KEYPOINTS = (  # COCO order; left is the person's own left
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
KEYPOINT_FLIP = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)

LANDMARKS = (  # of a garment; left is the wearer's left, so it appears on the right of a front view
    "neck_left",
    "neck_right",
    "neck_front",  # collar meets shoulder seam, left and right; lowest point of the neckline
    "shoulder_left",
    "shoulder_right",  # where sleeve (or armhole) meets shoulder seam
    "armpit_left",
    "armpit_right",
    "sleeve_left_outer",
    "sleeve_left_inner",
    "sleeve_right_outer",
    "sleeve_right_inner",  # the sleeve's end
    "waist_left",
    "waist_right",  # natural waist of tops and dresses, waistband of trousers and skirts
    "hem_left",
    "hem_right",  # lower outer corners; of trousers: outer end of each leg
    "crotch",
    "leg_left_inner",
    "leg_right_inner",  # trousers and shorts only
)
LANDMARK_FLIP = (1, 0, 2, 4, 3, 6, 5, 9, 10, 7, 8, 12, 11, 14, 13, 15, 17, 16)

CATEGORIES = ("upper", "lower", "dress")


class TryOnError(Exception):
    """A problem with a plain sentence for the person who can mend it.

    Args:
        code: key into ``messages.MESSAGES``.
        **params: values the sentence mentions.
    """

    def __init__(self, code: str, /, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(sentence(code, "en", **params))

    def text(self, language: str = "en") -> str:
        """The sentence in ``language`` ("en" or "zh")."""
        return sentence(self.code, language, **self.params)


class InputError(TryOnError):
    """A photo, a file or an option the user gave cannot be used."""


class ConfigError(TryOnError):
    """A configuration asks for something impossible or unknown."""


class CheckpointError(TryOnError):
    """A checkpoint folder is missing, damaged or of another make."""


class DataError(TryOnError):
    """A data folder cannot be read as any known layout."""


class TrainingError(TryOnError):
    """A training run cannot start or go on."""


@dataclass(frozen=True)
class BodyConfig:
    """BodyNet: ``widths`` are channels on the way up at strides 2, 4, 8, 16; ``size`` is the (H, W) it reads; ``encoder``
    are channels of the stem and the seven stages on the way down."""

    widths: tuple[int, ...] = (24, 48, 96, 160)
    size: tuple[int, int] = (256, 192)
    encoder: tuple[int, ...] = (32, 16, 24, 40, 80, 112, 192, 320)


@dataclass(frozen=True)
class GarmentConfig:
    """GarmentNet: ``widths`` are channels at strides 2, 4, 8, 16, 32; ``size`` is the (H, W) it reads."""

    widths: tuple[int, ...] = (16, 32, 64, 96, 128)
    size: tuple[int, int] = (256, 192)


@dataclass(frozen=True)
class WarpConfig:
    """WarpNet: ``size`` is the coarse (H, W) at which the flow is found."""

    widths: tuple[int, ...] = (32, 64, 96, 128)
    size: tuple[int, int] = (128, 96)


@dataclass(frozen=True)
class GeneratorConfig:
    """Generator and its noise branch; ``size`` is the (H, W) it thinks at, ``noise`` the length of z."""

    widths: tuple[int, ...] = (24, 48, 96, 128, 160)
    size: tuple[int, int] = (256, 192)
    noise: int = 100


@dataclass(frozen=True)
class TryOnConfig:
    """The whole try-on model; ``frame`` is the (H, W) of its pictures."""

    frame: tuple[int, int] = (512, 384)
    body: BodyConfig = field(default_factory=BodyConfig)
    garment: GarmentConfig = field(default_factory=GarmentConfig)
    warp: WarpConfig = field(default_factory=WarpConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)


MAX_WIDTH, MAX_LEVELS, MAX_SIDE = 1024, 8, 2048  # refused before memory is taken


def to_dict(config: Any) -> dict[str, Any]:
    """A dataclass configuration as plain JSON values."""
    return dataclasses.asdict(config)


def from_dict(kind: type, values: dict[str, Any]) -> Any:
    """Build the frozen dataclass ``kind`` from JSON ``values``.

    Raises:
        ConfigError: unknown key, wrong type, or a size beyond what any machine should be asked for.
    """
    if not isinstance(values, dict):
        raise ConfigError("config_type", key=kind.__name__, want="an object")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    made = {}
    for key, value in values.items():
        if key not in fields:
            raise ConfigError("config_unknown_key", key=str(key)[:80], kind=kind.__name__)
        default = fields[key].default
        if default is dataclasses.MISSING:
            default = fields[key].default_factory()  # type: ignore[misc]
        made[key] = _checked(key, value, default)
    return kind(**made)


def _checked(key: str, value: Any, default: Any) -> Any:
    if dataclasses.is_dataclass(default):
        return from_dict(type(default), value)
    if isinstance(default, tuple):
        if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MAX_LEVELS:
            raise ConfigError("config_type", key=key, want=f"a list of at most {MAX_LEVELS} whole numbers")
        if len(default) == 2 and len(value) != 2:
            raise ConfigError("config_type", key=key, want="two whole numbers (height, width)")
        limit = MAX_SIDE if len(default) == 2 else MAX_WIDTH
        return tuple(_whole(key, v, limit) for v in value)
    return _whole(key, value, MAX_WIDTH)


def _whole(key: str, value: Any, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= limit:
        raise ConfigError("config_type", key=key, want=f"a whole number from 1 to {limit}")
    return value
