"""How a panel reads the sidebar, opens by its link and runs: the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from core.types import RequestError
from dashboard.address import FirstView, Setting, keep, query, restored
from dashboard.arrivals import cue, given
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.shell import Shell, guard
from dashboard.tabs.unclip.stage import Stage


def setting(name: str, control: gr.components.Component, first: object, allowed: tuple = ()) -> Setting:
    """A setting of this tab, whose names in the address begin alike."""
    return Setting(f"unclip-{name}", control, first, allowed)


def opens(
    shell: Shell,
    stage: Stage,
    settings: list[Setting],
    first: Callable[[str, dict], dict],
    work: Callable[[dict, gr.Request], Iterator[dict]],
    inputs: list,
    outputs: list,
    more: list | None = None,
) -> None:
    """Fill a panel when it is first seen, from the address where it names settings; then it runs by itself, once.

    Not before a run is in view: by then the sidebar is what the address asks for.
    first(model, asked): what the panel's controls show, asked being what the address sets; more: others that it sets.
    """
    opened, go = FirstView(elem_id=f"{stage.rail}-opened"), cue()
    seen, begun = gr.State(), gr.State()

    @guard
    def start(model: object, event: gr.EventData) -> dict:
        named = query(event)
        asked = restored(settings, named)
        name = named.get("model") or model or shell.service.default
        if name not in shell.service.models():  # the page says so as it opens
            name = shell.service.default
        return asked | first(name, asked) | {seen: True}

    def gate(visible: bool | None, done: bool | None, layers: Layers) -> tuple[bool, str]:
        ready = visible and not done and layers.shown is not None
        return bool(done or ready), given(ready)

    keep(settings, opened)
    shown = [*(one.control for one in settings), *(more or []), seen]
    opened.first_view(start, shell.controls.model, shown, **QUIET)
    gr.on([seen.change, shell.layers.change], gate, [seen, begun, shell.layers], [begun, go],
          trigger_mode="always_last", **QUIET)  # fmt: skip
    stage.starts([go.due], work, inputs, outputs)


def prior_of(engine):
    """The engine's prior; RequestError where it has none."""
    if engine.prior is None:
        raise RequestError("model", engine.name, "one with a prior: `python -m core train MODEL --prior` makes it")
    return engine.prior
