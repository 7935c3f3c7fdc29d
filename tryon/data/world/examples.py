"""The examples that the app opens with: eight people and sixteen garments, chosen by hand, drawn by the world."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...config import DataError
from .body import Body, Shape
from .person import draw_person
from .pose import draw_pose
from .sample import Wish, sample

_PEOPLE = (  # seed, sex, pose, yaw, skin, hair, hair colour, framing, kind worn, pattern, colour, titles
    (15, "w", "relaxed", 0.05, (0.88, 0.71, 0.58), "bob", (0.07, 0.06, 0.06), "full",
     "tank", "plain", (0.8, 0.33, 0.3), "Lin, red tank top", "小林 红背心"),
    (25, "w", "down", 0.1, (0.92, 0.76, 0.66), "long_back", (0.28, 0.17, 0.1), "hips",
     "tshirt", "plain", (0.93, 0.93, 0.91), "Mara, white T-shirt", "玛拉 白色T恤"),
    (12, "m", "relaxed", -0.12, (0.55, 0.37, 0.27), "crop", (0.08, 0.07, 0.06), "hips",
     "shirt", "plain", (0.55, 0.68, 0.82), "Theo, blue shirt", "西奥 蓝衬衫"),
    (13, "w", "one_hip", -0.15, (0.38, 0.25, 0.18), "bun", (0.09, 0.07, 0.06), "full",
     "dress", "floral", (0.93, 0.75, 0.3), "Amina, floral dress", "阿米娜 印花裙"),
    (14, "m", "down", 0.15, (0.94, 0.8, 0.7), "short", (0.62, 0.45, 0.26), "knee",
     "longsleeve", "stripes", (0.92, 0.91, 0.88), "Jonas, striped top", "约纳斯 条纹衫"),
    (16, "m", "down", 0.0, (0.84, 0.66, 0.53), "short", (0.08, 0.07, 0.07), "hips",
     "polo", "plain", (0.16, 0.36, 0.32), "Ken, green polo", "阿健 绿Polo衫"),
    (17, "w", "hips", 0.18, (0.72, 0.52, 0.39), "wavy", (0.2, 0.11, 0.07), "knee",
     "longsleeve", "knit", (0.86, 0.8, 0.7), "Sofia, cream knit", "索菲亚 米色针织"),
    (18, "m", "bent", -0.1, (0.3, 0.2, 0.15), "crop", (0.06, 0.05, 0.05), "full",
     "tshirt", "plain", (0.22, 0.25, 0.33), "Kofi, navy T-shirt", "科菲 藏青T恤"),
)
_LOWERS = (  # what tops go with
    ("trousers", "denim", (0.22, 0.3, 0.46)),
    ("trousers", "plain", (0.2, 0.22, 0.26)),
    ("trousers", "plain", (0.72, 0.66, 0.55)),
    ("trousers", "denim", (0.34, 0.46, 0.64)),
)
_GARMENTS = (  # seed, kind, pattern, colour, titles
    (31, "tshirt", "plain", (0.15, 0.18, 0.28), "Printed T-shirt", "印花T恤"),
    (32, "tshirt", "stripes", (0.94, 0.93, 0.9), "Striped T-shirt", "条纹T恤"),
    (33, "longsleeve", "plain", (0.62, 0.2, 0.24), "Red long sleeve", "红色长袖"),
    (34, "tank", "plain", (0.95, 0.94, 0.92), "White tank top", "白色背心"),
    (35, "polo", "plain", (0.92, 0.78, 0.35), "Yellow polo", "黄色Polo衫"),
    (36, "shirt", "checks", (0.9, 0.88, 0.84), "Checked shirt", "格子衬衫"),
    (37, "shirt", "denim", (0.3, 0.42, 0.6), "Denim shirt", "牛仔衬衫"),
    (38, "hoodie", "marl", (0.58, 0.58, 0.6), "Grey hoodie", "灰色连帽衫"),
    (39, "jacket", "plain", (0.3, 0.34, 0.24), "Olive jacket", "橄榄绿夹克"),
    (40, "longsleeve", "knit", (0.25, 0.42, 0.48), "Teal knit", "青色针织衫"),
    (41, "dress", "floral", (0.2, 0.24, 0.4), "Floral dress", "印花连衣裙"),
    (42, "dress", "plain", (0.6, 0.16, 0.28), "Wine dress", "酒红连衣裙"),
    (43, "skirt", "checks", (0.55, 0.22, 0.22), "Plaid skirt", "格纹半裙"),
    (44, "trousers", "denim", (0.3, 0.4, 0.6), "Blue jeans", "蓝色牛仔裤"),
    (45, "trousers", "plain", (0.76, 0.68, 0.54), "Sand trousers", "沙色长裤"),
    (46, "shorts", "plain", (0.28, 0.36, 0.3), "Green shorts", "绿色短裤"),
)


def write_examples(folder: Path, size: tuple[int, int] = (512, 384)) -> dict[str, list[dict[str, str]]]:
    """Draw people/*.jpg and garments/*.jpg of ``size`` (H, W) into ``folder`` and describe them in examples.json.

    Returns:
        What examples.json holds: under "people" and "garments" rows of file, category, kind, en, zh.

    Raises:
        DataError: the folder cannot be written.
    """
    folder = Path(folder)
    told: dict[str, list[dict[str, str]]] = {"people": [], "garments": []}
    try:
        for name in told:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, row in enumerate(_PEOPLE):
            picture, category = _person(row, size)
            told["people"].append(_save(folder, f"people/{number:02d}.jpg", picture, category, *row[8:9], *row[-2:]))
        for number, (seed, kind, pattern, colour, en, zh) in enumerate(_GARMENTS):
            made = sample(
                seed, (size[0] * 2, size[1] * 2), 0, wish=Wish(kind=kind, pattern=pattern, colour=colour, pleasant=True)
            )
            told["garments"].append(
                _save(folder, f"garments/{number:02d}.jpg", _half(made.garment), made.category, kind, en, zh)
            )
        content = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        _put(folder / "examples.json", content.encode())
    except OSError as error:
        raise DataError("world_write", folder=folder, reason=error.strerror or error) from error
    return told


def _person(row: tuple, size: tuple[int, int]) -> tuple[torch.Tensor, str]:
    seed, sex, stance, yaw, skin, hair, hair_colour, framing, kind, pattern, colour = row[:11]
    rng = np.random.default_rng([seed, 1])
    category = "dress" if kind == "dress" else "upper"
    pose = replace(draw_pose(rng, stance), yaw=yaw, head=(-0.8 * yaw, 0.0, 0.03))
    shape = Shape(sex, 1.0, *(1 + rng.uniform(-0.04, 0.05, 5)))
    person = draw_person(seed, category, rng, shape, pose, framing)
    person.body, person.skin, person.hair, person.hair_colour = (
        Body(shape, pose),
        np.array(skin),
        hair,
        np.array(hair_colour),
    )
    person.plain_face, person.bag, person.margins = False, 0, (0.05, 0.05, 0.0)
    light = np.array([-0.45 if yaw > 0 else 0.45, 0.55, 1.0])
    person.light, person.ambient = light / np.linalg.norm(light), 0.62
    made = sample(
        seed,
        (size[0] * 2, size[1] * 2),
        0,
        wish=Wish(
            kind=kind, person=person, pattern=pattern, colour=colour, lower=_LOWERS[seed % len(_LOWERS)], pleasant=True
        ),
    )
    return _half(made.person), made.category


def _half(picture: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.avg_pool2d(picture[None].float(), 2)[0].round().byte()


def _save(folder: Path, name: str, picture: torch.Tensor, category: str, kind: str, en: str, zh: str) -> dict[str, str]:
    memory = io.BytesIO()
    Image.fromarray(picture.numpy().transpose(1, 2, 0)).save(memory, "JPEG", quality=88, optimize=True)
    _put(folder / name, memory.getvalue())
    return {"file": name, "category": category, "kind": kind, "en": en, "zh": zh}


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)
