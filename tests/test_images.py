"""images.py: every kind of file, hostile ones, and the frame's exact inverse."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from tryon.config import InputError
from tryon.images import (
    Limits,
    content_hash,
    denoise,
    load_photo,
    mask_to_image,
    save_png,
    to_image,
    to_tensor,
)
from tryon.letterbox import Letterbox, frame


def smooth(width: int, height: int) -> Image.Image:
    """A picture of slow colour waves, so that resampling errors are visible as errors."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = np.stack([np.sin(5 * x + 2), np.cos(4 * y), np.sin(3 * (x + y))], axis=-1)
    return Image.fromarray((127.5 + 100 * waves).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "HEIF"])
def test_every_format_decodes(kind):
    if kind == "HEIF":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    photo = smooth(160, 120)
    read = load_photo(encoded(photo, kind))
    assert (read.mode, read.size, read.info) == ("RGB", photo.size, {})
    assert difference(read, photo) < (6 if kind == "GIF" else 3)


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        read = load_photo(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert read.getpixel((40, 40))[0] > 200 and read.getpixel((40, 40))[2] < 60, kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_forgotten(orientation):
    upright = smooth(120, 80)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # the transpose that leads back
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a camera's name"
    read = load_photo(encoded(stored, "JPEG", exif=exif, quality=95))
    assert read.size == upright.size and difference(read, upright) < 3
    assert not read.getexif() and not read.info


def test_odd_modes():
    photo = smooth(100, 90)
    assert difference(load_photo(encoded(photo.convert("CMYK"), "JPEG", quality=95)), photo) < 4
    assert difference(load_photo(encoded(photo.quantize(256), "PNG")), photo) < 6
    assert load_photo(encoded(photo.convert("1"), "PNG")).mode == "RGB"
    grey = np.asarray(photo.convert("L"))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    for kind in ("PNG", "TIFF"):
        assert np.abs(np.asarray(load_photo(encoded(deep, kind)))[..., 0].astype(int) - grey).max() <= 1


def test_transparency_lies_on_white():
    photo = smooth(80, 80)
    photo.putalpha(0)
    assert load_photo(encoded(photo, "PNG")).getpixel((5, 5)) == (255, 255, 255)
    palette = smooth(80, 80).quantize(16)
    clear = palette.getpixel((5, 5))
    assert load_photo(encoded(palette, "PNG", transparency=clear)).getpixel((5, 5)) == (255, 255, 255)


def test_srgb_profile_changes_no_pixel():
    photo = smooth(80, 80)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert content_hash(load_photo(encoded(photo, "PNG", icc_profile=profile))) == content_hash(photo)
    assert content_hash(load_photo(encoded(photo, "PNG", icc_profile=b"nonsense"))) == content_hash(photo)


def test_an_open_picture_is_copied_not_changed():
    photo = smooth(80, 80)
    photo.info["comment"] = "mine"
    read = load_photo(photo)
    read.putpixel((0, 0), (1, 2, 3))
    assert photo.info == {"comment": "mine"} and photo.getpixel((0, 0)) != (1, 2, 3) and not read.info


def bomb(width: int, height: int) -> bytes:
    """A tiny PNG whose header promises width x height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


JPEG = encoded(smooth(200, 200), "JPEG")
HOSTILE = {
    "photo_empty": [b""],
    "photo_not_picture": [b"hello, this is a letter\n" * 20, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
                          b"<svg xmlns='http://www.w3.org/2000/svg'/>", JPEG[:20],
                          b"\x00\x00\x00\x18ftypheic" + b"\0" * 40],
    "photo_broken": [JPEG[: len(JPEG) // 2], encoded(smooth(200, 200), "PNG")[:900]],
    "photo_too_large": [bomb(20_000, 20_000), bomb(65_000, 65_000), bomb(12_000, 8_000)],
    "photo_too_small": [encoded(Image.new("RGB", (1, 1)), "PNG"), encoded(Image.new("RGB", (900, 20)), "PNG")],
}


@pytest.mark.parametrize("code, data", [
    pytest.param(code, data, id=f"{code}-{i}") for code, many in HOSTILE.items() for i, data in enumerate(many)])
def test_hostile_files_are_one_sentence(code, data, tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(data)
    for source in (data, file, str(file)):
        with pytest.raises(InputError) as caught:
            load_photo(source)
        assert caught.value.code == code
        for language in ("en", "zh"):
            text = caught.value.text(language)
            assert "\n" not in text and "{" not in text and str(tmp_path) not in text


def test_missing_and_heavy_files(tmp_path):
    for path in (tmp_path / "none.jpg", tmp_path, "bad\0name.jpg"):
        with pytest.raises(InputError) as caught:
            load_photo(path)
        assert caught.value.code == "photo_missing"
    (tmp_path / "heavy.jpg").write_bytes(JPEG)
    for source in (tmp_path / "heavy.jpg", JPEG):
        with pytest.raises(InputError) as caught:
            load_photo(source, limits=Limits(bytes=1000))
        assert caught.value.code == "photo_too_heavy"


@pytest.mark.parametrize("size", [(640, 480), (300, 1000), (1000, 300), (37, 4001), (384, 512), (64, 64)])
def test_frame_and_its_inverse(size):
    photo = smooth(*size)
    framed, box = frame(photo, (512, 384))
    assert framed.shape == (1, 3, 512, 384) and framed.dtype == torch.float32
    assert -1 <= framed.min() and framed.max() <= 1
    back = box.to_photo(framed)
    assert back.shape[-2:] == (photo.height, photo.width)
    assert difference(to_image(back), photo) < 2
    points = torch.rand(2, 17, 2, dtype=torch.float64)
    assert torch.allclose(box.points_to_photo(box.points_to_frame(points)), points, atol=1e-9)
    assert torch.allclose(box.points_to_photo(box.points_to_frame(points.float())), points.float(), atol=1e-5)


def test_points_and_pixels_agree():
    photo = Image.new("RGB", (400, 1000))
    photo.paste((255, 255, 255), (290, 190, 310, 210))
    framed, box = frame(photo, (512, 384), fill=(0, 0, 0))
    weight = framed[0, 0] + 1
    y, x = torch.meshgrid((torch.arange(512) + 0.5) / 512, (torch.arange(384) + 0.5) / 384, indexing="ij")
    centre = torch.stack([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    assert torch.allclose(box.points_to_photo(centre), torch.tensor([0.75, 0.2]), atol=2e-3)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_photo_finds_its_way_back(turn):
    photo = smooth(400, 300)
    framed, box = frame(photo, (512, 384), turn=turn)
    upright = photo.transpose((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[turn - 1])
    assert torch.equal(framed, frame(upright, (512, 384))[0])
    back = to_image(box.to_photo(framed))
    assert back.size == photo.size and np.abs(np.asarray(back, int) - np.asarray(photo, int)).mean() < 2
    points = torch.rand(5, 7, 2, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(box.points_to_photo(box.points_to_frame(points)), points, atol=1e-6)
    spot = Image.new("RGB", (400, 300))
    spot.paste((255, 255, 255), (296, 56, 304, 64))
    weight = frame(spot, (512, 384), fill=(0, 0, 0), turn=turn)[0][0, 0] + 1
    y, x = torch.meshgrid((torch.arange(512) + 0.5) / 512, (torch.arange(384) + 0.5) / 384, indexing="ij")
    centre = torch.stack([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
    assert torch.allclose(box.points_to_photo(centre), torch.tensor([0.75, 0.2]), atol=2e-3)


def test_padding_continues_the_backdrop():
    framed, box = frame(Image.new("RGB", (100, 300), (200, 180, 160)), (512, 384))
    assert box.top == 0 and box.left > 0
    assert torch.allclose(framed[0, :, 5, 2] * 127.5 + 127.5, torch.tensor([200.0, 180.0, 160.0]))
    assert Letterbox((300, 100), (512, 384)) == box


def test_tensors_are_exact():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8))
    assert np.array_equal(np.asarray(to_image(to_tensor(noise))), np.asarray(noise))
    mask = mask_to_image(torch.tensor([0.0, 0.5, 1.0, 2.0]).reshape(1, 1, 1, 4))
    assert mask.mode == "L" and list(np.asarray(mask)[0]) == [0, 128, 255, 255]


@pytest.mark.parametrize("side", [120, 2000])
def test_denoise_smooths_grain_and_keeps_edges(side):
    edge = side // 2
    clean = Image.new("RGB", (side, 120), (60, 60, 60))
    clean.paste((200, 200, 200), (edge, 0, side, 120))
    if side > 1000:
        clean = clean.resize((side, 1500))
    grain = np.random.default_rng(0).normal(0, 12, (clean.height, side, 3))
    noisy = Image.fromarray(np.clip(np.asarray(clean) + grain, 0, 255).astype(np.uint8))
    better = np.asarray(denoise(noisy, 0.8), float)
    assert better[20:100, 10:50].std() < np.asarray(noisy)[20:100, 10:50].std() / 2
    assert better[:, edge + 1:edge + 4].mean() - better[:, edge - 4:edge - 1].mean() > 120
    assert denoise(noisy, 0.0) is noisy
    with pytest.raises(InputError):
        denoise(noisy, 3)


def test_save_png_is_complete_and_bare(tmp_path):
    photo = smooth(90, 70)
    photo.info.update(comment="secret", icc_profile=b"secret", dpi=(72, 72))
    path = save_png(photo, tmp_path / "out.png")
    assert b"secret" not in path.read_bytes() and [p.name for p in Path(tmp_path).iterdir()] == ["out.png"]
    assert content_hash(load_photo(path)) == content_hash(photo)
    with pytest.raises(FileNotFoundError):
        save_png(photo, tmp_path / "no" / "out.png")


def test_content_hash_tells_pictures_apart():
    assert content_hash(smooth(80, 90)) == content_hash(smooth(80, 90))
    assert content_hash(smooth(80, 90)) != content_hash(smooth(90, 80))
