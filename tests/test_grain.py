"""Painted skin has the grain of the photo's own skin: as strong, nowhere else, and the same each time."""

import torch

from tryon.nets.grain import grain_of, grained

SIZE = (160, 120)


def photo(spread: float, seed: int = 0) -> torch.Tensor:
    noise = torch.randn(1, 1, *SIZE, generator=torch.Generator().manual_seed(seed))
    slope = torch.linspace(-0.4, 0.3, SIZE[0]).view(1, 1, -1, 1)  # light falls from one side
    return (slope + spread * noise).expand(1, 3, -1, -1).clamp(-1, 1)


def half(upper: bool) -> torch.Tensor:
    mask = torch.zeros(1, 1, *SIZE)
    mask[:, :, : SIZE[0] // 2] = 1
    return mask if upper else 1 - mask


def test_grain_is_measured_on_skin_whatever_its_light_and_its_lines():
    for spread in (0.01, 0.03):
        picture = photo(spread)
        picture[:, :, 20:24] = -0.9  # brows
        assert abs(float(grain_of(picture, half(True))) - spread) < 0.25 * spread
    assert grain_of(photo(0.3), half(True)) < 0.05  # that is no grain
    assert not grain_of(photo(0.02), torch.zeros(1, 1, *SIZE)).any()


def test_painted_skin_gets_it_and_nothing_else_does():
    paint = torch.zeros(1, 3, *SIZE)
    out = grained(paint, photo(0.02), half(False), half(True))
    assert torch.equal(out[:, :, : SIZE[0] // 2], paint[:, :, : SIZE[0] // 2])
    below = out[:, :, SIZE[0] // 2 :]
    assert 0.018 < float(below.std()) < 0.034 and abs(float(below.mean())) < 0.003
    assert torch.equal(out, grained(paint, photo(0.02), half(False), half(True)))
    assert torch.equal(grained(paint, photo(0.02), half(False), torch.zeros(1, 1, *SIZE)), paint)


def test_of_a_large_photo_only_some_rows_are_asked():
    big = photo(0.02).repeat(1, 1, 8, 8)
    assert abs(float(grain_of(big, half(True).repeat(1, 1, 8, 8))) - 0.02) < 0.006
