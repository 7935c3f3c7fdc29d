"""WarpNet sees somebody close to the camera as from farther off, and what it finds comes back to its place."""

import torch
import torch.nn.functional as F

from tryon.nets.afar import warp_from_afar
from tryon.nets.warp import Warp

SIZE = (128, 96)


class Recorder:
    """In WarpNet's place: remembers what it is shown; each place's flow is that place itself, the mask the clothes."""

    def __call__(self, parse, keypoints, garment_mask, landmarks, category) -> Warp:
        self.parse, self.keypoints = parse, keypoints
        place = F.affine_grid(torch.eye(2, 3).expand(len(parse), 2, 3), [len(parse), 1, *SIZE], align_corners=False)
        return Warp(place, parse[:, 5:6] * 20 - 10, torch.zeros(len(parse), 2, *SIZE), place)


def person(shoulders: float, hips: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Parse map and keypoints of somebody whose shirt goes on beyond the frame."""
    parse = torch.zeros(1, 11, *SIZE)
    parse[:, 5, round(shoulders * 128) :, 20:76] = 1
    parse[:, 0] = 1 - parse[:, 5]
    points = torch.full((1, 17, 3), 0.5)
    points[0, [5, 6, 11, 12], 1] = torch.tensor([shoulders, shoulders, hips, hips])
    points[0, [5, 6], 0] = torch.tensor([0.75, 0.25])
    return parse, points


def run(parse, points) -> tuple[Recorder, Warp]:
    net, n = Recorder(), len(parse)
    return net, warp_from_afar(net, parse, points, torch.ones(n, 1, *SIZE), torch.zeros(n, 18, 3), torch.zeros(n).long())


def test_whoever_is_not_too_close_is_shown_as_they_are():
    parse, points = person(0.3, 0.7)
    net, _ = run(parse, points)
    assert net.parse is parse and net.keypoints is points


def test_a_close_person_is_shown_smaller_and_goes_on_below_the_frame():
    parse, points = person(0.6, 1.52)  # a torso twice as long as those known
    net, warp = run(parse, points)
    length = net.keypoints[0, 11, 1] - net.keypoints[0, 5, 1]
    assert abs(float(length) - 0.46) < 1e-5
    assert torch.allclose(net.parse.sum(1), torch.ones(1, *SIZE), atol=1e-5)
    shirt = net.parse[0, 5] > 0.5
    x, y = net.keypoints[0, 5, :2]
    assert shirt[round(float(y) * 128) + 1 :, 48].all() and not shirt[: round(float(y) * 128) - 1].any()
    assert not shirt[:, : round(96 / 4) - 1].any()  # beside the photo there is nothing
    assert abs(float(x) - 0.625) < 1e-5
    # what is found there lies where the person is
    assert ((warp.mask > 0) != (parse[:, 5:6] > 0.5)).float().mean() < 0.02
    row, column = 100, 70
    expected = torch.tensor([((column + 0.5) / 96 * 2 - 1) / 2, ((row + 0.5) / 128) / 2 * 2 - 1])
    assert torch.allclose(warp.flow[0, row, column], expected, atol=1e-4)


def test_in_a_batch_only_the_close_ones_change():
    near, far = person(0.6, 1.52), person(0.3, 0.7)
    net, warp = run(*(torch.cat(both) for both in zip(near, far)))
    assert torch.allclose(net.parse[1], far[0][0], atol=1e-5) and torch.allclose(net.keypoints[1], far[1][0])
    assert torch.allclose(warp.flow[1], Recorder()(far[0], far[1], None, None, None).flow[0], atol=1e-5)
