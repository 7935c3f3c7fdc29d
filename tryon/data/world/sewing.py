"""Sewing: the patches a garment is made of, each knowing its place on the person, in the pattern and in the cloth."""

from __future__ import annotations

import numpy as np

from .body import HIP_T, KNEE_T, TABLE
from .garment import QUARTER, Garment, Island, share, step
from .patch import Patch


def sew(garment: Garment, sleeve_angle: float = 0.7, leg_spread: float = 0.06, close: bool = False) -> list[Patch]:
    """All surfaces; ``sleeve_angle`` and ``leg_spread`` (radians) say how the pattern is laid out, ``close`` that the
    sleeves may lie upon the trunk, as on photos taken in a hurry."""
    if garment.cut.kind in ("trousers", "shorts"):
        return _trousers(garment, leg_spread)
    out = _panels(garment)
    if garment.cut.sleeve and garment.cut.kind != "skirt":
        for side in (1, -1):
            out += _sleeve(garment, side, sleeve_angle, close)
    return out


def _panels(garment: Garment) -> list[Patch]:
    cut, skirt = garment.cut, garment.cut.kind == "skirt"
    n, m = (44 if cut.hem > -0.1 else 64) * garment.fine, 37
    rows = np.linspace(0, 1, n)[:, None]
    out = []
    split = cut.open
    spans = ((0.0, 1.0), (-1.0, 0.0)) if split else ((-1.0, 1.0),)
    for low, high in spans:
        u = np.linspace(low, high, m)
        start = np.full(m, cut.top) if skirt else garment.neckline(u, cut.neck_depth)
        end = cut.hem - cut.curved_hem * np.cos(u * np.pi) * 0.5
        t = start + (end - start) * rows
        columns = np.broadcast_to(u, t.shape)
        if split:  # the edges stand apart, more towards the hem
            stand = cut.gap * (0.25 + 0.75 * np.clip((0.56 - t) / (0.56 - cut.hem), 0, 1)) / 0.24
            columns = np.sign(low + high) * (stand + (1 - stand) * np.abs(columns))
        if not skirt:
            columns = columns * garment.armhole(t)
        flat = np.stack([garment.half_at(t) * np.sign(columns) * share(np.abs(columns)), t], -1)
        out.append(
            Patch(
                garment.trunk(t, columns * QUARTER),
                cut.parse,
                flat,
                flat.copy(),
                texture=garment.texture,
                front=True,
                layer=garment.layer,
                faces=t[:-1, :-1] > garment.end,
            )
        )
        garment.mark_trunk(flat, low, high, start)
    u = np.linspace(-1, 1, m)
    back_start = np.full(m, cut.top) if skirt else garment.neckline(u, 0.016)
    t = back_start + (cut.hem + cut.curved_hem * 0.5 - back_start) * rows
    columns = np.broadcast_to(u, t.shape) * (1.0 if skirt else garment.armhole(t))
    cloth = np.stack([garment.half_at(t) * share(np.abs(columns)) * np.sign(columns), t], -1)
    out.append(
        Patch(
            garment.trunk(t, np.pi - columns * QUARTER),
            cut.parse,
            None,
            cloth,
            texture=garment.texture,
            layer=garment.layer,
            faces=t[:-1, :-1] > garment.end,
        )
    )
    out.append(_inside(garment, skirt))
    if cut.collar == "hood":
        out += _hood(garment)
    elif cut.collar == "high" and not cut.open:
        out += _stand(garment)
    return out


def _stand(garment: Garment) -> list[Patch]:
    """A collar that stands up the neck: its front half is part of the pattern."""
    u, rows = np.linspace(-1, 1, 25), np.linspace(0, 1, 7)[:, None]
    base = garment.neckline(u, garment.cut.neck_depth) - 0.012
    tall = 0.052
    t = base + (np.maximum(base, base.max() - 0.02) + tall - base) * rows
    half = garment.half_at(base) * share(np.abs(u)) * np.sign(u)
    flat = np.stack([half * (1 - 0.10 * rows), t], -1)
    cloth = np.stack([half + 0 * rows, base - 0.02 - 0.08 * rows * np.ones(25)], -1)
    out = []
    for front in (True, False):
        angle = u * QUARTER if front else np.pi - u * QUARTER
        foot = garment.trunk(base, angle)
        at = np.maximum(t, 0.62)
        neck = garment.body.trunk(
            at,
            np.broadcast_to(angle, t.shape),
            *(
                np.interp(at, TABLE, line) + 0.010
                for line in (garment.body.width, garment.body.front, garment.body.back)
            ),
        )
        mix = step(rows / 0.5)[..., None]
        out.append(
            Patch(
                foot * (1 - mix) + neck * mix,
                garment.cut.parse,
                flat if front else None,
                cloth,
                texture=garment.texture,
                front=front,
                layer=garment.layer + 0.4,
                depth=0.01,
            )
        )
    return out


