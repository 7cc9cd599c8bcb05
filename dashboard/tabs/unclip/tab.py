"""unCLIP: from CLIP's embedding of a picture to pictures, and from words to such an embedding, panel by panel."""

from __future__ import annotations

import gradio as gr

from dashboard.events import QUIET
from dashboard.shell import Shell
from dashboard.tabs.clip.spaces import Spaces
from dashboard.tabs.unclip import edit, interpolate, numbers, variations, views, words
from dashboard.tabs.unclip.drawn import INNER
from dashboard.tabs.unclip.source import Room
from dashboard.tabs.unclip.stage import carried

TITLE = "unCLIP"
PANELS = (variations, words, interpolate, edit, numbers)


def build(shell: Shell) -> None:
    """Nothing is computed before a panel is first seen."""
    room = Room(shell, Spaces(shell.service))
    with gr.Tabs(elem_id="unclip-tabs", overflow_behavior="wrap") as tabs:
        for panel in PANELS:
            with gr.Tab(panel.TITLE, id=slug(panel), elem_id=f"{slug(panel)}-tab"):
                panel.build(room)

    def open_panel(visit: gr.Request):
        """The panel that the address names; another name leaves the first one open."""
        wanted = f"{INNER}-{visit.query_params.get(INNER, '')}"
        return gr.Tabs(selected=wanted) if wanted in map(slug, PANELS) else gr.skip()

    def open_saved(file: tuple[dict, str] | None):
        """The panel of a saved row of pictures."""
        found = file and carried(file[0])
        saved = {f"{INNER}-{panel.NAME}": slug(panel) for panel in PANELS}
        if not found or found[1].panel not in saved:
            return gr.skip()
        return {tabs: gr.Tabs(selected=saved[found[1].panel]), shell.turn: f"{TITLE.lower()} {file[1]}"}

    shell.restored.change(open_saved, shell.restored, [tabs, shell.turn], **QUIET)
    tabs.select(None, None, None, js=f"() => driftscope.linkTab('#unclip-tabs', '{INNER}', '{INNER}-')")
    shell.demo.load(open_panel, None, tabs, **QUIET)


def slug(panel) -> str:
    """A panel's id; its name in the address is what follows the prefix."""
    return f"{INNER}-{views.slug(panel.TITLE)}"
