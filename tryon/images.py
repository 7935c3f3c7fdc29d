"""Photos: safe decoding, and pictures to and from tensors.

The tensor contract, stated here once for the whole project:

- pictures: N x 3 x H x W float32, RGB, values in [-1, 1];
- masks: N x 1 x H x W float32, values in [0, 1];
- sizes: (height, width), as tensors have it (Pillow's own ``size`` is the other way round);
- points: ... x 2 as (x, y) in [0, 1] of the picture's width and height; keypoints are N x 17 x 3, the third value
  a confidence in [0, 1].

Whatever normalisation a network wants beyond that lives inside the network.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageCms
from torch import Tensor

from .config import InputError

# Only these decoders ever see a stranger's bytes: no Ghostscript, no font or fax code.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WARNINGS_LOCK = threading.Lock()  # warnings.catch_warnings swaps process-wide state


@dataclass(frozen=True)
class Limits:
    """What a photo may weigh: ``bytes`` on disk, ``pixels`` in all, and the shortest ``side`` of use."""

    bytes: int = 40_000_000
    pixels: int = 60_000_000
    side: int = 64


def load_photo(source: str | Path | bytes | Image.Image, *, limits: Limits | None = None) -> Image.Image:
    """Decode a photo of any usual kind into a plain upright picture.

    Args:
        source: a path, the file's bytes, or an open Pillow picture (never changed).
        limits: caps, checked before any pixel is decoded.

    Returns:
        Mode "RGB", EXIF orientation applied, transparency on white, colours in sRGB, no metadata at all.

    Raises:
        InputError: missing, empty, not a picture, damaged, too heavy, too large or too small.
    """
    limits = limits or Limits()
    if isinstance(source, Image.Image):
        _check_size(source.size, limits)
        return _decode(source)
    data = source if isinstance(source, bytes) else _read(Path(source), limits)
    if not data:
        raise InputError("photo_empty")
    if len(data) > limits.bytes:
        raise InputError("photo_too_heavy", limit=limits.bytes // 1_000_000)
    formats = FORMATS
    if data[4:8] == b"ftyp":  # HEIC and AVIF share this container
        _register_heif()
        formats += ("HEIF",)
    with _WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=formats)
        except Image.DecompressionBombError:
            raise _too_large(limits) from None
        except Exception:  # a hostile header can make a decoder raise almost anything
            raise InputError("photo_not_picture") from None
        _check_size(image.size, limits)
        return _decode(image)


def _read(path: Path, limits: Limits) -> bytes:
    try:
        if path.stat().st_size > limits.bytes:
            raise InputError("photo_too_heavy", limit=limits.bytes // 1_000_000)
        return path.read_bytes()
    except (OSError, ValueError):  # ValueError: a NUL inside the name
        raise InputError("photo_missing", name=path.name[:80]) from None


@functools.cache
def _register_heif() -> None:
    import pillow_heif  # 40 ms that only an iPhone's photo needs to spend

    pillow_heif.register_heif_opener(thumbnails=False)


def _too_large(limits: Limits) -> InputError:
    return InputError("photo_too_large", limit=limits.pixels // 1_000_000)


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    if size[0] * size[1] > limits.pixels:
        raise _too_large(limits)
    if min(size) < limits.side:
        raise InputError("photo_too_small", limit=limits.side, width=size[0], height=size[1])


def _decode(image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(_orientation(image))
        profile = image.info.get("icc_profile")
        plain = _to_rgb(image, profile)
    except Exception:  # truncated data, a bad palette, a broken chunk: for the user it is all one thing
        raise InputError("photo_broken") from None
    plain.info.clear()
    return plain.transpose(turn) if turn is not None else plain


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF must not cost the user an otherwise good photo
        return 1


def _to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK"):
        managed = _to_srgb(image, profile)
        if managed is not None:
            return managed
    return image.convert("RGB")  # a copy even when nothing changes: the caller's picture stays his own


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """Grey values of 16 or 32 bits, or floats, as uint8; the scale is read from the type, then from the values."""
    values = np.nan_to_num(values.astype(np.float64))
    peak = values.max(initial=0.0)
    full = 1.0 if peak <= 1.0 else 255.0 if peak <= 255.0 else 65535.0 if peak <= 65535.0 else peak
    return np.clip(values * (255.0 / full) + 0.5, 0, 255).astype(np.uint8)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture in sRGB, or None where its profile is sRGB already or cannot be read."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def to_tensor(photo: Image.Image) -> Tensor:
    """An RGB picture as 1 x 3 x H x W float32 in [-1, 1]."""
    pixels = torch.from_numpy(np.array(photo.convert("RGB")))
    return pixels.permute(2, 0, 1)[None].float().div_(127.5).sub_(1.0).contiguous()


def to_image(x: Tensor) -> Image.Image:
    """The first picture of an N x 3 x H x W (or 3 x H x W) tensor in [-1, 1]; exact for what to_tensor made."""
    x = x[0] if x.ndim == 4 else x
    pixels = x.detach().float().add(1.0).mul_(127.5).round_().clamp_(0, 255).byte()
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())


def mask_to_image(mask: Tensor) -> Image.Image:
    """The first mask of an N x 1 x H x W (or 1 x H x W, or H x W) tensor in [0, 1], as mode "L", 0 to 255."""
    values = mask.detach().float().reshape(-1, *mask.shape[-2:])[0]
    return Image.fromarray(values.mul(255.0).round_().clamp_(0, 255).byte().cpu().numpy())


def denoise(photo: Image.Image, strength: float) -> Image.Image:
    """Take grain out of a photo and keep its edges: a self-guided filter, each channel on its own.

    Args:
        photo: mode "RGB".
        strength: 0 (the same picture comes back) to 1 (grain of about 20 levels goes).

    Raises:
        InputError: strength outside [0, 1].
    """
    if not 0.0 <= strength <= 1.0:
        raise InputError("denoise_range", value=strength)
    if strength == 0.0:
        return photo
    x = to_tensor(photo)
    # A large photo's coefficients are found on a smaller copy: the same neighbourhood, a fraction of the time.
    step = min(4, max(1, round((photo.width * photo.height / 1e6) ** 0.5)))
    small = F.avg_pool2d(x, step, ceil_mode=True) if step > 1 else x
    radius, noise = 2 + round(strength), (strength * 40 / 127.5 / step) ** 2

    def mean(values: Tensor) -> Tensor:  # a box, one axis at a time, borders averaged over what exists
        values = F.avg_pool2d(values, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)
        return F.avg_pool2d(values, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)

    average = mean(small)
    variance = (mean(small * small) - average * average).clamp_(min=0)
    slope = variance / (variance + noise)  # 1 at an edge (keep), 0 on a flat patch (smooth)
    slope, offset = mean(slope), mean(average * (1 - slope))
    if step > 1:
        slope, offset = (F.interpolate(part, x.shape[2:], mode="bilinear") for part in (slope, offset))
    return to_image(x.mul_(slope).add_(offset))


def save_png(image: Image.Image, path: str | Path) -> Path:
    """Write a PNG without metadata; the name appears only when the file is complete."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    plain = image.copy()
    plain.info.clear()
    try:
        plain.save(part, format="PNG", compress_level=1)  # four times as fast as 6, a fifth larger
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def content_hash(photo: Image.Image) -> str:
    """A name for exactly these pixels: 32 hexadecimal digits, the same on every machine."""
    digest = hashlib.blake2b(f"{photo.mode} {photo.size}".encode(), digest_size=16)
    digest.update(photo.tobytes())
    return digest.hexdigest()
