"""Cuts: which kinds of garment there are, and the measures a tailor would vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...config import DRESS, LOWER, OUTER, UPPER

KINDS = {  # kind: (category, odds for women, odds for men)
    "tshirt": ("upper", 24, 26),
    "longsleeve": ("upper", 14, 12),
    "tank": ("upper", 12, 4),
    "polo": ("upper", 4, 10),
    "shirt": ("upper", 10, 16),
    "hoodie": ("upper", 8, 12),
    "jacket": ("upper", 10, 12),
    "trousers": ("lower", 14, 20),
    "shorts": ("lower", 8, 10),
    "skirt": ("lower", 12, 0),
    "dress": ("dress", 1, 1),
}


@dataclass(frozen=True)
class Cut:
    """Measures of one garment: metres, or levels ``t`` of the body (see body.py).

    Attributes:
        sleeve: 0 for none, 1 to the wrist. ``gap`` is how far an open front stands apart at the hem.
        loose: 0 follows the body, 1 hangs straight from the chest. ``ease`` is added all round.
        flare: widening per metre below ``flare_t``.
        neck, neck_width, neck_depth: shape of the neckline; ``collar`` one of "", "rib", "polo", "shirt", "high",
            "hood", "lapel".
        top: level of the waistband of lower garments.
    """

    kind: str
    category: str
    parse: int
    hem: float
    ease: float = 0.012
    loose: float = 0.5
    flare: float = 0.0
    flare_t: float = 0.25
    sleeve: float = 0.0
    sleeve_ease: float = 0.012
    sleeve_flare: float = 0.0
    neck: str = "crew"
    neck_width: float = 0.082
    neck_depth: float = 0.035
    collar: str = ""
    strap: float = 0.12
    gap: float = 0.0
    open: bool = False
    top: float = 0.25
    curved_hem: float = 0.0
    pleats: float = 0.0


def draw_cut(rng: np.random.Generator, category: str, sex: str, kind: str | None = None) -> Cut:
    """A random cut of ``category``, or of one ``kind``.

    Raises:
        KeyError: no such kind.
    """
    if kind is None:
        names = [k for k, row in KINDS.items() if row[0] == category]
        odds = np.array([KINDS[k][1 if sex == "w" else 2] for k in names], float)
        kind = names[rng.choice(len(names), p=odds / odds.sum())]
    category = KINDS[kind][0]
    u = rng.uniform
    if kind == "dress":
        return _dress(rng)
    if kind == "skirt":
        flare = float(rng.choice([0.0, u(0.05, 0.2), u(0.2, 0.5)]))
        return Cut(
            kind,
            category,
            LOWER,
            hem=float(u(-0.62, -0.12)),
            ease=u(0.008, 0.018),
            loose=u(0.2, 0.8),
            flare=flare,
            flare_t=0.20,
            top=u(0.19, 0.26),
            pleats=float(flare * u(0.03, 0.09) + 0.002),
        )
    if kind in ("trousers", "shorts"):
        long = kind == "trousers"
        return Cut(
            kind,
            category,
            LOWER,
            hem=float(u(-0.73, -0.60) if long else u(-0.42, -0.12)),
            ease=u(0.008, 0.022),
            loose=float(u(0, 1) ** 1.5),
            flare=float(rng.choice([0, 0, u(0.0, 0.06)])),
            top=u(0.15, 0.25),
        )
    loose, ease = float(u(0.3, 1.0)), float(u(0.008, 0.022))
    hem = float(u(-0.09, 0.11))
    base = {"kind": kind, "category": category, "parse": UPPER, "hem": hem, "loose": loose, "ease": ease}
    if kind == "tshirt":
        base["loose"] = u(0.5, 1.0)
        neck = str(rng.choice(["crew", "crew", "v", "scoop"]))
        return Cut(
            **base,
            sleeve=u(0.34, 0.52),
            sleeve_ease=u(0.010, 0.026),
            sleeve_flare=u(0, 0.02),
            neck=neck,
            neck_width=u(0.075, 0.105),
            neck_depth=_depth(rng, neck),
            collar="rib",
        )
    if kind == "longsleeve":
        neck = str(rng.choice(["crew", "crew", "v", "scoop", "boat"]))
        return Cut(
            **base,
            sleeve=u(0.72, 0.97),
            sleeve_ease=u(0.006, 0.016),
            sleeve_flare=float(rng.choice([0, 0, u(0, 0.04)])),
            neck=neck,
            neck_width=u(0.075, 0.11),
            neck_depth=_depth(rng, neck),
            collar=str(rng.choice(["rib", "rib", "high"])) if neck == "crew" else "rib",
        )
    if kind == "tank":
        neck = str(rng.choice(["scoop", "scoop", "v", "square"]))
        return Cut(**(base | {"neck": neck, "collar": "rib"} | _straps(rng, 0.3)))
    if kind == "polo":
        return Cut(
            **base,
            sleeve=u(0.36, 0.50),
            sleeve_ease=u(0.012, 0.022),
            neck="v",
            neck_width=0.078,
            neck_depth=u(0.06, 0.09),
            collar="polo",
        )
    if kind == "shirt":
        return Cut(
            **base,
            sleeve=float(rng.choice([u(0.38, 0.52), u(0.88, 0.97), u(0.88, 0.97)])),
            sleeve_ease=u(0.010, 0.018),
            neck="v",
            neck_width=0.076,
            neck_depth=u(0.045, 0.085),
            collar="shirt",
            curved_hem=u(0, 0.06),
        )
    if kind == "hoodie":
        base.update(ease=u(0.020, 0.032), loose=u(0.5, 1.0), hem=u(-0.02, 0.14))
        return Cut(
            **base,
            sleeve=u(0.90, 0.98),
            sleeve_ease=u(0.016, 0.024),
            neck="crew",
            neck_width=0.088,
            neck_depth=u(0.05, 0.07),
            collar="hood",
        )
    is_open = bool(rng.random() < 0.55)
    base.update(
        parse=OUTER,
        ease=u(0.024, 0.036),
        loose=u(0.4, 1.0),
        hem=float(rng.choice([u(0.02, 0.14), u(-0.12, 0.02), u(-0.4, -0.2)], p=[0.55, 0.3, 0.15])),
    )
    return Cut(
        **base,
        sleeve=u(0.92, 0.99),
        sleeve_ease=u(0.016, 0.023),
        neck="v",
        neck_width=0.085,
        neck_depth=u(0.06, 0.22),
        collar=str(rng.choice(["lapel", "shirt", "high"])),
        open=is_open,
        gap=u(0.04, 0.16) if is_open else 0.0,
    )


def _depth(rng: np.random.Generator, neck: str) -> float:
    low, high = {"crew": (0.03, 0.055), "v": (0.09, 0.15), "scoop": (0.075, 0.13), "boat": (0.02, 0.035)}[neck]
    return float(rng.uniform(low, high))


def _straps(rng: np.random.Generator, thin: float) -> dict[str, Any]:
    """The neckline of a garment without sleeves; a share ``thin`` hangs on the narrow straps of camisoles and slips."""
    width, broad = rng.uniform(0.085, 0.10), rng.uniform(0.125, 0.150)
    if rng.random() >= thin:
        return {"neck_width": width, "neck_depth": rng.uniform(0.08, 0.13), "strap": broad}
    width, strap = rng.uniform(0.09, 0.115), rng.uniform(0.008, 0.025)
    return {"neck": "square", "neck_width": width, "neck_depth": rng.uniform(0.11, 0.19), "strap": width + strap}


def _dress(rng: np.random.Generator) -> Cut:
    u = rng.uniform
    flare = float(rng.choice([0.0, u(0.03, 0.12), u(0.12, 0.4)]))
    neck = str(rng.choice(["crew", "v", "scoop", "square"]))
    sleeve = float(rng.choice([0.0, u(0.34, 0.5), u(0.55, 0.97)], p=[0.45, 0.35, 0.2]))
    neckline = {
        "neck": neck,
        "neck_width": u(0.078, 0.10),
        "neck_depth": _depth(rng, "crew") if neck == "crew" else u(0.07, 0.12),
        "strap": u(0.125, 0.15),
    }
    if sleeve == 0 and neck != "crew":
        neckline |= _straps(rng, 0.5)
    return Cut(
        "dress",
        "dress",
        DRESS,
        hem=float(rng.choice([u(-0.36, -0.12), u(-0.68, -0.36)], p=[0.7, 0.3])),
        ease=u(0.008, 0.014),
        loose=float(rng.choice([u(0, 0.2), u(0.3, 0.8)])),
        flare=flare,
        flare_t=float(u(0.16, 0.30)),
        sleeve=sleeve,
        sleeve_ease=u(0.010, 0.024),
        sleeve_flare=float(rng.choice([0, u(0, 0.04)])),
        **neckline,
        collar="rib" if neck == "crew" else "",
        pleats=float(flare * u(0.03, 0.10)),
    )