def _hood(garment: Garment) -> list[Patch]:
    """A hood: lying on the back when worn, spread above the neck in the pattern. The flow leaves it out."""
    cut = garment.cut
    angle = np.linspace(-0.80 * np.pi, 0.80 * np.pi, 33)  # round the neck from one side of the throat to the other
    turn = np.linspace(0, 2 * np.pi, 13)[:, None]
    fat = 0.016 + 0.026 * np.cos(angle / 2) ** 2
    ring = cut.neck_width + 0.012 + 0.6 * fat + fat * np.cos(turn)
    level = 0.612 - 0.055 * (np.abs(angle) / np.pi) ** 3
    t = level + fat * 1.15 * np.sin(turn) + 0 * angle
    worn = garment.body.trunk(t, np.pi - angle + 0 * turn, ring, ring * 1.02, ring * 0.95)
    u, rows = np.linspace(-1, 1, 21), np.linspace(0, 1, 14)[:, None]
    base = garment.neckline(u, 0.016) - 0.01
    wide = (
        (cut.neck_width + 0.012)
        * (1 + 0.55 * np.sin(np.pi * rows**0.8) * 0.9)
        * np.sqrt(np.clip(1 - 0.98 * rows**3.2, 0, 1))
    )
    flat = np.stack([wide * u, base + 0.23 * rows * (1 - 0.12 * u**2)], -1)
    beside = float(garment.half_at(np.array(0.35))) * 0.75  # cloth that carries no print
    side = np.stack([beside + 0.02 * np.cos(turn) + 0 * angle, 0.35 + 0.05 * angle / np.pi + 0 * turn], -1)
    spread = np.stack([beside + 0.02 * u + 0 * rows, 0.32 + 0.06 * rows + 0 * u], -1)
    mouth = np.stack([wide * u * 0.70, base + 0.004 + 0.175 * rows * (1 - 0.10 * u**2)], -1)
    return [
        Patch(worn, cut.parse, None, side, (0.94, 0.94, 0.94), garment.texture, layer=garment.layer + 0.3),
        Patch(None, cut.parse, flat, spread, (0.94, 0.94, 0.94), garment.texture, depth=-0.03),
        Patch(None, cut.parse, mouth, spread, (0.55, 0.55, 0.55), garment.texture, depth=-0.025),
    ]


def _inside(garment: Garment, skirt: bool) -> Patch:
    """The back panel's inner side that an in-shop picture shows above the front edge."""
    cut = garment.cut
    u = np.linspace(-1, 1, 25)
    if skirt:
        start = np.full(25, cut.top) + 0.004
        front = start - 0.02
    else:
        start = garment.neckline(u, 0.016)
        front = np.full(25, cut.hem + 0.06) if cut.open else garment.neckline(u, cut.neck_depth) - 0.02
    t = start + (front - start) * np.linspace(0, 1, 12)[:, None]
    columns = np.broadcast_to(u, t.shape) * (1.0 if skirt else garment.armhole(t))
    flat = np.stack([garment.half_at(t) * share(np.abs(columns)) * np.sign(columns), t], -1)
    return Patch(None, cut.parse, flat, flat.copy(), (0.62, 0.62, 0.62), garment.texture, depth=-0.02)


