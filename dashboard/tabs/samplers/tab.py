"""Samplers: up to four ways from one noise to a picture, side by side, and what each really does."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from core.advice import of_start
from core.types import Request, RequestError
from dashboard import exports, links, onefile, pictures, runs
from dashboard.address import not_restored, query
from dashboard.arrivals import cue, given, sight
from dashboard.components.downloads import PAGE
from dashboard.events import QUIET, at_last
from dashboard.layers import Layers
from dashboard.markup import advised, state
from dashboard.runqueue import Notice
from dashboard.service import Progress, Service
from dashboard.shell import Shell, guard, sent
from dashboard.standing import standing
from dashboard.tabs.samplers import claims_panel, lanes, views
from dashboard.tabs.samplers import page as samplers_page
from dashboard.tabs.samplers.lanes import PRESETS, STOPPED, Own, Preset, Shown
from dashboard.tabs.samplers.page import RAIL, Page

TITLE = "Samplers"
EXACT = "exact"  # the model whose denoiser is in closed form
NOISELESS = next(preset for preset in PRESETS if preset.exact)
LOOK_SECONDS = 0.15  # between two updates of the page while lanes run
ALWAYS = {"preprocess": False, **runs.RUN}


def build(shell: Shell) -> None:
    page = samplers_page.build()
    running(shell, page)
    by_themselves(shell, page)
    looking(shell, page)
    claims_panel.build(shell)


def running(shell: Shell, page: Page) -> None:
    """Run, the presets and the caption's buttons; and what lanes would be, told before they run."""
    service, controls = shell.service, shell.controls

    def warn(values: dict) -> str:
        """What stands in the sidebar is not said again."""
        try:
            sidebar, base, chosen = page.asked(shell, values)
            model, base = values[page.own].applied(sidebar, base)
            asked = lanes.requests(base, chosen)
        except RequestError:  # as in the sidebar
            return ""
        return advised([*views.stale(values[page.kept], model, base), *starts(service, model, asked)])

    @guard(status=page.status)
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield {page.caption: views.caption("", values[page.own])}
        yield from perform(service, page, *page.asked(shell, values), values[page.own], visit)

    @guard(status=page.status)
    def back(values: dict, visit: gr.Request) -> Iterator[dict]:
        """The same lanes as the sidebar is set."""
        yield {page.caption: "", page.own: Own()}
        yield from perform(service, page, *page.asked(shell, values), Own(), visit)

    def choose(preset: Preset, model: str | None = None):
        """Run a preset, with the sidebar's model or with one of its own; the sidebar stays as it is."""

        @guard(status=page.status)
        def handler(values: dict, visit: gr.Request) -> Iterator[dict]:
            sidebar, base = shell.asked(values)
            mine = Own(preset.guidance, model)
            told = explained(service, sidebar, preset, mine)
            yield {page.caption: told, page.own: mine} | page.filled(preset.lanes)
            yield from perform(service, page, sidebar, base, list(preset.lanes), mine, visit)

        return handler

    inputs = {*controls.inputs, *page.fields, page.own}
    changes = [one.change for one in (*page.fields, controls.fields["spacing"], shell.layers)]
    at_last([controls.model.input, *changes], warn, {*inputs, page.kept}, page.warned, preprocess=False, queue=False)
    page.start.click(run, inputs, [page.caption, *page.shown], trigger_mode="multiple", **ALWAYS)
    told = [page.caption, page.own, *page.fields, *page.shown]
    for preset, button in zip(PRESETS, page.presets, strict=True):
        button.click(choose(preset), inputs, told, trigger_mode="multiple", **ALWAYS)
    page.caption.exact(choose(NOISELESS, EXACT), inputs, told, trigger_mode="multiple", **ALWAYS)
    page.caption.back(back, inputs, [page.caption, page.own, *page.shown], trigger_mode="multiple", **ALWAYS)
    shell.stops(page.stop)


