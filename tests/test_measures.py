"""The figures: each against a hand count, and able to fail."""

import numpy as np
import pytest
import torch

from tryon.losses import discriminator_loss, flow_loss, generator_loss, heat_loss, mask_loss, parse_loss
from tryon.measures import (
    ParseTally,
    ciede2000,
    correlation,
    mean_error,
    median_colour,
    ms_ssim,
    pck,
    psnr,
    pull_back,
    ssim,
    ssim_maps,
    to_lab,
    within,
)


def test_iou_by_hand():
    truth = torch.tensor([[0, 0, 5, 5], [2, 3, 4, 255]])
    guess = torch.tensor([[0, 5, 5, 5], [3, 4, 2, 8]])  # face, arms and legs are one class: skin
    tally = ParseTally()
    tally.add(guess, truth)
    scores = tally.scores()
    assert abs(scores["iou_background"] - 1 / 2) < 1e-6 and abs(scores["iou_upper"] - 2 / 3) < 1e-6
    assert scores["iou_skin"] == 1 and abs(scores["foreground"] - 5 / 6) < 1e-6
    assert "iou_shoes" not in tally.scores(skip_shoes=True)


def test_pck_by_hand():
    truth = torch.zeros(1, 17, 3)
    truth[0, :, 2] = 1
    truth[0, 5:7, 1], truth[0, 11:13, 1] = 0.2, 0.6  # a torso of 0.4: reach 0.08
    guess = truth.clone()
    guess[0, 0, 0] += 0.1  # 0.075 of the height: a hit
    guess[0, 1, 0] += 0.12  # 0.09: a miss
    truth[0, 2, 2] = 0  # invisible
    hits = pck(guess, truth)[0]
    assert hits[0] == 1 and hits[1] == 0 and hits[2].isnan()


def test_adversarial_losses_are_binary_cross_entropy():
    fake = torch.tensor([[0.3]])
    assert torch.allclose(generator_loss(fake), -fake.sigmoid().log().mean())
    sure = discriminator_loss(torch.tensor([[2.2]]), torch.tensor([[-9.0]]))
    fooled = discriminator_loss(torch.tensor([[-2.2]]), torch.tensor([[9.0]]))
    assert sure < 0.5 < fooled


def test_parse_loss_prefers_the_truth():
    truth = torch.randint(0, 11, (2, 8, 8), generator=torch.Generator().manual_seed(0))
    right = torch.nn.functional.one_hot(truth, 11).permute(0, 3, 1, 2) * 9.0
    assert parse_loss(right, truth) < 0.1 < parse_loss(right.roll(1, 1), truth)


def test_heat_and_flow_and_mask_losses_fall_towards_the_truth():
    points = torch.tensor([[[0.5, 0.5, 1.0]]])
    heat = torch.zeros(1, 1, 16, 12)
    near = heat.clone()
    near[0, 0, 7:9, 5:7] = 5
    assert heat_loss(near, points) < heat_loss(heat, points)
    flow, visible = torch.zeros(1, 2, 4, 4), torch.ones(1, 1, 4, 4)
    assert flow_loss(torch.zeros(1, 4, 4, 2), flow, visible) == 0
    assert flow_loss(torch.ones(1, 4, 4, 2), flow, visible) == 2
    assert mask_loss(torch.full((1, 1, 4, 4), 9.0), visible) < mask_loss(torch.full((1, 1, 4, 4), -9.0), visible)


