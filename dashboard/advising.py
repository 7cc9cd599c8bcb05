"""What to know before it runs: of the sidebar's request, below Generate and so in sight of every tab, and of the texts
that a tab has of its own, beside their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gradio as gr
from markupsafe import Markup

from core import advice
from core.types import Request, RequestError
from dashboard.controls import Advice
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
    mended = _offered(engine, request.prompt)
    moves = engine.vocabulary and "actions" in engine.vocabulary.beyond(request.prompt)
    video = VIDEO if moves and videos() else ""
    return advised([*begins, *rest], (TRAILING if begins else Markup("")) + mended + video)


def _offered(engine, text: str) -> Markup:
    """A button with the text as it may be meant, where that is another one."""
    mended = _mended(engine, text)
    return MENDED.format(mended) if mended != text else Markup("")


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
    _mends(shell, controls.advice, controls.model, controls.fields["prompt"], lambda model: model)
    controls.advice.trailing(None, None, controls.fields["spacing"], js="() => 'trailing'")


def beside(
    shell: Shell,
    fields: Mapping[gr.components.Component, Advice],
    source: gr.components.Component,
    model_of: Callable[[object], object],
    says: Callable[[object, str, object], list[str]],
) -> None:
    """Advice for texts of a tab's own, each in its place beside its field.

    model_of: of the source's value the name of the model that reads them, None for none. says(engine, text, source's
    value): sentences of core.advice.
    """
    service = shell.service

    def tell(found: object, *texts: object) -> dict:
        model = model_of(found)
        ready = isinstance(model, str) and service.ready(model)
        return {
            place: of_one(service.engine(model), text, found) if ready else ""
            for place, text in zip(fields.values(), texts, strict=True)
        }

    def of_one(engine, text: object, found: object) -> Markup | str:
        try:
            read = Request(text).prompt
            return advised(says(engine, read, found), _offered(engine, read))
        except RequestError:  # whoever runs it is told
            return ""

    changes = [one.change for one in (*fields, shell.layers)] + [shell.controls.model.input]
    at_last(changes, tell, [source, *fields], list(fields.values()), preprocess=False, queue=False)
    for field, place in fields.items():
        _mends(shell, place, source, field, model_of)


def _mends(shell: Shell, place: Advice, source, field, model_of: Callable[[object], object]) -> None:
    """Let a click on "Did you mean" there mend the field."""

    def mend(found: object, text: object):
        model = model_of(found)
        if not isinstance(model, str) or not shell.service.ready(model) or not isinstance(text, str):
            return gr.skip()
        return _mended(shell.service.engine(model), Request(text).prompt)

    place.mended(guard(mend), [source, field], field, preprocess=False, queue=False, **QUIET)
