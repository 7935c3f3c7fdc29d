"""The bare figure: skin of trunk and limbs, hands, shoes and a bag, as patches."""

from __future__ import annotations

import numpy as np

from ...config import ACCESSORY, ARMS, FACE, LEGS, SHOES
from .body import ANKLE_T, HIP_T, Body
from .cut import Cut
from .garment import Garment
from .patch import Patch, tube
from .sewing import sew


def skin_patches(
    body: Body, skin: np.ndarray, trunk_from: float, arm_from: float, leg_from: float, fine: int = 1
) -> list[Patch]:
    """Skin that clothes leave bare: trunk above level ``trunk_from``, arms from length ``arm_from``, legs below
    level ``leg_from``."""
    suit = Cut(
        "body",
        "",
        FACE,
        hem=0.0,
        ease=-0.001,
        loose=0.0,
        sleeve=0.985,
        sleeve_ease=0.0,
        neck_width=0.050,
        neck_depth=0.0,
    )
    cloth = Garment(suit, body, layer=0.0, texture=-1, fine=fine)
    out = []
    for patch in sew(cloth):
        if patch.worn is None:
            continue
        patch.colour, patch.front, patch.gloss = skin, False, 0.25
        rows = patch.worn.shape[0]
        if patch.cloth is not None and patch.layer > cloth.layer:  # an arm
            length = np.linspace(0, 1, rows) * 0.985 * body.arms[1].length
            patch.parse, patch.layer, patch.faces = ARMS, 0.0, _rows(length > arm_from, patch)
        else:
            patch.faces = _rows(patch.cloth[:, :, 1].max(1) > trunk_from, patch)
        out.append(patch)
    legs = Cut("trousers", "", LEGS, hem=ANKLE_T - 0.03, ease=-0.001, loose=0.0, top=0.16)
    for patch in sew(Garment(legs, body, layer=0.0, texture=-1, fine=fine)):
        if patch.worn is None:
            continue
        patch.colour, patch.front, patch.gloss = skin, False, 0.25
        patch.faces = _rows(patch.cloth[:, 0, 1] < leg_from, patch)
        out.append(patch)
    for patch in out:
        patch.flat = None
    return [p for p in out if p.faces is None or p.faces.any()]


def _rows(keep: np.ndarray, patch: Patch) -> np.ndarray:
    cells = keep[:-1] | keep[1:]
    return np.broadcast_to(cells[:, None], (len(cells), patch.worn.shape[1] - 1))


def hand_patches(body: Body, skin: np.ndarray) -> list[Patch]:
    """Palm, four fingers and a thumb at each wrist."""
    out = []
    for index, side in enumerate((1, -1)):
        arm, kind = body.arms[side], body.pose.hands[index]
        start, along = arm.centre[-1], arm.axis[-1]
        front, outer = arm.front[-1], arm.outer[-1]
        bend = {
            "hip": np.array([-side * 0.9, -0.75, 0.75]),
            "front": np.array([-side * 0.5, -0.9, 0.2]),
            "pocket": np.array([-side * 0.7, -1.0, -0.35]),
            "cross_low": np.array([-side * 0.6, 0.0, -0.7]),
            "cross_high": np.array([-side * 0.9, 0.1, -0.35]),
        }.get(kind)
        wide = front * 0.85 + outer * 0.5
        if bend is not None:  # the wrist bends towards what the hand rests on
            along = along * 0.55 + bend * 0.6
            along = along / np.linalg.norm(along)
        if kind in ("cross_low", "cross_high", "front", "bent", "lap"):
            wide = outer * 0.95 + front * 0.3
        wide = wide - along * (wide @ along)
        wide /= np.linalg.norm(wide)
        face = np.cross(wide, along)
        big = 1.0 if body.shape.sex == "w" else 1.12
        reach = np.array([-0.045, -0.012, 0.0, 0.03, 0.06, 0.085, 0.095]) * big
        spine = start + np.where(reach[:, None] < 0, arm.axis[-1], along) * reach[:, None]
        thin = float(arm.radius[-1])
        out.append(
            Patch(
                tube(
                    spine,
                    np.array([thin, thin, thin * 1.04, 0.036 * big, 0.040 * big, 0.038 * big, 0.028 * big]),
                    np.array([1.0, 0.97, 0.9, 0.52, 0.42, 0.38, 0.3]),
                    14,
                    tuple(face),
                ),
                ARMS,
                colour=skin,
                gloss=0.25,
            )
        )
        curl = 0.35 if kind != "hip" else 0.1
        inward = face if (face @ (-side * outer)) > 0 else -face
        for k, place in enumerate((-0.027, -0.009, 0.009, 0.026)):
            bend = np.linspace(0, 1, 5)
            length = (0.062, 0.072, 0.075, 0.066)[k] * big
            path = (
                start
                + along * (0.085 * big + length * np.sin(bend * (1 - 0.3 * curl)))[:, None]
                + wide * place * big
                + inward * (curl * 0.035 * bend**2)[:, None]
            )
            out.append(
                Patch(
                    tube(path, np.array([0.0095, 0.0092, 0.0085, 0.0078, 0.003]) * big, 1.0, 7, tuple(face)),
                    ARMS,
                    colour=skin,
                    gloss=0.25,
                )
            )
        bend = np.linspace(0, 1, 5)
        path = (
            start
            + along * (0.02 + 0.065 * bend)[:, None] * big
            + wide * (0.030 + 0.022 * np.sin(2 * bend))[:, None] * big
            + inward * 0.01
        )
        out.append(
            Patch(
                tube(path, np.array([0.014, 0.0135, 0.012, 0.0105, 0.004]) * big, 1.0, 8, tuple(face)),
                ARMS,
                colour=skin,
                gloss=0.25,
            )
        )
    return out


