"""Hair before clothes: cloth seen between strands is cloth, by its colour; a lock ends softly."""

import torch

from tests.test_nets import body
from tryon.config import BACKGROUND, CATEGORIES, DRESS, FACE, HAIR, OUTER
from tryon.nets.condition import edit_region
from tryon.nets.strands import part_hair


def lock(hair: float, coat: float) -> tuple[torch.Tensor, torch.Tensor]:
    """A lock of hair (columns 150 to 190) before a coat, read as one piece, with gaps in which the photo shows the coat."""
    chance = torch.full((1, 11, 512, 384), 1e-4)
    chance[:, BACKGROUND] = 1
    chance[:, BACKGROUND, 150:400, 100:280], chance[:, OUTER, 150:400, 100:280] = 0, 1
    chance[:, :, 120:260, 150:190] = 1e-4
    chance[:, HAIR, 120:260, 150:190] = 1
    photo = torch.full((1, 3, 512, 384), 0.9)
    photo[:, :, 150:400, 100:280] = coat
    photo[:, :, 120:260, 150:190] = hair
    photo[:, :, 220:260, 154:160] = photo[:, :, 220:260, 176:182] = coat
    return chance, photo


def test_cloth_between_strands_is_cloth():
    chance, photo = lock(hair=0.1, coat=-0.8)
    out = part_hair(chance.clone(), photo)
    assert out[0, HAIR, 226:254, 155:159].max() < 0.1 and out[0, OUTER, 226:254, 155:159].min() > 0.9
    assert out[0, HAIR, 226:254, 163:173].min() > 0.9 and out[0, HAIR, 130:200, 152:188].min() > 0.9
    assert torch.allclose(out.sum(1), chance.sum(1), atol=1e-4) and (out[:, HAIR] <= chance[:, HAIR] + 1e-3).all()
    others = [k for k in range(11) if k not in (HAIR, OUTER)]
    assert torch.allclose(out[:, others], chance[:, others], atol=2e-3)
    assert out[0, OUTER, 226:254, 155:159].min() > 10 * out[0, DRESS, 226:254, 155:159].max()


def test_a_collar_between_two_locks_is_cloth():
    chance, photo = lock(hair=0.1, coat=-0.8)
    photo[:, :, 180:220, 160:180] = -0.8  # farther from the coat than a strand is wide
    out = part_hair(chance.clone(), photo)
    assert out[0, HAIR, 190:215, 164:176].max() < 0.1 and out[0, OUTER, 190:215, 164:176].min() > 0.9
    assert out[0, HAIR, 140:170, 155:185].min() > 0.9
    # a shadow in hair that is not much lighter than the coat stays hair
    chance, photo = lock(hair=-0.55, coat=-0.8)
    photo[:, :, 180:220, 160:180] = -0.8
    assert part_hair(chance.clone(), photo)[0, HAIR, 190:215, 166:174].min() > 0.9


def test_where_hair_and_cloth_are_alike_the_network_has_the_say():
    chance, photo = lock(hair=-0.75, coat=-0.8)
    assert torch.allclose(part_hair(chance.clone(), photo), chance, atol=1e-3)
    chance[:, [HAIR, OUTER], 200:240, 150:170] = torch.tensor([[[0.65]], [[0.35]]])
    chance[:, [HAIR, OUTER], 200:240, 170:190] = torch.tensor([[[0.35]], [[0.65]]])
    out = part_hair(chance.clone(), photo)
    assert out[0, HAIR, 200:240, 150:170].min() > 0.95 and out[0, HAIR, 200:240, 170:190].max() < 0.05
    assert out[0, OUTER, 200:240, 170:190].min() > 0.95 and torch.allclose(out.sum(1), chance.sum(1), atol=1e-4)


def test_hair_on_its_own_is_left_alone():
    chance, photo = lock(hair=0.1, coat=-0.8)
    chance[:, BACKGROUND] += chance[:, OUTER]
    chance[:, OUTER] = 0
    assert torch.equal(part_hair(chance.clone(), photo), chance)


def test_a_lock_ends_softly_and_a_face_does_not():
    chance, _ = lock(hair=0.1, coat=-0.8)
    for label, soft in ((HAIR, True), (FACE, False)):
        parse = chance.clone()
        parse[:, :, 60:75, 180:200] = 0
        parse[:, HAIR, 240:250, 150:190] = 0.5
        parse[:, OUTER, 240:250, 150:190] = 0.5
        if label == FACE:
            parse[:, [HAIR, FACE]] = parse[:, [FACE, HAIR]]
        edit = edit_region(parse, body(), parse[:, [OUTER]], torch.tensor([CATEGORIES.index("upper")]))
        between = (edit > 0.05) & (edit < 0.95)
        assert bool(between.any()) == soft
