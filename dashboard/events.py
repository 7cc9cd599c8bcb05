"""What events and unseen elements of the page are made with."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import gradio as gr

# No event shows Gradio's progress. Hidden alone, the page would still hand each status of each event to every output
# that any event ever had, and look each of them up in a tree of hundreds: most of what the page computed.
QUIET = {"show_progress": "hidden", "show_progress_on": []}
UNSEEN = {"html_template": " ", "elem_classes": ["ds-out-of-sight"]}  # of a gr.HTML that is there for its script


def at_last(
    triggers: Sequence[Callable],
    handler: Callable,
    inputs: object,
    outputs: object,
    earlier: bool = True,
    **options,
) -> None:
    """gr.on of a handler that need only answer the last of many changes, and nobody before they look.

    While it runs Gradio puts such a listener off, and afterwards repeats the whole event, for all its listeners. Two of
    one event then call each other for ever, once the machine is busy enough for them to meet. So each has an event that
    is its own: what the triggers do is to give it its cue. The cue stands where it is made: what happens while that is
    out of sight is answered once it comes into view.
    earlier: whether what happened before it first came into view is answered too.
    """
    cue = gr.HTML("", js_on_load=TOLD.format(json.dumps(earlier)), **UNSEEN)
    gr.on(triggers, None, None, cue, js=ANEW, trigger_mode="multiple", **QUIET)
    cue.due(handler, inputs, outputs, trigger_mode="always_last", **QUIET | options)


ANEW = "() => `${performance.now()} ${Math.random()}`"
TOLD = "driftscope.due(element, props, watch, {}, () => trigger('due'))"
# What a click brings may stand below the screen: it is moved into it
INTO_VIEW = (
    "watch('value', () => props.value && requestAnimationFrame(() => element.scrollIntoView({ block: 'nearest' })));"
)
