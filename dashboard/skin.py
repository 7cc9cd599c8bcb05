"""Gradio in the page's own ink: its plainest theme, this project's style and scripts, nothing from outside."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from core import settings
from dashboard import theme, titles
from dashboard.components import plotly_html
from dashboard.limits import Limits
from dashboard.tabs.clip import uploads

STATIC = Path(__file__).parent / "static"
SHEETS = (  # in the order in which they are read: what is everywhere first, so that a tab's own sheet overrides it
    "page.css", "glossary.css", "complete.css",
    "tour.css", "trajectory.css", "samplers.css", "guidance.css", "clip.css", "unclip.css", "video.css", "lab.css",
)  # fmt: skip
SCRIPTS = (
    "page.js", "wrong.js", "keys.js", "restart.js", "address.js", "complete.js", "glossary.js", "plot.js", "rail.js",
    "full.js", "heat.js", "tour.js", "samplers.js", "guidance.js", "video.js", "lab_canvas.js", "lab.js",
)  # fmt: skip


def launch_options(limits: Limits) -> dict:
    """What Blocks.launch needs for the page's look, its scripts, its quiet and its limits."""
    gr.set_static_paths([plotly_html.SCRIPT])
    return {
        "theme": _gradio_theme(),
        "i18n": titles.TITLES,
        "css": theme.css_variables() + _texts(SHEETS),
        "head": f"<script>{_texts(SCRIPTS)}</script><style>{_texts(('head/media.css',))}</style>",
        "_frontend": False,  # else Gradio gives its own page three seconds and refuses to start on a busy machine
        "state_session_capacity": limits.sessions,
        "run_history": False,
        "max_file_size": min(limits.upload << 20, max(uploads.MAX_BYTES, settings.MAX_FILE)),  # no reader takes more
        "max_threads": 72 + limits.running + limits.waiting,  # whoever waits holds one, up to a second at a time
        "ssr_mode": False,
        "footer_links": [],
    }


def _texts(names: tuple[str, ...]) -> str:
    return "\n".join((STATIC / name).read_text("utf-8") for name in names)


def _gradio_theme() -> gr.themes.Base:
    ink, soft, ground, raised, well, line = (
        f"var(--ds-{name})" for name in ("ink", "ink-soft", "ground", "raised", "well", "line")
    )
    none = "transparent"
    colours = {
        "body_background_fill": ground, "background_fill_primary": ground, "background_fill_secondary": well,
        "body_text_color": ink, "body_text_color_subdued": soft, "border_color_primary": line,
        "block_background_fill": none, "block_border_color": none, "block_label_background_fill": none,
        "block_label_border_color": none, "block_label_text_color": soft, "block_title_text_color": soft,
        "block_info_text_color": soft, "panel_background_fill": none, "input_background_fill": raised,
        "input_background_fill_focus": raised, "input_border_color": line, "input_border_color_focus": soft,
        "input_border_color_hover": soft, "input_placeholder_color": soft, "slider_color": ink, "loader_color": ink,
        "border_color_accent": soft, "accordion_text_color": soft,
        "link_text_color": ink, "link_text_color_hover": ink, "link_text_color_visited": ink,
        "link_text_color_active": ink,
        "button_primary_background_fill": ink, "button_primary_background_fill_hover": ink,
        "button_primary_border_color": ink, "button_primary_text_color": ground,
        "button_primary_text_color_hover": ground,
        "button_secondary_background_fill": well, "button_secondary_background_fill_hover": line,
        "button_secondary_border_color": none, "button_secondary_text_color": ink,
        "button_secondary_text_color_hover": ink,
        "checkbox_background_color": raised, "checkbox_background_color_selected": ink,
        "checkbox_background_color_focus": raised, "checkbox_border_color": soft, "checkbox_border_color_selected": ink,
        "checkbox_label_background_fill": none, "checkbox_label_background_fill_hover": none,
        "checkbox_label_background_fill_selected": none, "checkbox_label_border_color": none,
        "checkbox_label_text_color": soft, "checkbox_label_text_color_selected": ink,
        "error_background_fill": raised, "error_border_color": line, "error_text_color": ink, "error_icon_color": ink,
    }  # fmt: skip
    plain = {
        "color_accent": ink, "block_border_width": "0px", "block_padding": "0", "block_label_padding": "0",
        "block_title_padding": "0", "block_shadow": "none", "input_shadow": "none", "input_shadow_focus": "none",
        "layout_gap": "14px", "form_gap_width": "0px", "block_radius": "8px", "input_radius": "8px",
        "block_title_text_size": "13px", "block_title_text_weight": "500", "block_info_text_size": "12px",
        "button_large_radius": "8px", "button_small_radius": "8px", "button_border_width": "0px",
    }  # fmt: skip
    base = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return base.set(**colours, **plain, **{f"{name}_dark": value for name, value in colours.items()})