def pictures(size=(176, 192), n=2, seed=0):
    """Random pictures with both coarse and fine content, and a damaged copy."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.nn.functional.interpolate(torch.rand(n, 3, 8, 8, generator=random), size, mode="bilinear")
    a = (0.7 * coarse + 0.3 * torch.rand(n, 3, *size, generator=random)) * 2 - 1
    return a, (a + 0.2 * torch.randn(n, 3, *size, generator=random)).clamp(-1, 1)


def test_ssim_and_psnr_equal_a_naive_reference():
    a, b = pictures((24, 20), 1)
    x, y = ((v.double().numpy()[0] + 1) / 2 for v in (a, b))
    error = ((x - y) ** 2).mean()
    x, y = (np.pad(v, ((0, 0), (5, 5), (5, 5)), mode="reflect") for v in (x, y))
    axis = np.arange(11) - 5
    window = np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for c in range(3):
        for top in range(24):
            for left in range(20):
                p, q = x[c, top : top + 11, left : left + 11], y[c, top : top + 11, left : left + 11]
                mp, mq = (window * p).sum(), (window * q).sum()
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                cov = (window * (p - mp) * (q - mq)).sum()
                values.append((2 * mp * mq + 1e-4) * (2 * cov + 9e-4) / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4)))
    assert abs(ssim(a, b).item() - np.mean(values)) < 1e-3
    assert abs(psnr(a, b).item() - 10 * np.log10(1 / error)) < 1e-3


def test_figures_equal_torchmetrics():
    functional = pytest.importorskip("torchmetrics.functional.image")
    a, b = pictures()
    x, y = (a + 1) / 2, (b + 1) / 2
    for ours, theirs in (
        (ssim(a, b), functional.structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")),
        (psnr(a, b), functional.peak_signal_noise_ratio(x, y, data_range=1.0, reduction="none", dim=(1, 2, 3))),
        (ms_ssim(a, b), functional.multiscale_structural_similarity_index_measure(x, y, data_range=1.0, reduction="none")),
    ):
        assert torch.allclose(ours, theirs, atol=1e-3), (ours, theirs)


def test_a_picture_compared_with_itself_is_perfect():
    a, b = pictures()
    assert torch.allclose(ssim(a, a), torch.ones(2)) and torch.allclose(ms_ssim(a, a), torch.ones(2))
    assert (psnr(a, a) == 100).all() and (ssim(a, b) < 0.95).all()
    assert ms_ssim(a[:, :, :160], b[:, :, :160]).isnan().all()  # the coarsest scale would have no whole window


def test_figures_inside_a_mask_see_nothing_else():
    a, b = pictures()
    mask = torch.zeros(2, 1, 176, 192)
    mask[:, :, 60:120, 60:120] = 1
    mixed = torch.where(mask > 0, a, b)
    inner = torch.nn.functional.pad(mask[:, :, 70:110, 70:110], (70, 82, 70, 66))  # windows must not look over the edge
    assert torch.allclose(within(ssim_maps(a, mixed)[0], inner), torch.ones(2))
    assert (mean_error(a, mixed, mask) == 0).all() and (mean_error(a, mixed, 1 - mask) > 0.05).all()
    assert abs(mean_error(torch.ones(1, 3, 4, 4), -torch.ones(1, 3, 4, 4), torch.ones(1, 1, 4, 4)).item() - 1) < 1e-6
    assert mean_error(a, b, mask * 0).isnan().all()


@pytest.mark.parametrize(
    "a, b, difference",
    [  # Sharma, Wu and Dalal's test data: hue at 0/360, greys, and the blue turn
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_colour_difference_by_the_published_data(a, b, difference):
    assert abs(ciede2000(torch.tensor(a), torch.tensor(b)).item() - difference) < 1e-4


def test_lab_of_known_colours():
    lab = to_lab(torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert torch.allclose(lab, torch.tensor([[100.0, 0.0, 0.0], [0.0, 0.0, 0.0], [53.24, 80.09, 67.20]]), atol=0.02)


def test_median_colour_ignores_a_few_strange_pixels():
    picture, mask = torch.full((3, 20, 20), 0.5), torch.ones(20, 20, dtype=torch.bool)
    picture[:, :4] = -1
    assert torch.allclose(median_colour(picture, mask), to_lab(torch.full((3,), 0.75)), atol=1e-4)
    assert median_colour(picture, mask & False) is None


def test_pulling_back_undoes_a_warp():
    a, _ = pictures((48, 40), 1)
    garment = torch.nn.functional.avg_pool2d(a, 5, 1, 2)
    y, x = torch.meshgrid((torch.arange(48) + 0.5) / 24 - 1, (torch.arange(40) + 0.5) / 20 - 1, indexing="ij")
    flow = torch.stack([x * 0.8 + 0.1, y * 0.8], 2)
    worn = torch.nn.functional.grid_sample(garment, flow[None], align_corners=False)[0]
    back, hits = pull_back(worn, flow, torch.ones(48, 40, dtype=torch.bool), (48, 40))
    seen = hits > 0.5
    assert 0.5 < seen.float().mean() < 0.8  # the warp shows four fifths of each side
    assert correlation(back, garment[0], seen) > 0.98
    assert abs(correlation(back.flip(2), garment[0], seen & seen.flip(1))) < 0.5
    assert np.isnan(correlation(back * 0, garment[0], seen))
