"""CLIP: the space that texts and pictures share, and what can be read in it. One inner tab a question."""

from __future__ import annotations

import gradio as gr

from dashboard.address import keep, query
from dashboard.events import QUIET
from dashboard.markup import paragraphs
from dashboard.shell import Shell, guard
from dashboard.tabs.clip import arithmetic, atlas, labels, matrix, where
from dashboard.tabs.clip.spaces import Spaces
from dashboard.tabs.clip.views import Room

TITLE = "CLIP"
PANELS = (atlas, matrix, where, arithmetic, labels)
INNER = "clip"  # the setting in the address that names a panel


def build(shell: Shell) -> None:
    """Nothing is computed before a panel is first seen."""
    source = gr.Textbox(
        "",
        label="A folder with a CLIPModel and its tokenizer, or a hub id that is in the local cache",
        placeholder="empty: the model's own CLIP", max_lines=1, elem_id="clip-source", render=False,
    )  # fmt: skip
    room = Room(shell, Spaces(shell.service), source)
    with gr.Tabs(elem_id="clip-tabs", overflow_behavior="wrap") as tabs:
        for panel in PANELS:
            with gr.Tab(panel.TITLE, id=slug(panel), elem_id=f"{slug(panel)}-tab"):
                panel.build(room)
    others = bool(shell.service.limits.sources)
    with gr.Accordion("Another CLIP", open=False, visible=others, elem_id="clip-other"):
        source.render()
        status = gr.HTML("", elem_id="clip-status", elem_classes=["ds-told"])

    @guard
    def load(model: object, name: object):
        """Embed the gallery with the CLIP that is asked for; the panels use it from then on."""
        space = None
        for state in room.spaces.wait(model, name):
            if isinstance(state, float):
                yield {status: paragraphs([f"Encoding the gallery: {state:.0%}"])}
            else:
                space = state
        told = "the model's own CLIP" if space.own else "this CLIP"
        size = space.pictures.shape[1]
        uses = f"Every panel of this tab uses {told} now: {size} dimensions, {space.clip.side} px."
        yield {status: paragraphs([uses])}

    def open_panel(visit: gr.Request):
        """The panel that the address names; another name leaves the first one open."""
        wanted = f"{INNER}-{query(visit).get(INNER, '')}"
        return gr.Tabs(selected=wanted) if wanted in map(slug, PANELS) else gr.skip()

    source.submit(load, [shell.controls.model, source], status, preprocess=False, **QUIET)
    keep([room.another])
    tabs.select(None, None, None, js=f"() => driftscope.linkTab('#clip-tabs', '{INNER}', '{INNER}-')")
    shell.demo.load(open_panel, None, tabs, **QUIET)


def slug(panel) -> str:
    """A panel's id; its name in the address is what follows the prefix."""
    return f"{INNER}-{panel.TITLE.lower()}"
