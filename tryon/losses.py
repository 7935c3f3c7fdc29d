"""Every training loss of the project, as plain functions on tensors.

A loss is a figure of the whole batch, wherever its rows are: under torchrun every sum is taken over all processes, so
that each of them computes the very number one process would, and the mean of their gradients is its gradient.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

ADVERSARIES = ("bce", "hinge", "lsgan")


def ranks() -> int:
    """How many processes share the batch (1 outside torchrun)."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def total(values: Tensor) -> Tensor:
    """``values`` summed over the processes that share the batch; differentiable (each gets every process's gradient)."""
    if ranks() == 1:
        return values
    from torch.distributed.nn.functional import all_reduce  # warns about itself on import; only torchrun pays

    return all_reduce(values)


def average(values: Tensor) -> Tensor:
    """The mean of ``values`` over the whole batch, all processes holding equally many rows."""
    return total(values.mean()) / ranks()


def parse_loss(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Cross-entropy plus soft Dice over the classes present in the batch (Milletari et al., 3DV 2016).

    Args:
        logits: N×C×H×W.
        target: N×H×W int64 class ids; 255 is left out.
        weight: N×H×W in [0, 1], trust in each pixel's label.
    """
    logits = logits.float()
    known = (target != 255).float() if weight is None else weight * (target != 255)
    count = total(known.sum())
    if count == 0:
        return logits.sum() * 0
    safe = target.clamp(max=logits.shape[1] - 1)
    entropy = total((F.cross_entropy(logits, safe, reduction="none") * known).sum()) / count
    chance = logits.softmax(1) * known.unsqueeze(1)
    truth = F.one_hot(safe, logits.shape[1]).permute(0, 3, 1, 2) * known.unsqueeze(1)
    both = total((chance * truth).sum((0, 2, 3)))
    either, size = total((chance + truth).sum((0, 2, 3))), total(truth.sum((0, 2, 3)))
    dice = 1 - (2 * both + 1) / (either + 1)
    present = (size > 0).float()
    return entropy + (dice * present).sum() / present.sum()


def union_loss(logits: Tensor, target: Tensor, classes: tuple[int, ...]) -> Tensor:
    """Soft Dice of several classes taken as one: which of them it is does not count, only that it is one of them.

    Args:
        logits: N×C×H×W.
        target: N×H×W int64 class ids; 255 is left out.
        classes: the ids taken together.
    """
    known = (target != 255).float()
    chance = logits.float().softmax(1)[:, list(classes)].sum(1) * known
    truth = torch.isin(target, torch.tensor(classes, device=target.device)).float() * known
    return 1 - (2 * total((chance * truth).sum()) + 1) / (total(chance.sum() + truth.sum()) + 1)


def heat_loss(heat: Tensor, points: Tensor, sigma: float = 1.3) -> Tensor:
    """Cross-entropy of each heat map (a distribution over its cells) against a Gaussian round its point.

    Args:
        heat: N×K×H×W logits.
        points: N×K×3 (x, y in [0, 1], weight); points of weight 0 or outside the frame do not count.
        sigma: of the Gaussian, in cells.
    """
    n, k, height, width = heat.shape
    x, y = points[:, :, 0] * width - 0.5, points[:, :, 1] * height - 0.5
    inside = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
    weight = points[:, :, 2] * inside
    columns = -((torch.arange(width, device=x.device) - x.unsqueeze(2)) ** 2) / (2 * sigma**2)
    rows = -((torch.arange(height, device=y.device) - y.unsqueeze(2)) ** 2) / (2 * sigma**2)
    target = (rows.unsqueeze(3) + columns.unsqueeze(2)).flatten(2).softmax(2)
    entropy = -(target * heat.float().flatten(2).log_softmax(2)).sum(2)
    return total((entropy * weight).sum()) / total(weight.sum()).clamp(min=1)


def present_loss(present: Tensor, points: Tensor) -> Tensor:
    """Binary cross-entropy of "this point is in the frame" (N×K logits against N×K×3 points)."""
    inside = ((points[:, :, :2] > 0) & (points[:, :, :2] < 1)).all(2).float()
    return average(F.binary_cross_entropy_with_logits(present.float(), inside, reduction="none"))


def discriminator_loss(
    real: Tensor, fake: Tensor, kind: str = "bce", weight: Tensor | None = None, where: Tensor | None = None
) -> Tensor:
    """The discriminator's loss, the mean over patches.

    "bce": L_D = -[log D(x) + log(1 - D(G(z, c)))] (Goodfellow et al., NeurIPS 2014), real labels smoothed to 0.9
    (Salimans et al., NeurIPS 2016); "hinge" (Lim and Ye, 2017); "lsgan": least squares (Mao et al., ICCV 2017).

    Args:
        real, fake: N×1×h×w outputs for real and generated pictures; logits for "bce".
        kind: one of ADVERSARIES.
        weight: N×1×1×1, 0 for rows of ``real`` that do not count; None counts all.
        where: N×1×h×w, 0 for patches that do not count, such as those in which nothing was generated; None counts all.
    """
    real, fake = real.float(), fake.float()
    if kind == "bce":
        good = F.binary_cross_entropy_with_logits(real, torch.full_like(real, 0.9), reduction="none")
        bad = F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake), reduction="none")
    elif kind == "hinge":
        good, bad = F.relu(1 - real), F.relu(1 + fake)
    else:
        good, bad = (real - 1) ** 2, fake**2
    where = torch.ones_like(bad) if where is None else where
    weight = where if weight is None else weight * where
    return patch_mean(good, weight) + patch_mean(bad, where)


def patch_mean(loss: Tensor, where: Tensor) -> Tensor:
    """Mean of a loss over the patches (or pixels) that count; both N×1×h×w."""
    return total((loss * where).sum()) / total(where.sum()).clamp(min=1)


def generator_loss(fake: Tensor, kind: str = "bce", where: Tensor | None = None) -> Tensor:
    """What the generator pays for being found out: "bce" L_G = -log D(G(z, c)) (the non-saturating form), "hinge"
    -D(G(z, c)), "lsgan" (D(G(z, c)) - 1)²; ``where`` as for the discriminator."""
    fake = fake.float()
    if kind == "bce":
        loss = F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake), reduction="none")
    else:
        loss = -fake if kind == "hinge" else (fake - 1) ** 2
    return patch_mean(loss, torch.ones_like(loss) if where is None else where)


@torch.no_grad()
def judge_right(real: Tensor, fake: Tensor, kind: str = "bce") -> Tensor:
    """Share of patches the discriminator judges rightly: 0.5 is guessing, 1 is certainty."""
    middle = 0.5 if kind == "lsgan" else 0.0
    return average(torch.cat([(real > middle).float(), (fake < middle).float()]))


def reconstruction_loss(guess: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute difference over three sizes plus that of the gradients, where ``weight`` (N×1×H×W) says so."""
    out, apart = guess.new_zeros(()), guess - truth  # means and slopes of a difference are differences of means and slopes
    for level in range(3):
        out = out + total((apart.abs() * weight).sum()) / (3 * total(weight.sum())).clamp(min=1)
        if level == 0:
            for axis in (2, 3):
                slope = apart.diff(dim=axis).abs()
                rim = weight.narrow(axis, 1, weight.shape[axis] - 1)
                out = out + total((slope * rim).sum()) / (3 * total(rim.sum())).clamp(min=1)
        if level < 2:
            apart, weight = F.avg_pool2d(apart, 2), F.avg_pool2d(weight, 2)
    return out


def matching_loss(made: list[Tensor], genuine: list[Tensor], weight: Tensor) -> Tensor:
    """Mean absolute difference of the discriminator's features of the made and of the genuine pictures, level by level.

    Args:
        made, genuine: one N×C×h×w a level; no gradient goes into ``genuine``.
        weight: N×1×H×W, of any larger size.
    """
    out = made[0].new_zeros((), dtype=torch.float32)
    for ours, theirs in zip(made, genuine, strict=True):
        where = F.adaptive_avg_pool2d(weight, ours.shape[2:])
        apart = ((ours - theirs.detach()).abs().mean(1, keepdim=True, dtype=torch.float32) * where).sum() * ours.shape[1]
        out = out + total(apart) / (total(where.sum()) * ours.shape[1]).clamp(min=1)
    return out / len(made)


def flow_loss(flow: Tensor, truth: Tensor, visible: Tensor) -> Tensor:
    """Mean absolute flow error on visible pixels; flow N×H×W×2, truth N×2×H×W, visible N×1×H×W."""
    error = (flow - truth.permute(0, 2, 3, 1)).abs().sum(3, keepdim=True).permute(0, 3, 1, 2)
    return total((error * visible).sum()) / total(visible.sum()).clamp(min=1)


def mask_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy plus soft Dice of one mask; N×1×H×W logits against values in [0, 1]."""
    logits = logits.float()
    chance = logits.sigmoid()
    both, either = (chance * truth).sum((1, 2, 3)), (chance + truth).sum((1, 2, 3))
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return average(entropy) + average(1 - (2 * both + 1) / (either + 1))


def smoothness_loss(field: Tensor) -> Tensor:
    """Mean absolute second difference of a field N×C×H×W: straight stretches cost nothing."""
    return sum(average(field.diff(n=2, dim=axis).abs()) for axis in (2, 3))
