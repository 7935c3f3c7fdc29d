"""The closer look: where it looks, the way there and back, and that every row of a batch is looked at alone."""

import pytest
import torch
from torch import nn

from tests.test_nets import body
from tryon.config import BACKGROUND, PARSE_CLASSES, UPPER
from tryon.nets.body import BodyMaps
from tryon.nets.closer import choose_view, join_points, lay_over, look
from tryon.nets.tryon import TryOnModel

FRAME = (512, 384)


def person(size: float) -> torch.Tensor:
    """Keypoints 1×17×3 of somebody ``size`` times as tall as the frame's own standing person, in the frame's middle."""
    points = body()
    points[:, :, :2] = (points[:, :, :2] - 0.5) * size + 0.5
    return points


class Known(nn.Module):
    """In BodyNet's place: blue tells how tall the person is, and where it is red there is an upper garment."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, photo: torch.Tensor) -> BodyMaps:
        self.seen.append(photo)
        n, _, height, width = photo.shape
        parse = torch.full((n, len(PARSE_CLASSES), height, width), -9.0)
        parse[:, UPPER], parse[:, BACKGROUND] = photo[:, 0] * 4, -photo[:, 0] * 4
        points = torch.cat([person(size.item()) for size in photo[:, 2].mean((1, 2))])
        x, y = (points[:, :, i, None, None] * side // 4 for i, side in enumerate((width, height)))
        rows, columns = torch.arange(height // 4).view(1, 1, -1, 1), torch.arange(width // 4).view(1, 1, 1, -1)
        heat = -((rows - y) ** 2 + (columns - x) ** 2) / 2
        return BodyMaps(parse, heat, torch.full((n, 17), 9.0))


def reader() -> tuple[TryOnModel, Known]:
    model = TryOnModel().eval()
    model.body = Known()
    return model, model.body


def photos(*sizes: float) -> torch.Tensor:
    """One photo a size, N×3×512×384: red garments of random outline, blue as ``Known`` wants it."""
    random = torch.Generator().manual_seed(0)
    red = torch.rand(len(sizes), 1, 16, 12, generator=random) * 2 - 1
    red = nn.functional.interpolate(red, FRAME, mode="bilinear").sign()
    return torch.cat([red, torch.zeros_like(red), torch.tensor(sizes).view(-1, 1, 1, 1).expand_as(red)], 1)


def ramp(n: int) -> torch.Tensor:
    """x and y of every pixel, in [0, 1] of the frame, N×2×512×384."""
    y, x = torch.meshgrid((torch.arange(512) + 0.5) / 512, (torch.arange(384) + 0.5) / 384, indexing="ij")
    return torch.stack([x, y]).expand(n, -1, -1, -1)


def test_the_way_there_and_back_is_exact():
    views = torch.tensor([[0.5, 0.4, 0.5], [0.6, 0.5, 0.35]])
    with torch.autocast("cpu", torch.bfloat16):  # as the engine calls it
        seen = look(ramp(2), views, (256, 192))
        back = lay_over(ramp(2).clone(), seen, views)
    for row, (x, y, side) in zip(seen, views):
        assert torch.allclose(row[0, 0], x + side * ((torch.arange(192) + 0.5) / 192 - 0.5), atol=1e-5)
        assert torch.allclose(row[1, :, 0], y + side * ((torch.arange(256) + 0.5) / 256 - 0.5), atol=1e-5)
    assert (back - ramp(2)).abs().max() < 1e-4  # only the outermost half pixel of a view, nearly faded, is not exact


def test_beyond_the_view_the_first_reading_stays_and_nothing_jumps():
    first, second = torch.zeros(1, 1, *FRAME), torch.ones(1, 1, 256, 192)
    out = lay_over(first, second, torch.tensor([[0.5, 0.5, 0.5]]))[0, 0]
    outside = torch.ones(FRAME, dtype=torch.bool)
    outside[128:384, 96:288] = False
    assert out[outside].max() == 0 and out[256, 192] > 0.5
    assert max(out.diff(dim=0).abs().max(), out.diff(dim=1).abs().max()) < 0.08


def test_the_view_holds_hair_to_thighs():
    points, torso = person(0.7), torch.zeros(1, *FRAME)
    torso[:, 180:260, 150:230] = 1
    views, small = choose_view(points, torso)
    x, y, side = views[0]
    assert small.item() and y - side / 2 < points[0, :5, 1].min() - 0.05
    hip, knee = points[0, 11, 1], points[0, 13, 1]
    assert hip < y + side / 2 < knee and abs(x - 0.5) < 1e-4
    torso[:, 180:290, 150:230] = 1  # a coat: all of it is in the view
    _, y, longer = choose_view(points, torso)[0][0]
    assert longer > side and 290 / 512 < y + longer / 2 < knee + 0.05
    torso[:, :, 150:230] = 1  # down to the ground: not the whole person
    assert choose_view(points, torso)[0][0, 2] < 0.7


def test_a_torso_that_fills_the_frame_gets_no_second_look():
    model, net = reader()
    with torch.no_grad():
        large = model.read_person(photos(2.4))
    assert [tuple(photo.shape) for photo in net.seen] == [(1, 3, 256, 192)]
    with torch.no_grad():
        model.read_person(photos(0.7))
    assert len(net.seen) == 3 and (large.parse.sum(1) - 1).abs().max() < 1e-4


@pytest.mark.parametrize("twice", [False, True])
def test_a_reading_is_what_the_network_says_wherever_it_looked(twice: bool):
    model, _ = reader()
    given = photos(0.7)
    with torch.no_grad():
        reading = model.read_person(given, twice=twice)
    assert ((reading.parse[:, UPPER] > 0.5) == (given[:, 0] > 0)).float().mean() > 0.99
    assert (reading.keypoints[:, :, :2] - person(0.7)[:, :, :2]).abs().max() < 0.02


def test_two_readings_of_a_point_are_joined():
    first, view = person(0.7), torch.tensor([[0.5, 0.4, 0.6]])
    second, sure, surer = first.clone(), torch.full((1, 17), 0.05), torch.full((1, 17), 0.05)
    second[:, :, :2] = (first[:, :, :2] - view[:, None, :2]) / view[:, None, 2:] + 0.5
    near, far, unsure, beyond, unseen = 5, 7, 8, 15, 9
    second[0, near, 0] += 0.02
    for joint in (far, unsure):
        second[0, joint, 1] += 0.3
    surer[0, far], surer[0, unsure], second[0, unseen, 0], second[0, unseen, 2] = 0.09, 0.02, 0.7, 0.1
    assert second[0, beyond, 1] > 1  # ankles lie below the view, where its heat map cannot have a peak
    second[0, beyond, :2] = torch.tensor([0.5, 0.99])
    out = join_points((first, sure), (second, surer), view, 0.75)
    moved = torch.zeros(1, 17, 2)
    moved[0, near, 0], moved[0, far, 1] = 0.02 * 0.6 / 2, 0.3 * 0.6
    assert torch.allclose(out[:, :, :2], first[:, :, :2] + moved, atol=1e-5)
    assert torch.equal(out[:, :, 2], first[:, :, 2])


def test_the_closer_look_is_in_the_mirror():
    model, net = reader()
    given = photos(0.7)
    with torch.no_grad():
        model.read_person(given)
    view = choose_view(person(0.7), (given[:, 0] > 0).float())[0]
    plain = look(given, view, (256, 192))[:, 0]
    gap, other = ((net.seen[1][:, 0] - seen).abs().mean() for seen in (plain.flip(2), plain))
    assert gap < 0.2 * other


def test_every_row_is_looked_at_alone():
    model, _ = reader()
    given = photos(0.7, 2.4, 0.9, 0.6)
    with torch.no_grad():
        together = model.read_person(given)
        alone = [model.read_person(given[i : i + 1]) for i in range(len(given))]
    for i, one in enumerate(alone):
        assert torch.allclose(together.parse[i], one.parse[0], atol=1e-5)
        assert torch.allclose(together.keypoints[i], one.keypoints[0], atol=1e-5)
