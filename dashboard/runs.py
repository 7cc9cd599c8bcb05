"""Whatever starts a run: Generate, an example, a restored PNG, a link. One way through: check, stream, hand over."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import gradio as gr
from markupsafe import Markup

from core.types import ModelError, Request, RequestError, Trace
from dashboard import controls as sidebar
from dashboard import links, reels, sessions
from dashboard.address import not_restored, query
from dashboard.components.rail import Rail
from dashboard.events import QUIET
from dashboard.layers import Layer, Layers
from dashboard.markup import state, without_folders
from dashboard.runqueue import BusyError, Notice
from dashboard.service import Progress
from dashboard.shell import Shell, guard, sent
from dashboard.standing import standing

RUN = {"concurrency_limit": None, **QUIET}  # how many run at once, the service decides


def connect(shell: Shell, stage: Rail) -> None:
    """Wire the sidebar and the page's opening; runs are shown on the stage while they go on."""
    service, controls = shell.service, shell.controls

    def perform(
        shown: dict, model: str, request: Request, visit: gr.Request, until: int | None = None, weights: object = ""
    ) -> Iterator[dict]:
        """shown: what the sidebar is set to.

        until: the step after which the run was once stopped, and is again; weights: that it was made with.
        """
        made_with = weights if isinstance(weights, str) else ""
        yield shown | {shell.address: links.written(model, request, until, made_with)}
        for item in service.stream(model, request, visit.session_hash, until):
            if isinstance(item, Layer):
                other = links.other_weights(item.trace, weights)
                yield {controls.status: standing(item) + Markup(" ") + other, shell.finished: item}
                return
            if isinstance(item, Notice):
                yield {controls.status: standing(item)}
                continue
            if item.x is not None:
                yield {stage: reels.live(item), controls.status: standing(item)}

    @guard(status=controls.status)
    def generate(values: dict, event: gr.EventData, visit: gr.Request):
        changes = {"prompt": sent(event).get("prompt")} if event.target is controls.examples else {}
        if not values[controls.lock]:
            changes["seed"] = sidebar.new_seed()
        asked = shell.asked(values, **changes)
        yield from perform(controls.show_changed(values, *asked), *asked, visit)

    @guard(status=controls.status)
    def restore(path: str, visit: gr.Request):
        yield {controls.restore: None}
        found = links.read_png(path)
        yield {shell.restored: (found, uuid.uuid4().hex)}
        asked = service.check(found["model"]), found["request"]
        yield from perform(controls.show(*asked), *asked, visit, found["stopped"], found.get("weights"))

    def arrive(earlier: object, visit: gr.Request):
        """A visitor opens the page: show what the address asks for, run where need be, else what greets everyone.

        earlier: the session of the page that this browser tab showed before; its runs are taken over.
        """
        held = sessions.held(shell.demo, earlier, shell.layers) or Layers()
        try:
            yield {
                controls.model: gr.Dropdown(service.models(), value=service.default),
                controls.settled: service.default,
            }
            yield {shell.session: visit.session_hash, shell.layers: held}
            try:
                if found := links.from_query(query(visit)):
                    asked = model, request = service.check(found[0] or service.default), found[1]
                    until, weights = links.stop_in(query(visit), request), query(visit).get(links.WEIGHTS)
                    if not (same := made(held, model, request, until)):
                        yield from perform(controls.show(*asked), *asked, visit, until, weights)
                        return
                    held = held.view(same.id)
            except (RequestError, BusyError) as error:
                not_restored(error)
            if held.shown is None:
                yield from greet()
            else:
                trace = held.shown.trace
                yield controls.show(trace.model, trace.request) | {shell.layers: held}
        except ModelError as error:  # stays on the page, where a passing message would leave it empty
            yield {controls.status: state("error", without_folders(str(error)))}

    def greet() -> Iterator[dict]:
        trace = shell.welcome.trace()
        loading = "" if service.ready(trace.model) else state("running", LOADING)
        yield controls.show_unusual(trace.request) | {stage: reels.still(trace), controls.status: loading}
        yield {shell.finished: shell.welcome.layer(), controls.status: ""}

    outputs = [*controls.inputs, controls.status, controls.restore, stage, shell.finished, shell.address]
    opened = [*outputs, shell.layers, shell.session]
    gr.on(
        [controls.generate.click, controls.examples.select],
        generate, {*controls.inputs}, outputs, preprocess=False, trigger_mode="multiple", **RUN,
    )  # fmt: skip
    controls.restore.upload(restore, controls.restore, [*outputs, shell.restored], **RUN)
    shell.demo.load(arrive, shell.session, opened, js="driftscope.earlier", **RUN)
    shell.stops(controls.stop)


def made(layers: Layers, model: str, request: Request, stopped: int | None) -> Layer | None:
    """The newest run of this request that ended where this one does."""
    return next(
        (
            layer
            for layer in reversed(layers.entries)
            if (layer.model, layer.trace.request, links.stopped_at(layer.trace)) == (model, request, stopped)
        ),
        None,
    )


def chosen(shell: Shell, layers: Layers, traces: Sequence[Trace], number: object, what: str) -> dict:
    """Bring one of several runs into view, and the sidebar to what it was made with.

    number: which of them, as text, from a browser; what: they are. RequestError for one that is not there.
    """
    if number not in [str(n) for n in range(len(traces))]:
        raise RequestError(what, number, "one that is shown")
    trace = traces[int(number)]
    sidebar = shell.controls.show(trace.model, trace.request)
    if same := made(layers, trace.model, trace.request, links.stopped_at(trace)):
        return sidebar | {shell.layers: layers.view(same.id)}
    return sidebar | {shell.finished: shell.service.layer(trace)}


LOADING = "The model is loading; this takes a few seconds."


def said_of(shell: Shell, now: Notice | Progress | Layer) -> dict:
    """What another tab's run does to the page at each item of its stream: its standing, and at last the run in view."""
    made = {shell.finished: now} if isinstance(now, Layer) else {}
    return made | {shell.controls.status: standing(now)}
