"""What to know of the sidebar's request before it runs, below Generate and so in sight of every tab."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from markupsafe import Markup

from core import advice
from core.types import Request, RequestError
from dashboard.events import QUIET, at_last
from dashboard.markup import advised
from dashboard.shell import Shell, guard

TRAILING = Markup('<button type="button" class="ds-chip" data-event="trailing">Use “trailing”</button>')
MENDED = Markup('<button type="button" class="ds-chip" data-event="mended">Did you mean “{}”?</button>')
VIDEO = Markup('<button type="button" class="ds-chip" data-event="video">Make a video of it</button>')


def told(engine, request: Request, videos: Callable[[], list[str]] = list) -> Markup:
    """The sentences, and buttons for what mends it; nothing where there is nothing to know.

    videos: the models that draw them, asked for only where the prompt says what a thing does.
    """
    begins = advice.of_start(engine, request)
    rest = [*advice.of_prompts(engine, request), *advice.of_guidance(request)]
    prompt = _mended(engine, request.prompt)
    mended = MENDED.format(prompt) if prompt != request.prompt else ""
    moves = engine.vocabulary and "actions" in engine.vocabulary.beyond(request.prompt)
    video = VIDEO if moves and videos() else ""
    return advised([*begins, *rest], (TRAILING if begins else Markup("")) + mended + video)


def _mended(engine, prompt: str) -> str:
    return engine.vocabulary.mended(prompt) if engine.vocabulary else prompt


def connect(shell: Shell) -> None:
    """Tell it anew whenever a setting changes, and when a run comes into view: the model then is there to ask."""
    service, controls = shell.service, shell.controls

    def tell(values: dict) -> str:
        model, settings = controls.read(values)
        if not isinstance(model, str) or not service.ready(model):
            return ""
        try:
            return told(service.engine(model), Request(**shell.read(model, settings)), service.videos)
        except RequestError:  # Generate says it; a visitor may still be typing
            return ""

    changes = [controls.model.input, *(one.change for one in (*controls.fields.values(), shell.layers))]
    at_last(changes, tell, {*controls.inputs}, controls.advice, preprocess=False, queue=False)

    def mend(model: object, prompt: object):
        if not isinstance(model, str) or not service.ready(model) or not isinstance(prompt, str):
            return gr.skip()
        return _mended(service.engine(model), Request(prompt).prompt)

    prompt = controls.fields["prompt"]
    controls.advice.mended(guard(mend), [controls.model, prompt], prompt, preprocess=False, queue=False, **QUIET)
    controls.advice.trailing(None, None, controls.fields["spacing"], js="() => 'trailing'")