def by_themselves(shell: Shell, page: Page) -> None:
    """The lanes of a link, or the first ones, run once, when the tab is first seen."""
    service = shell.service
    seen, fields_set = sight(), gr.State()  # how often the tab came into view; whether the link was read
    until = gr.State()  # after how many steps of all together those of a link were stopped; None for not at all
    go = cue()

    def restore(visit: gr.Request) -> dict:
        """The lanes that the address names. Rubbish leaves the first comparison."""
        named, filled = query(visit), {}
        try:
            if text := named.get("lanes"):
                chosen, mine, asked = lanes.from_link(text), Own.from_link(named), links.from_query(named)
                model, base = mine.applied(*asked if asked else (None, Request()))
                preset = lanes.preset(chosen, base.guidance)
                model = model or service.default
                told = explained(service, model, preset, mine) if preset else views.caption("", mine)
                at = links.stop_in(named, *lanes.requests(base, chosen), name=STOPPED)
                filled = page.filled(chosen) | {page.caption: told, page.own: mine, until: at}
        except RequestError as error:
            not_restored(error)
        return filled | {fields_set: True}

    def gate(times: int, filled: bool, done: bool, layers: Layers, visit: gr.Request):
        """Whether the lanes in the fields are to run by themselves.

        Not before a run is in view, and not while one goes on: a visitor's run of their own comes first.
        """
        ready = times and filled and not done and layers.shown is not None and not service.busy(visit.session_hash)
        return bool(done or ready), given(ready)

    @guard(status=page.status)
    def first(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield from perform(service, page, *page.asked(shell, values), values[page.own], visit, values[until])

    arrivals = [one.change for one in (seen, fields_set, shell.layers)]
    asked, answered = [seen, fields_set, page.begun, shell.layers], [page.begun, go]
    at_last(arrivals, gate, asked, answered)
    go.due(first, {*shell.controls.inputs, *page.fields, page.own, until}, page.shown, **ALWAYS)
    shell.demo.load(restore, None, [fields_set, page.caption, page.own, until, *page.fields], **QUIET)


def looking(shell: Shell, page: Page) -> None:
    """What can be done with lanes that have run: another map, one of them in Generate, their files."""
    service, controls = shell.service, shell.controls

    @guard
    def turn(shown: Shown | None, count: object):
        """The same map in 2 or 3 dimensions."""
        if shown is None:
            return gr.skip()
        return views.lanes_map(shown, service.engine(shown.found.traces[0].model).gallery, RAIL, count)

    @guard
    def open_lane(shown: Shown | None, event: gr.EventData):
        lane = sent(event).get("lane")
        if shown is None or not isinstance(lane, int) or not 0 <= lane < len(shown.found.traces):
            raise RequestError("lane", lane, "one that is shown")
        trace = shown.found.traces[lane]
        return {shell.finished: service.layer(trace), **controls.show(trace.model, trace.request)}

    def file(kind: str, shown: Shown | None, address: str) -> tuple[str, bytes]:
        if shown is None:
            raise RequestError("lanes", "none", "there before they can be saved")
        traces = shown.found.traces
        if kind in onefile.KIND:
            name = f"lanes-{links.file_name(traces[0].request, kind)}"
            return name, onefile.page(views.sheet(shown, service.engine(traces[0].model).gallery, address))
        about = {"model": traces[0].model, "requests": [trace.request.to_dict() for trace in traces]}
        return f"lanes.{kind}", exports.table(lanes.rows(shown), about, kind)

    page.dims.input(turn, [page.kept, page.dims], page.chart, **QUIET)
    page.panel.open(open_lane, page.kept, [shell.finished, *controls.inputs], **QUIET).success(
        None, None, None, js="() => driftscope.openTab('generate')"
    )
    page.files.offer(file, page.kept, PAGE)


def perform(
    service: Service, page: Page, model: str, base: Request, chosen: list[tuple], mine: Own, visit: gr.Request,
    until: int | None = None,
) -> Iterator[dict]:  # fmt: skip
    """Stream the lanes; at the end, or at Stop, all that is measured of them. model and base are the sidebar's.

    until: after how many steps, of all lanes together, they were once stopped, and are again.
    """
    written = links.written(model, base) | mine.to_link()
    model, base = mine.applied(model, base)
    service.check(model)
    asked = lanes.requests(base, chosen)
    link = written | {"lanes": lanes.to_link(asked)} | links.stop_told(until, STOPPED)
    yield page.started(asked, link, advised(starts(service, model, asked)))
    latest: dict[int, Progress] = {}
    guessed: dict[int, str] = {}
    told, fresh = 0.0, False
    for item in service.stream_many(model, asked, visit.session_hash, until):
        if isinstance(item, list):
            found = lanes.compare(service, item)
            yield {page.rail: views.reel(found), page.status: state("running", "Measuring…", 1)}
            with service.turn(item[0].model) as engine:
                shown, gallery = lanes.measured(engine, found), engine.gallery
            yield page.finished(shown, gallery)
            return
        if isinstance(item, Notice):
            there = item.ahead is not None
            yield {page.rail: views.live(asked, latest, guessed, live=there), page.status: standing(item)}
            continue
        latest[item.number] = item
        if item.x0 is not None:
            guessed[item.number], fresh = pictures.uri(item.x0, views.SIDE), True
        if fresh and time.perf_counter() - told > LOOK_SECONDS:
            told, fresh = time.perf_counter(), False
            yield {page.rail: views.live(asked, latest, guessed), page.status: standing(item)}


def starts(service: Service, model: str, asked: list[Request]) -> list[str]:
    """Which lanes begin where there is no noise."""
    if not service.ready(model):
        return []
    return list(dict.fromkeys(told for one in asked for told in of_start(service.engine(model), one)))


def explained(service: Service, model: str, preset: Preset, mine: Own) -> str:
    """The caption of a preset, with the way to the exact denoiser where that shows something else."""
    model = mine.model or model
    more = bool(preset.exact) and model != EXACT and EXACT in service.models()
    text = preset.exact if preset.exact and model == EXACT else preset.caption
    return views.caption(text, mine, more)
