"""What a tab does by itself once it is seen: Gradio draws a tab when it is first chosen, and not before.

The change of a State in a tab that is not drawn yet is told once too often. So a gate decides, on what has arrived so
far, and gives its cue to a component that the page listens to.
"""

from __future__ import annotations

import uuid

import gradio as gr

from dashboard.events import QUIET, UNSEEN


def sight() -> gr.State:
    """How often the tab that this is built in has come into view; None for never."""
    eye = gr.HTML("", js_on_load="driftscope.sight(element, () => trigger('seen'))", **UNSEEN)
    seen = gr.State()
    eye.seen(lambda times: (times or 0) + 1, seen, seen, **QUIET)
    return seen


def cue() -> gr.HTML:
    """Event `due`: whenever the value is set to a new one that is not empty."""
    return gr.HTML("", js_on_load="watch('value', () => props.value && trigger('due'))", **UNSEEN)


def given(ready: object) -> str:
    """The value of a cue: a new one if it is to be given now."""
    return uuid.uuid4().hex if ready else ""
