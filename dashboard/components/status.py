"""The one line that tells where a panel's work stands, and the button that ends it."""

from __future__ import annotations

import gradio as gr


class Status(gr.HTML):
    """What dashboard.standing says, read aloud when it changes."""

    def __init__(self, elem_id: str):
        super().__init__(
            "", html_template='<div role="status">${value}</div>', elem_id=elem_id, elem_classes=["ds-status"]
        )


class Stop(gr.Button):
    """In sight while a Status in the same ds-work is of something under way (static/page.css)."""

    def __init__(self, elem_id: str, **look):
        super().__init__("Stop", elem_id=elem_id, elem_classes=["ds-stop"], min_width=0, **look)
