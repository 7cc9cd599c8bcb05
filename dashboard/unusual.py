"""What is not set as usual changes every run: it stands below the prompt, each setting a click away from the usual."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from core.types import Request, RequestError
from core.updates import SAMPLERS
from dashboard import wording
from dashboard.events import QUIET, at_last
from dashboard.shell import Shell, guard, sent

CHIPS = Markup('<div class="ds-chips ds-unusual"><span>Not as usual:</span>{}</div>')
CHIP = Markup('<button type="button" class="ds-chip" data-names="{}" title="Set back to: {}">{}&nbsp;<i>×</i></button>')


def told(settings: dict, usual: Request = wording.USUAL) -> Markup:
    """A chip for each setting that is not as usual; settings: fields of a request, as they came from the browser.

    usual: what the model is meant to be run with.
    """
    try:
        request = Request(**settings)
    except RequestError:
        return Markup("")  # the run will say so
    chips = [
        CHIP.format(" ".join(one.changed), ", ".join(_usual(usual, name) for name in one.changed), one.words)
        for one in wording.said(request, usual=usual)
        if one.changed
    ]
    return CHIPS.format(Markup("").join(chips)) if chips else Markup("")


def _usual(usual: Request, name: str) -> str:
    value = getattr(usual, name)
    if name == "sampler":
        return SAMPLERS[value].title
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


def connect(shell: Shell) -> None:
    settled = shell.controls.settled
    fields = {name: one for name, one in shell.controls.fields.items() if name not in ("prompt", "seed")}

    def usual(model: str | None) -> Request:
        return shell.service.about(model).defaults if model else wording.USUAL

    @guard
    def tell(model: str | None, *values) -> Markup:
        settings = dict(zip(fields, values, strict=True))
        return told(shell.read(model, settings) if model else settings, usual(model))

    @guard
    def set_back(model: str | None, event: gr.EventData) -> dict:
        names = str(sent(event).get("names")).split()
        return {one: getattr(usual(model), name) for name, one in fields.items() if name in names} or gr.skip()

    controls = [*fields.values()]
    changes = [settled.change, *(one.change for one in controls)]
    at_last(changes, tell, [settled, *controls], shell.controls.unusual, preprocess=False, queue=False)
    shell.controls.unusual.usual(set_back, settled, controls, queue=False, **QUIET)
