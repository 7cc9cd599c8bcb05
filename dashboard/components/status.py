"""The one line that tells where a panel's work stands, and the button that ends it."""

from __future__ import annotations

import gradio as gr


class Status(gr.HTML):
    """What dashboard.standing says, read aloud when it changes."""

    def __init__(self, elem_id: str, value: str = "", **kwargs):
        super().__init__(
            value, html_template='<div role="status">${value}</div>', js_on_load="driftscope.standing(element)",
            elem_id=elem_id, elem_classes=["ds-status"], **kwargs,
        )  # fmt: skip


def stop_button(elem_id: str, **look) -> gr.Button:
    """In sight while a Status in the same ds-work is of something under way (static/page.css)."""
    return gr.Button("Stop", elem_id=elem_id, elem_classes=["ds-stop"], min_width=0, **look)
