"""A laid garment comes to lie where the old one lay: its shoulders always, all of it where both are alike, never its hem."""

import numpy as np
import torch

from tests.test_nets import body, shirt
from tryon.bench import EXAMPLES
from tryon.engine import TryOnEngine
from tryon.images import load_photo
from tryon.nets.capsules import capsule
from tryon.nets.fitted import fit_to_old, neck_and_shoulders

SIZE = (128, 96)


def places() -> tuple[torch.Tensor, torch.Tensor]:
    y, x = torch.meshgrid(*((torch.arange(side) + 0.5) / side for side in SIZE), indexing="ij")
    return x, y


def top(points: torch.Tensor, hem: float, arms: float = 0.6, wide: float = 0.0, lift: float = 0.0) -> torch.Tensor:
    """A top on somebody, 1×1×H×W: trunk down to ``hem``, sleeves ``arms`` of the upper arm long, so much wider and higher."""
    x, y = places()
    grid = torch.stack([x * SIZE[1] / SIZE[0], y], 2)[None]
    at = points[:, :, :2] * torch.tensor([SIZE[1] / SIZE[0], 1.0])
    (right, left), top_row = (points[0, 6, 0], points[0, 5, 0]), points[0, 5, 1] - 0.02 - lift
    trunk = (x > right - 0.03 - wide) & (x < left + 0.03 + wide) & (y > top_row) & (y < hem)
    out = trunk.float()
    for a, b in ((5, 7), (6, 8)) if arms else ():
        end = torch.lerp(at[:, a], at[:, b], arms)
        start = at[:, a] - torch.tensor([0.0, lift])
        out = torch.maximum(out, (capsule(grid, start, end, torch.tensor([0.03]), torch.tensor([0.03]))[0] < 1).float())
    return out[None, None]


def moved(mask: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """A mask looked up ``shift`` away."""
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], mask.shape, align_corners=False)
    shift = torch.nn.functional.interpolate(shift, mask.shape[2:], mode="bilinear", align_corners=False)
    return torch.nn.functional.grid_sample(mask, grid + shift.permute(0, 2, 3, 1), align_corners=False)


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().mean())


def fit(worn: torch.Tensor, old: torch.Tensor, visible: torch.Tensor, bare: torch.Tensor | None = None) -> torch.Tensor:
    """``fit_to_old`` on somebody whose arms are covered, unless told otherwise."""
    bare = torch.zeros_like(old) if bare is None else bare
    return fit_to_old(worn, old, visible, bare, body(), *neck_and_shoulders(body(), shirt()))


def test_a_garment_much_like_the_old_one_takes_its_outline():
    points, all_seen = body(), torch.ones(1, 1, *SIZE)
    old, worn = top(points, 0.5, wide=0.02), top(points, 0.5)
    shift = fit(worn, old, all_seen)
    assert apart(moved(worn, shift), old) < 0.6 * apart(worn, old)
    assert fit(old, old, all_seen).abs().max() < 1e-3


def test_shoulders_follow_whatever_the_rest_does_and_the_hem_stays():
    points, all_seen = body(), torch.ones(1, 1, *SIZE)
    old, worn = top(points, 0.62, lift=0.02), top(points, 0.45)  # much longer, and a little higher on the shoulders
    shift = fit(worn, old, all_seen)
    out, x = moved(worn, shift), places()[0]
    outer = (x > points[0, 5, 0] - 0.02) & (x < points[0, 5, 0] + 0.02)
    rows = [float((m[0, 0] > 0.5).float().argmax(0)[outer[0]].float().mean()) for m in (worn, out, old)]
    assert rows[0] - rows[2] > 2 and rows[1] - rows[2] < 0.6 * (rows[0] - rows[2])
    low = shift[:, :, int(0.4 * shift.shape[2]) :]
    assert low.abs().max() < 0.2 * shift.abs().max()


def test_nothing_is_learned_from_a_top_without_sleeves_nor_from_what_is_hidden():
    points, all_seen = body(), torch.ones(1, 1, *SIZE)
    vest, worn = top(points, 0.5, arms=0, wide=-0.04, lift=0.02), top(points, 0.5)
    assert not fit(worn, vest, all_seen).any()
    assert not fit(worn, top(points, 0.5, wide=0.02), torch.zeros_like(all_seen)).any()


def test_a_trunk_beside_bare_arms_is_no_sleeve():
    points, all_seen = body(), torch.ones(1, 1, *SIZE)
    old, worn = top(points, 0.5, wide=0.02), top(points, 0.5)
    assert fit(worn, old, all_seen).any()  # from afar a wide top reaches the arms' axes
    x, y = places()
    outside = (x < points[0, 6, 0] - 0.02) | (x > points[0, 5, 0] + 0.02)
    assert not fit(worn, old, all_seen, (outside & (y > points[0, 5, 1])).float()[None, None]).any()


def test_the_first_example_gets_the_sleeves_and_the_neck_of_its_t_shirt():
    """Somebody far away in a top without sleeves, with a V neck, in a navy T-shirt with sleeves and a round one."""
    engine = TryOnEngine()
    person, garment = (load_photo(EXAMPLES / kind / "00.jpg") for kind in ("people", "garments"))
    points = engine.parse(person)[1]
    picture = np.asarray(engine.try_on(person, garment).image, float)

    def navy(place: torch.Tensor) -> bool:
        x, y = (place[:2] * torch.tensor(person.size)).int().tolist()
        red, _, blue = picture[y - 1 : y + 2, x - 1 : x + 2].mean((0, 1))
        return red < 70 and blue < 110

    shoulders, hips = points[[5, 6]].mean(0), points[[11, 12]].mean(0)
    sleeves = [torch.lerp(points[a], points[b], 0.5) for a, b in ((5, 7), (6, 8))]
    outside = [sleeve + 0.25 * (sleeve - torch.lerp(shoulders, hips, 0.3)) for sleeve in sleeves]
    assert all(navy(place) for place in (*sleeves, *outside))
    assert navy(torch.lerp(shoulders, hips, 0.12))
