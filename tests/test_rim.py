"""The rim of an old garment: its share is taken out of the photo's pixels, and a new one takes its place exactly."""

import torch

from tryon.config import ACCESSORY, BACKGROUND
from tryon.nets.rim import cleaned, find_rim

SIZE = (512, 384)
WHITE, DARK, RED = (torch.tensor(c).view(1, 3, 1, 1) for c in ([0.9, 0.9, 0.85], [-0.6, -0.5, -0.4], [0.7, -0.6, -0.6]))


def scene(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A photo of a white disc before a wall with some texture; the disc's exact cover, the wall, and a parse map."""
    y, x = torch.meshgrid(*(torch.arange(side).float() for side in SIZE), indexing="ij")
    cover = ((121.3 - ((x - 192.2) ** 2 + (y - 256.4) ** 2).sqrt()) / 2.4 + 0.5).clamp(0, 1)[None, None]
    texture = 0.06 * torch.randn(1, 1, *SIZE, generator=torch.Generator().manual_seed(seed))
    wall = (DARK + texture).expand(1, 3, -1, -1)
    parse = torch.zeros(1, 11, *SIZE)
    parse[:, BACKGROUND] = 1
    return torch.lerp(wall, WHITE, cover), cover, wall, parse


def rim_of(photo: torch.Tensor, old: torch.Tensor, parse: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    edit = torch.nn.functional.max_pool2d((old > 0.4).float(), 9, 1, 4)
    found = find_rim(photo, old, edit, parse, alpha)
    assert found.shape == (1, 9, SIZE[0] // 2, SIZE[1] // 2)
    return torch.nn.functional.interpolate(found, SIZE, mode="bilinear", align_corners=False)


def ring(cover: torch.Tensor, inner: int, outer: int) -> torch.Tensor:
    """Pixels between so many pixels outside the disc."""
    grown = [torch.nn.functional.max_pool2d((cover > 0.5).float(), 2 * r + 1, 1, r) for r in (inner, outer)]
    return (grown[1] - grown[0]) > 0


def error(made: torch.Tensor, truth: torch.Tensor, where: torch.Tensor) -> float:
    return float((made - truth).abs().mean(1, keepdim=True)[where].mean())


def test_the_wall_beside_a_removed_garment_keeps_its_texture():
    photo, cover, wall, parse = scene()
    nothing, paint = torch.zeros_like(cover), DARK.expand(1, 3, *SIZE) + 0.1  # paint is smooth, and a little off
    made = cleaned(photo, paint, paint, nothing, rim_of(photo, cover, parse, nothing))
    beyond = ring(cover, 2, 4)
    assert error(made, wall, beyond) < 0.6 * error(paint, wall, beyond)
    assert (made - WHITE).abs().mean(1)[0][cover[0, 0] > 0.05].min() > 0.5  # and nothing of the garment is left


def test_a_bright_line_left_by_sharpening_goes_with_the_garment():
    photo, cover, wall, parse = scene()
    nothing, paint = torch.zeros_like(cover), DARK.expand(1, 3, *SIZE)
    line = ring(cover, 1, 2)
    dark = torch.where(line, photo - 0.5, photo)
    made = cleaned(dark, paint, paint, nothing, rim_of(dark, cover, parse, nothing))
    assert error(made, wall, line) < 0.3 * error(dark, wall, line)


def test_a_new_garment_with_the_old_outline_has_the_photos_own_edge():
    photo, cover, wall, parse = scene()
    alpha, cloth = (cover > 0.5).float(), RED.expand(1, 3, *SIZE)  # as jagged as masks are
    truth = torch.lerp(wall, cloth, cover)
    made = cleaned(photo, DARK.expand(1, 3, *SIZE), cloth, alpha, rim_of(photo, cover, parse, alpha))
    edge = (cover > 0.02) & (cover < 0.98)
    assert error(made, truth, edge) < 0.5 * error(torch.lerp(wall, cloth, alpha), truth, edge)
    assert error(made, cloth, cover > 0.99) < 0.02


def test_what_is_no_mixture_of_both_is_painted_and_so_is_a_brooch():
    photo, cover, wall, parse = scene()
    nothing, paint = torch.zeros_like(cover), DARK.expand(1, 3, *SIZE)
    strange = torch.where(ring(cover, 2, 4), torch.tensor([-0.9, 0.9, -0.9]).view(1, 3, 1, 1), photo)
    made = cleaned(strange, paint, paint, nothing, rim_of(photo, cover, parse, nothing))
    assert error(made, paint, ring(cover, 2, 4)) < 0.05
    brooch = torch.zeros_like(cover, dtype=torch.bool)
    brooch[:, :, 200:212, 180:192] = True
    parse[:, ACCESSORY], parse[:, BACKGROUND] = brooch[:, 0].float(), (~brooch)[:, 0].float()
    with_it = torch.where(brooch, DARK, photo)  # of the wall's colour: only what it is tells that it comes off
    paint = RED.expand(1, 3, *SIZE)
    made = cleaned(with_it, paint, paint, nothing, rim_of(with_it, cover * ~brooch, parse, nothing))
    assert error(made, paint, brooch) < 0.05


def test_a_belt_beside_a_removed_garment_stays_a_belt():
    photo, cover, wall, parse = scene()
    nothing, paint = torch.zeros_like(cover), DARK.expand(1, 3, *SIZE)
    belt = RED.expand(1, 3, *SIZE)
    worn = torch.where(ring(cover, 0, 12) | (cover > 0.02), torch.lerp(belt, WHITE, cover), wall)
    for there in (0.0, 0.45):  # whether or not it is half taken for an accessory
        parse[:, ACCESSORY], parse[:, BACKGROUND] = there, 1 - there
        made = cleaned(worn, paint, paint, nothing, rim_of(worn, cover, parse, nothing))
        assert error(made, belt, ring(cover, 2, 4)) < 0.5 * error(paint, belt, ring(cover, 2, 4))
