"""Edges drawn along the photo: where a map is in doubt it gets the photo's edge, elsewhere nothing is worked out or changed."""

import torch
import torch.nn.functional as F

from tryon.nets import edges
from tryon.nets.edges import follow_edges


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Two maps at half the size, blurred, of a red figure on grey in a photo 1×3×256×192; and the photo."""
    photo = torch.zeros(1, 3, 256, 192)
    photo[:, 0, 96:160, 70:122] = 0.9
    figure = (photo[:, :1] > 0.5).float()
    soft = F.avg_pool2d(F.interpolate(figure, (128, 96), mode="area"), 7, 1, 3)
    return torch.cat([1 - soft, soft], 1), photo


def test_a_blurred_map_gets_the_edge_of_the_photo():
    maps, photo = scene()
    drawn, blurred = follow_edges(maps, photo), F.interpolate(maps, photo.shape[2:], mode="bilinear")
    jumps = [float((m[0, 1, 128, 70] - m[0, 1, 128, 69]).abs()) for m in (drawn, blurred)]
    assert jumps[0] > 0.4 and jumps[0] > 4 * jumps[1]


def test_only_what_is_in_doubt_is_worked_on_and_comes_out_the_same(monkeypatch):
    maps, photo = scene()
    worked, models = [], edges._models
    monkeypatch.setattr(edges, "_models", lambda soft, small: worked.append(soft.shape[2:]) or models(soft, small))
    near = follow_edges(maps, photo)
    monkeypatch.setattr(edges, "span", lambda where, margin: slice(0, len(where)))
    whole = follow_edges(maps, photo)
    part, everything = (h * w for h, w in worked)
    assert part < 0.6 * everything == 0.6 * 64 * 48
    assert (near - whole).abs().max() < 1e-4


def test_a_map_that_is_sure_everywhere_stays_as_it_is():
    _, photo = scene()
    maps = torch.zeros(1, 3, 64, 48)
    maps[:, 1] = 1
    assert torch.equal(follow_edges(maps, photo), F.interpolate(maps, photo.shape[2:], mode="bilinear"))


def test_a_photo_of_nothing_has_no_edges():
    _, photo = scene()
    maps = torch.full((1, 2, 128, 96), 1e-4)
    assert torch.allclose(follow_edges(maps, photo), torch.full((1, 2, 256, 192), 1e-4))