def shoe_patches(body: Body, colour: np.ndarray, boots: float, heel: float) -> list[Patch]:
    """Shoes, or boots that reach ``boots`` metres up the leg; ``heel`` raises the heel (metres)."""
    out = []
    for index, side in enumerate((1, -1)):
        leg = body.legs[side]
        ankle = leg.point(HIP_T - ANKLE_T)
        angle = side * body.pose.legs[index, 3]
        ahead = np.array([np.sin(angle), -0.10 - 2.2 * heel, np.cos(angle)])
        ahead /= np.linalg.norm(ahead)
        along = np.array([-0.055, -0.045, -0.01, 0.04, 0.09, 0.13, 0.155, 0.165])
        low = np.array([-0.030, -0.028, -0.026, -0.038, -0.052, -0.058, -0.060, -0.060])
        path = ankle + along[:, None] * ahead + low[:, None] * (0, 1, 0)
        out.append(
            Patch(
                tube(
                    path,
                    np.array([0.010, 0.036, 0.044, 0.040, 0.043, 0.041, 0.031, 0.006]),
                    np.array([1.0, 1.2, 1.15, 0.95, 0.7, 0.55, 0.5, 0.5]),
                    14,
                    (0, 1, 0),
                ),
                SHOES,
                colour=colour,
                gloss=0.5,
            )
        )
        s = np.linspace(leg.length - 0.015 - boots, leg.length + 0.04, 12)[:, None]
        angles = np.linspace(-np.pi, np.pi, 19)
        if boots > 0:
            out.append(
                Patch(
                    leg.surface(s * np.ones(19), angles * np.ones((12, 1)), 0.004),
                    SHOES,
                    colour=colour,
                    layer=0.4,
                    gloss=0.5,
                )
            )
    return out


def bag_patches(body: Body, colour: np.ndarray, side: int) -> list[Patch]:
    """A shoulder bag: a strap across the chest and a soft pouch at the hip."""
    t = np.linspace(0.585, 0.08, 40)
    angle = np.linspace(side * 1.2, -side * 1.35, 40)
    axes = [np.interp(t, np.linspace(-0.86, 0.72, 159), line) + 0.042 for line in (body.width, body.front, body.back)]
    wide = np.linspace(-0.012, 0.012, 3)
    strap = body.trunk(t[:, None] + wide * 0.7, angle[:, None] + side * wide * 3, *(a[:, None] for a in axes))
    end = strap[-1, 1]
    path = end + np.linspace(0.02, -0.17, 8)[:, None] * (0, 1, 0) + np.array([-side * 0.035, 0, 0.03])
    pouch = tube(path, np.array([0.02, 0.085, 0.10, 0.105, 0.105, 0.10, 0.09, 0.02]), 0.42, 14, (0, 0, 1))
    return [
        Patch(strap, ACCESSORY, colour=colour, layer=5.0),
        Patch(pouch, ACCESSORY, colour=colour, layer=1.0, gloss=0.3),
    ]
