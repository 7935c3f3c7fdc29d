"""Seams: painted skin takes on the colours of the photo's own skin beside it."""

import torch

from tests.test_nets import body
from tryon.nets.condition import make_condition
from tryon.nets.filling import shrink
from tryon.nets.generator import Canvas, Generator
from tryon.nets.seam import join


def test_the_difference_is_carried_a_little_way_in():
    photo, painted, known = torch.full((1, 3, 256, 192), -0.2), torch.full((1, 3, 256, 192), 0.4), torch.zeros(1, 1, 256, 192)
    known[:, :, :100] = 1
    joined = join(painted, photo, known, 4, 2)
    assert (joined[:, :, :100] - photo[:, :, :100]).abs().max() < 0.15
    assert joined[0, 0, 101, 96] < 0.1 and torch.equal(joined[:, :, 140:], painted[:, :, 140:])
    assert (joined[0, 0, 1:, 96] - joined[0, 0, :-1, 96]).abs().max() < 0.1  # no step where the seam was
    assert torch.equal(join(painted, photo, torch.zeros_like(known), 4, 2), painted)
    tiny = (..., slice(0, 2), slice(0, 2))
    assert torch.equal(join(painted[tiny], photo[tiny], torch.zeros(1, 1, 2, 2), 4, 2), painted[tiny])


def test_what_shows_something_else_says_nothing():
    painted, known = torch.full((1, 3, 256, 192), 0.4), torch.zeros(1, 1, 256, 192)
    known[:, :, :100] = 1
    trousers, shade = torch.tensor([0.6, -0.9, -0.9]).view(1, 3, 1, 1).expand_as(painted), painted - 0.2
    assert torch.equal(join(painted, trousers, known, 4, 2, 0.5), painted)
    assert join(painted, shade, known, 4, 2, 0.5)[0, 0, 101, 96] < 0.35


@torch.no_grad()
def test_a_painted_chest_goes_on_in_the_colour_of_the_neck():
    size = (512, 384)
    person, edit, skin = torch.full((1, 3, *size), 0.4), torch.zeros(1, 1, *size), torch.zeros(1, 1, *size)
    edit[:, :, 120:280, 130:254] = 1
    skin[:, :, 60:120, 160:224] = 1
    parse = torch.zeros(1, 11, *size)
    parse[:, 2] = skin[:, 0]
    parse[:, 5], parse[:, 0] = edit[:, 0], 1 - skin[:, 0] - edit[:, 0]
    small = [shrink(x, (256, 192)) for x in (person, parse, edit)]
    nothing = torch.zeros_like(small[2])
    condition = make_condition(small[0], small[1], body(), torch.zeros_like(small[0]), nothing, small[2])
    person[:, :, 60:120, 160:224] = 0.0  # the neck lies in a shadow that the skin's mean colour knows nothing of
    torch.manual_seed(0)
    net = Generator().eval()
    blank = torch.zeros_like(edit)
    plain, joined = (
        net(condition, canvas=Canvas(person, edit, torch.zeros_like(person), blank, part)).paint for part in (None, skin)
    )
    below, far = (..., slice(122, 126), slice(180, 204)), (..., slice(220, 260), slice(180, 204))
    assert (joined[below] - 0.0).abs().mean() < 0.5 * (plain[below] - 0.0).abs().mean()
    assert (joined[far] - plain[far]).abs().max() < 0.02