def _sleeve(garment: Garment, side: int, angle: float, close: bool) -> list[Patch]:
    cut, arm = garment.cut, garment.body.arms[side]
    n, m = (int(14 + 26 * cut.sleeve)) * garment.fine, 15
    top, bottom = garment.hole[:2]
    q = np.linspace(0, 1, m)
    seam_t = top + (bottom - top) * q
    reach = garment.armhole(np.clip(seam_t, bottom + 1e-6, top - 1e-6))
    reach[0], reach[-1] = garment.armhole(np.array([top - 1e-6]))[0], 1.0
    rows = np.linspace(0, 1, n)[:, None]
    lift = np.clip(np.degrees(np.arccos(np.clip(-arm.axis[0, 1], -1, 1))) / 110, 0, 1)
    root = 0.012 + (0.115 - 0.075 * lift) * step(q)
    end = cut.sleeve * arm.length
    s = root + (np.maximum(end, root + 0.03) - root) * rows
    extra = cut.sleeve_ease * np.interp(s, [0, 0.1, 0.30, 0.5], [0.6, 1.0, 1.0, 0.75]) + cut.sleeve_flare * s / end
    grip = 1.0 - 0.5 * step((s - end + 0.05) / 0.05) * (
        cut.kind in ("hoodie", "longsleeve", "shirt", "jacket") and cut.sleeve_flare == 0
    )
    extra = extra * grip
    weight = step((s - root) / 0.11)[..., None]
    flat_seam = np.stack([side * garment.half_at(seam_t) * share(reach), seam_t], -1)
    cuff = float(np.pi * (np.interp(end, arm.s, arm.radius) + extra[-1, m // 2]))
    flat = _flat_sleeve(garment, side, angle, flat_seam, end - 0.02, cuff, rows, close)
    chord = float(np.linalg.norm(flat_seam[0] - flat_seam[-1]))
    wide = chord + (cuff - chord) * rows
    middle = side * (garment.half[TABLE >= min(cut.hem, 0.5)].max() + 0.03 + max(chord, cuff) / 2)
    garment.islands[side] = Island(middle, top, chord, cuff, end)
    cloth = np.stack([middle + side * wide * (0.5 - q), top - rows * (end - 0.02) * np.ones(m)], -1)
    name = "left" if side == 1 else "right"
    garment.mark(f"sleeve_{name}_outer", flat[-1, 0])
    garment.mark(f"sleeve_{name}_inner", flat[-1, -1])
    out = []
    for front in (True, False):
        ring = garment.trunk(seam_t, side * (reach * QUARTER if front else np.pi - reach * QUARTER))
        psi = QUARTER - np.pi * q
        psi = psi if front else np.pi - psi
        limb = arm.surface(s, np.broadcast_to(psi, s.shape), extra)
        lean = ring + (s - root)[..., None] * arm.axis[2]
        worn = lean * (1 - weight) + limb * weight
        out.append(
            Patch(
                worn,
                cut.parse,
                flat if front else None,
                cloth,
                texture=garment.texture,
                front=front,
                layer=garment.layer + 0.2,
                depth=0.01 if close else -0.01,
            )
        )
    return out


def _flat_sleeve(
    garment: Garment, side: int, angle: float, seam: np.ndarray, length: float, cuff: float, rows: np.ndarray, close: bool
) -> np.ndarray:
    """Lay the sleeve at ``angle`` from the vertical; unless it may lie ``close``, raised until it clears the trunk."""
    shoulder = seam[0] * (side, 1)
    for tilt in np.arange(angle, 1.6, 0.04):
        out = shoulder + length * np.array([np.sin(tilt), -np.cos(tilt)])
        inner = out + cuff * np.array([-np.cos(tilt), -np.sin(tilt)])
        if close or inner[0] > garment.half_at(np.array(inner[1])) + 0.015 and inner[0] > seam[-1][0] * side + 0.012:
            break
    ends = out + (inner - out) * np.linspace(0, 1, len(seam))[:, None]
    return seam + (ends * (side, 1) - seam) * rows[..., None]


def _trousers(garment: Garment, spread: float) -> list[Patch]:
    cut, out = garment.cut, []
    n, m = (64 if cut.kind == "trousers" else 40) * garment.fine, 19
    rows = np.linspace(0, 1, n)[:, None]
    t = cut.top + (cut.hem - cut.top) * rows * np.ones(m)
    for side in (1, -1):
        leg = garment.body.legs[side]
        u = np.broadcast_to(np.linspace(0, 1, m), t.shape)
        s = HIP_T - t
        thigh = np.interp(0.05, leg.s, leg.radius)
        radius = np.interp(s, leg.s, leg.radius)
        straight = np.maximum(radius, thigh * (0.9 - 0.25 * (1 - cut.loose)))
        extra = (
            (straight - radius) * cut.loose * step((s - 0.1) / 0.2)
            + cut.ease
            + np.maximum(KNEE_T + 0.1 - t, 0) * cut.flare
        )
        weight = step((0.07 - t) / 0.13)
        wide = np.pi * (radius + extra)
        hip = garment.half_at(t)
        edge = float(garment.half_at(np.array(0.02)))
        part = np.clip((0.02 - t) / (0.02 - cut.hem), 0, 1)  # the seams run straight from the crotch to the hem
        outer = np.where(t > 0.02, hip, edge + np.tan(spread) * part * (0.02 - cut.hem))
        inner = np.maximum(outer[-1, 0] - wide[-1, 0] * 0.95, 0.012) * part**0.85 + 0.003 * step(part * 20)
        flat = np.stack([side * (inner + (outer - inner) * u), t], -1)
        cloth = flat.copy()
        for front in (True, False):
            angle = side * u * QUARTER
            trunk = garment.trunk(t, angle if front else np.pi - angle)
            psi = -QUARTER + np.pi * u
            limb = leg.surface(s, psi if front else np.pi - psi, extra)
            worn = trunk * (1 - weight[..., None]) + limb * weight[..., None]
            out.append(
                Patch(
                    worn,
                    cut.parse,
                    flat if front else None,
                    cloth,
                    texture=garment.texture,
                    front=front,
                    layer=garment.layer,
                    depth=0.001 * side,
                )
            )
        name = "left" if side == 1 else "right"
        garment.mark(f"waist_{name}", flat[0, -1])
        garment.mark(f"hem_{name}", flat[-1, -1])
        garment.mark(f"leg_{name}_inner", flat[-1, 0])
    row = int(np.argmin(np.abs(t[:, 0] + 0.02)))
    garment.mark("crotch", np.array([0.0, t[row, 0]]))
    u = np.linspace(-1, 1, 25)
    high = cut.top + (0.003 - 0.03 * np.array([0.0, 1.0]))[:, None] * np.ones(25)
    flat = np.stack([garment.half_at(high) * u, high], -1)
    out.append(Patch(None, cut.parse, flat, flat.copy(), (0.6, 0.6, 0.6), garment.texture, depth=-0.02))
    return out
