"""Colours and type of the app: paper, ink and one deep green, light and dark; fonts come from the visitor's system."""

from __future__ import annotations

import gradio as gr


def theme() -> gr.themes.Base:
    """The theme given to launch(); it loads no font from anywhere."""
    green = gr.themes.Color("#eef6f2", "#d6ebe1", "#aed7c5", "#7fbda4", "#4f9e81", "#2f8267", "#1f6b53", "#195644",
                            "#154537", "#10382d", "#08211a")
    return gr.themes.Base(
        primary_hue=green, secondary_hue=green, neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg, text_size=gr.themes.sizes.text_md,
        font=["ui-sans-serif", "system-ui", "Segoe UI", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei",
              "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    ).set(
        body_background_fill="#f7f5f1", body_background_fill_dark="#171614",
        block_background_fill="#ffffff", block_background_fill_dark="#211f1d",
        block_border_width="0px", block_shadow="none", block_shadow_dark="none",
        background_fill_primary="#ffffff", background_fill_primary_dark="#211f1d",
        button_primary_background_fill="*primary_600", button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500", button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="#ffffff", button_primary_text_color_dark="#ffffff",
        button_secondary_background_fill="#f1eee8", button_secondary_background_fill_hover="#e8e3da",
        button_secondary_background_fill_dark="#302d2a", button_secondary_background_fill_hover_dark="#3b3733",
        body_text_color_subdued="#6b6459", body_text_color_subdued_dark="#a8a29a",
    )
