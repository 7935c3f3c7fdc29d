"""One sample of the world: a person in a garment, its in-shop picture, and the exact truth about both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from . import head
from .cut import draw_cut
from .person import draw_person
from .pose import draw_pose
from .record import Wish, WorldSample
from .stage import Stage


def sample(
    seed: int,
    size: tuple[int, int] = (256, 192),
    others: int = 2,
    photo: bool = True,
    shaded: bool = True,
    wish: Wish | None = None,
) -> WorldSample:
    """The sample of ``seed``; equal arguments give equal bytes.

    Args:
        size: (H, W) of every map.
        others: how many other garments the same person also wears.
        photo: False leaves the colour pictures out, several times faster.
        shaded: False paints cloth in its plain colours, without light or folds.
        wish: fixed choices.
    """
    wish = wish or Wish()
    stream = lambda part: np.random.default_rng([seed, part])  # noqa: E731
    rng = stream(0)
    category = wish.category or str(rng.choice(["upper", "lower", "dress"], p=[0.66, 0.18, 0.16]))
    if wish.kind:
        category = draw_cut(stream(1), "upper", "w", wish.kind).category
    seated = draw_pose(stream(4), "seated") if wish.seated else None
    person = wish.person or draw_person(seed, category, rng, pose=seated)
    sex = person.body.shape.sex
    if category == "dress" and sex == "m" and wish.person is None:
        person.body = type(person.body)(replace(person.body.shape, sex="w"), person.body.pose)
        person.hair, sex = head.draw_hair(stream(2), "w") if person.hair != "bald" else "bald", "w"
    stage = Stage(person, size, photo, shaded, stream(3), wish, category)
    made, kinds = [], set()
    for number in range(others + 1):
        rng = stream(100 + number)
        cut = draw_cut(rng, category, sex, wish.kind if number == 0 else None)
        if cut.kind in kinds and category == "upper":  # another kind says more
            cut = draw_cut(rng, category, sex)
        if person.body.pose.sits and cut.kind == "skirt":
            cut = draw_cut(rng, category, sex, "trousers")
        kinds.add(cut.kind)
        made.append(stage.wear(cut, rng, wish if number == 0 else Wish(pleasant=wish.pleasant)))
    made[0].others = made[1:]
    return made[0]


def render_sets(
    seeds: Iterable[int], size: tuple[int, int] = (256, 192), others: int = 2, photo: bool = True
) -> Iterator[WorldSample]:
    """``sample`` for each of ``seeds``, in turn."""
    for seed in seeds:
        yield sample(seed, size, others, photo)
