"""How a panel reads the sidebar, opens by its link and runs: the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import gradio as gr

from core.advice import of_text
from core.types import RequestError
from dashboard.address import FirstView, Setting, keep, query, restored, stop_named
from dashboard.advising import beside
from dashboard.arrivals import cue, given
from dashboard.controls import Advice
from dashboard.events import QUIET, at_last
from dashboard.layers import Layers
from dashboard.shell import Shell, guard
from dashboard.tabs.unclip.stage import Stage, carried


def setting(name: str, control: gr.components.Component, first: object, allowed: tuple = ()) -> Setting:
    """A setting of this tab, whose names in the address begin alike."""
    return Setting(f"unclip-{name}", control, first, allowed)


def opens(
    shell: Shell,
    stage: Stage,
    first: Callable[[str, dict], dict],
    work: Callable[[dict, gr.Request], Iterator[dict]],
    inputs: list,
    outputs: list,
    more: list | None = None,
) -> None:
    """Fill a panel when it is first seen, from the address where it names settings; then it runs by itself, once.

    Not before a run is in view: by then the sidebar is what the address asks for. A saved row of pictures fills it too,
    whenever it is restored, and runs it when the run of its sidebar is in view.
    first(model, asked): what the panel's controls show, asked being what the address sets; more: others that it sets.
    """
    opened, go = FirstView(elem_id=f"{stage.rail}-opened"), cue()
    seen, begun = gr.State(), gr.State()
    after = gr.State()  # the id of the run that was in view when a saved row came, '' for none; None where none came

    def filled(asked: dict, model: object) -> dict:
        name = model if model in shell.service.models() else shell.service.default  # the page says so as it opens
        return asked | first(name, asked)

    @guard
    def start(model: object, came: str | None, event: gr.EventData) -> dict:
        if came is not None:
            return {seen: True}
        named = query(event)
        shown = filled(restored(stage.settings, named), named.get("model") or model)
        return shown | {stage.until: stop_named(named, stage.stopped), seen: True}

    def from_file(file: tuple[dict, str] | None, layers: Layers):
        found = file and carried(file[0])
        if not found or found[1].panel != stage.rail:
            return gr.skip()
        model, row, at = found
        usual = {one.control: one.first for one in stage.settings}  # a row carries those alone that are not
        asked = usual | restored(stage.settings, row.settings)
        return filled(asked, model) | {stage.until: at, after: layers.current or "", begun: False}

    def gate(visible: bool | None, done: bool | None, came: str | None, layers: Layers) -> tuple[bool, str]:
        ready = visible and not done and layers.shown is not None and layers.current != came
        return bool(done or ready), given(ready)

    keep(stage.settings, opened)
    shown = [*(one.control for one in stage.settings), *(more or []), stage.until]
    opened.first_view(start, [shell.controls.model, after], [*shown, seen], **QUIET)
    shell.restored.change(from_file, [shell.restored, shell.layers], [*shown, after, begun], **QUIET)
    at_last([seen.change, shell.layers.change], gate, [seen, begun, after, shell.layers], [begun, go])
    stage.starts([go.due], work, {*inputs, stage.until}, outputs)


def captions(shell: Shell, fields: Mapping[gr.components.Component, Advice]) -> None:
    """Advice beside texts that the sidebar's model is to read, as it stands below the sidebar's prompt."""
    beside(shell, fields, shell.controls.model, lambda model: model, says)


def says(engine, text: str, model: object) -> list[str]:
    return of_text(engine.clip, engine.vocabulary, text)


def prior_of(engine):
    """The engine's prior; RequestError where it has none."""
    if engine.prior is None:
        raise RequestError("model", engine.name, "one with a prior: `python -m core train MODEL --prior` makes it")
    return engine.prior
