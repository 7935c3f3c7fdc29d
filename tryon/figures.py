"""The tables of a model card: measured figures as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .messages import sentence

_TRY_ON = {  # figures of ``evaluate`` that a card shows, and how
    "ssim": ("SSIM", "{:.3f}"),
    "psnr": ("PSNR, dB", "{:.1f}"),
    "ssim_mask": ("SSIM in the mask", "{:.3f}"),
    "mae_mask": ("mean absolute error in the mask", "{:.4f}"),
    "colour": ("colour, median ΔE (CIEDE2000)", "{:.1f}"),
    "print": ("print, median correlation", "{:.2f}"),
    "leftovers": ("leftovers of the old garment, median", "{:.2%}"),
    "face_changed": ("face changed", "{:.2%}"),
    "outside_changed": ("pixels changed outside the mask", "{:.2%}"),
    "edited": ("share of the photo edited", "{:.1%}"),
}


def figures_table(metrics: Mapping[str, Any]) -> str:
    """What ``scores.score_all`` measured in tables with their words, or any other figures, nested or not, in one."""
    if "body" in metrics and "rendered" in metrics:
        return _scored(metrics)
    rows = [(k, f"{v:.4f}" if isinstance(v, float) else cell(v)) for k, v in flat(metrics) if k != "command"]
    if not rows:
        return "\n## Figures\nNone were measured.\n"
    command = f"`{metrics['command']}`\n\n" if metrics.get("command") else ""
    table = "\n".join(f"| {cell(key)} | {value} |" for key, value in rows[:60])
    return f"\n## Figures\n{command}| | |\n|---|---|\n{table}\n"


def try_on_table(told: Mapping[str, Any]) -> str:
    """The table of one recorded evaluation: figures down, methods across, one table for each kind of pairs."""
    lines = [f"\n`{told['command']}`, compared at {told['size'][0]}×{told['size'][1]}:"]
    for kind, table in told["kinds"].items():
        methods = table["methods"]
        lines += [
            f"\n{sentence(f'kind_{kind}')}, {table['pairs']} pairs:\n",
            "| | " + " | ".join(cell(name) for name in methods) + " |",
            "|---|" + "---|" * len(methods),
        ]
        for metric, (title, form) in _TRY_ON.items():
            if any(metric in figures for figures in methods.values()):
                cells = [form.format(figures[metric]) if metric in figures else "" for figures in methods.values()]
                lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def flat(metrics: Mapping[str, Any], prefix: str = "") -> list[tuple[str, int | float | str]]:
    """Nested figures as rows: {"a": {"b": 1.0}} → [("a b", 1.0)]; lists are left out."""
    rows: list[tuple[str, int | float | str]] = []
    for key, value in metrics.items():
        title = f"{prefix} {str(key).replace('_', ' ')}".strip()
        if isinstance(value, Mapping):
            rows += flat(value, title)
        elif isinstance(value, (int, float, str)) and not isinstance(value, bool):
            rows.append((title, value))
    return rows


def cell(value: Any) -> str:
    """A value as it may stand in a Markdown table."""
    return str(value).replace("|", "\\|").replace("\n", " ")[:200]


def _scored(metrics: Mapping[str, Any]) -> str:
    body, rendered = metrics["body"], metrics["rendered"]
    rows = [
        ("mIoU (9 classes; 8 on the crop)", "miou"),
        ("person / background IoU", "foreground"),
        ("torso garments IoU", "torso"),
        ("keypoints PCK@0.2 of torso length", "pck"),
    ]
    lines = [
        "\n## Figures",
        f"`{metrics['command']}`\n",
        f"BodyNet, {body['photos']} photos of the `val` split, as the engine reads them:\n",
        *_both_views(body, rows),
        *_righted(body.get("righted"), rows[:3]),
        *_posed(metrics.get("posed"), rows),
        f"\nRendered people of unseen seeds ({rendered['people']} people from seed {rendered['first_seed']}, three garments each); "
        "distances in shares of the frame's height:\n",
        "| | |",
        "|---|---|",
        *[
            f"| {title}: {key.replace('_', ' ')} | {value:.4f} |"
            for network, title in (("garment", "garment"), ("warp", "warp"), ("warp_seated", "warp, all seated"))
            for key, value in rendered.get(network, {}).items()
        ],
    ]
    if "garments" in metrics:
        told = metrics["garments"]
        lines += [
            f"\nGarmentNet, {told['photos']} garment photos never trained on, against what was marked on them by eye:\n",
            "| | |",
            "|---|---|",
            *[f"| {key.replace('_', ' ')} | {value:.4f} |" for key, value in told.items() if key != "photos"],
        ]
    return "\n".join(lines) + "\n"


def _righted(body: Mapping[str, Any] | None, rows: list[tuple[str, str]]) -> list[str]:
    if body is None:
        return []
    return [
        f"\nThe same where the labels of {body['photos']} of these photos, which call a skirt a dress or a jacket trousers, were "
        "put right by eye (`tryon/data/corrections.json`; whoever did it saw the photos and their labels, no network's):\n",
        *_both_views(body, rows),
    ]


def _posed(told: Mapping[str, Any] | None, rows: list[tuple[str, str]]) -> list[str]:
    if told is None:
        return []
    return [
        f"\nBodyNet, {told['photos']} of these photos with arms and legs turned at their joints (`tryon/recipes/puppets.py`), "
        "keypoints of the limbs that moved:\n",
        "| | full photo |",
        "|---|---|",
        *[f"| {title} | {told[key]:.3f} |" for title, key in rows],
    ]


def _both_views(body: Mapping[str, Any], rows: list[tuple[str, str]]) -> list[str]:
    figures = [f"| {title} | {body['full'][key]:.3f} | {body['upper'][key]:.3f} |" for title, key in rows]
    return ["| | full photo | hair to hips |", "|---|---|---|", *figures]
