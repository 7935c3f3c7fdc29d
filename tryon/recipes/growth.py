"""A picture that grows with the run: a small one teaches the coarse lessons at a quarter of the price (progressive resizing)."""

from __future__ import annotations

SIZES = ((128, 96), (192, 144), (256, 192))


def size_at(share: float, first: float, second: float) -> tuple[int, int]:
    """(H, W) of the picture when ``share`` of the run is done.

    Args:
        first, second: shares of the run at which it grows; 0 leaves the smaller pictures out.
    """
    return SIZES[(share >= first) + (share >= max(first, second))]


def rows_of(batch: int, size: tuple[int, int]) -> int:
    """How many pictures a step takes: of the smallest ones, twice ``batch``."""
    return batch * 2 if size == SIZES[0] else batch


def stretch(first: float, second: float) -> float:
    """How much longer an average step takes than the first ones, by the pixels each works on."""
    second = max(first, second)
    shares = (first, second - first, 1 - second)
    costs = [rows_of(1, size) * size[0] * size[1] for size in SIZES]
    begin = next(cost for share, cost in zip(shares, costs) if share > 0)
    return sum(share * cost for share, cost in zip(shares, costs)) / begin
