"""The canvas's window: the generator paints round the edit region alone, and what it paints is the same."""

from dataclasses import fields

import pytest
import torch

from tests.test_nets import body
from tryon.nets.condition import make_condition
from tryon.nets.filling import WHOLE, shrink
from tryon.nets.generator import Canvas, Generator

FRAME, SMALL = (512, 384), (256, 192)


def canvas(top: int = 150, bottom: int = 290, left: int = 130, right: int = 250) -> Canvas:
    random = torch.Generator().manual_seed(0)
    person, warped = (torch.rand(1, 3, *FRAME, generator=random) * 2 - 1 for _ in range(2))
    edit = torch.zeros(1, 1, *FRAME)
    edit[:, :, top:bottom, left:right] = 1
    return Canvas(person, edit, warped, edit * 0.9)


@torch.no_grad()
def painted(monkeypatch, whole: bool):
    big = canvas()
    small = [shrink(x, SMALL) for x in (big.person, big.warped, big.worn, big.edit)]
    parse = torch.full((1, 11, *SMALL), 0.02)
    parse[:, 0, :, :40], parse[:, 3, :, 40:] = 0.8, 0.8
    condition = make_condition(small[0], parse, body(), *small[1:3], (small[3] > 0).float())
    torch.manual_seed(0)
    net = Generator().eval()
    with monkeypatch.context() as patch:
        if whole:
            patch.setattr(Canvas, "window", lambda *_: WHOLE)
        return big, net(condition, torch.randn(1, 100), big)


def test_painting_in_a_window_is_painting_the_whole(monkeypatch):
    big, near = painted(monkeypatch, False)
    _, whole = painted(monkeypatch, True)
    assert (near.result - whole.result).abs().max() < 1e-5
    rows, columns = slice(148, 292), slice(128, 252)  # the edit region and a rim, from which the full-size picture is built
    for field in fields(near):
        a, b = (getattr(x, field.name)[:, :, rows, columns] for x in (near, whole))
        assert (a - b).abs().max() < 1e-5, field.name
    assert torch.equal(near.result[big.edit.expand(-1, 3, -1, -1) == 0], big.person[big.edit.expand(-1, 3, -1, -1) == 0])
    assert near.alpha[:, :, :100].abs().max() == 0 and whole.alpha[:, :, :100].abs().max() > 0


@pytest.mark.parametrize("edge", [(0, 30, 0, 30), (480, 512, 350, 384), (0, 512, 0, 384)])
def test_a_window_stays_within_the_canvas(edge):
    rows, columns = canvas(*edge).window((128, 96))
    assert 0 <= rows.start <= edge[0] and edge[1] <= rows.stop <= 512 and rows.start % 4 == rows.stop % 4 == 0
    assert 0 <= columns.start <= edge[2] and edge[3] <= columns.stop <= 384


def test_no_edit_region_and_odd_sizes():
    nothing = canvas()
    nothing.edit.zero_()
    rows, columns = nothing.window((128, 96))
    assert rows.stop - rows.start == columns.stop - columns.start == 4
    assert canvas().window((100, 96)) is WHOLE
