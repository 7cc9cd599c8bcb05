"""The sweep of the Guidance tab: a grid of pictures that fills as it runs, and what is measured of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import gradio as gr

from core.settings import stop
from core.types import RequestError
from dashboard import exports, lacks, links, onefile, pictures
from dashboard.address import query, restored, stop_named
from dashboard.arrivals import cue, given
from dashboard.components.downloads import PAGE
from dashboard.events import QUIET, at_last
from dashboard.layers import Layers
from dashboard.markup import note, without_folders
from dashboard.runqueue import Notice
from dashboard.runs import RUN, said_of
from dashboard.shell import Shell, guard, sent
from dashboard.standing import STARTING, ended, standing
from dashboard.tabs.guidance import contact, sheets, sweep, sweep_page
from dashboard.tabs.guidance import sweep_views as views
from dashboard.tabs.guidance.sweep_page import Page

FEED_SECONDS = 0.2  # between pictures that arrive while a sweep runs
MEASURE = {"scales": "0, 1, 2, 4, 8", "seeds": "0-7"}


def build(shell: Shell, seen: gr.State) -> tuple[gr.State, gr.State, gr.events.Dependency]:
    """seen: how often the tab came into view.

    Returns the sweep that a link still asks for (None for none), whether one has had its cue, and the end of each.
    """
    service, controls, pace = shell.service, shell.controls, sweep.Pace(shell.service)
    page = sweep_page.build()
    wanted = gr.State()  # a sweep to run once another run is in view than the one of this id; None for no sweep
    until = gr.State()  # after how many steps that sweep was stopped, as a link or a file says; None for not at all
    begun, due = gr.State(), cue()  # whether one was to run; that it is to run now

    def tell(values: dict) -> str:
        return told(shell, page, pace, values)

    @guard(status=page.status)
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield from perform(shell, page, pace, values, visit)

    @guard(status=page.status)
    def again(values: dict, visit: gr.Request) -> Iterator[dict]:
        """The sweep of a link or a saved grid, as far as it went."""
        yield from perform(shell, page, pace, values, visit, values[until])

    def gate(asked: str | None, times: int, layers: Layers, before: bool, visit: gr.Request):
        """The sweep of a link or a saved grid runs once the tab is seen and the run that they name is there."""
        there = asked is not None and times and layers.current not in (None, asked)
        ready = bool(there) and not service.busy(visit.session_hash)
        return None if ready else asked, before or ready, given(ready)

    @guard
    def open_cell(found: sweep.Swept | None, visit: gr.Request, event: gr.EventData) -> Iterator[dict]:
        """Run a cell again by itself, all of it this time, and show it in Generate."""
        if found is None:
            return
        plan = found.sweep
        request = plan.requests[contact.cell(plan, sent(event).get("cell"))]
        yield controls.show(plan.model, request) | {shell.address: links.written(plan.model, request)}
        for item in service.stream(plan.model, request, visit.session_hash):
            yield said_of(shell, item)

    def from_link(visit: gr.Request):
        named = restored(page.settings, query(visit))
        return named | {wanted: "", until: stop_named(query(visit), views.STOPPED)} if named else gr.skip()

    def from_file(file: tuple[dict, str] | None, layers: Layers):
        """A saved grid: its sweep runs when its first picture has."""
        found = file and contact.carried(file[0])
        if not found:
            return gr.skip()
        named, at = found
        filled = {page.texts[name]: text for name, text in named.items()}
        return filled | {until: at, wanted: layers.current or "", shell.turn: f"guidance {file[1]}"}

    boxes = list(page.texts.values())
    inputs = {*controls.inputs, *boxes}
    changes = [one.change for one in (*boxes, controls.fields["steps"], controls.fields["sampler"], shell.layers)]
    at_last(changes, tell, inputs, page.planned, preprocess=False, queue=False)
    once = {"preprocess": False, "trigger_mode": "once", **RUN}
    page.run.click(run, inputs, page.shown, **once)
    page.measure.click(
        lambda: [MEASURE["scales"], MEASURE["seeds"]], None, boxes[:2], queue=False, **QUIET
    ).then(run, inputs, page.shown, **once)  # fmt: skip
    shell.stops(page.stop)
    outputs = [*controls.inputs, controls.status, shell.finished, shell.address]
    page.grid.select(open_cell, page.swept, outputs, trigger_mode="once", **RUN)
    page.files.offer(saved, page.swept, PAGE)
    page.curves.offer(saved_curves, page.swept)
    shell.demo.load(from_link, None, [*boxes, wanted, until], **QUIET)
    shell.restored.change(from_file, [shell.restored, shell.layers], [*boxes, wanted, until, shell.turn], **QUIET)
    arrivals = [seen.change, wanted.change, shell.layers.change]
    at_last(arrivals, gate, [wanted, seen, shell.layers, begun], [wanted, begun, due])
    return wanted, begun, due.due(again, {*inputs, until}, page.shown, preprocess=False, **RUN)


def told(shell: Shell, page: Page, pace: sweep.Pace, values: dict) -> str:
    """What the sweep would be and what to know of it, or what is wrong with it."""
    service = shell.service
    try:
        plan = page.asked(shell, values)
        if not service.ready(plan.model):
            return note(views.planned(plan, None))
        engine = service.engine(plan.model)
        lacks.need(engine, "clip", "a sweep cannot be scored")  # nor need its pace be measured
        return note(views.planned(plan, pace.seconds(plan))) + views.warned(engine, plan)
    except RequestError as error:
        return note(without_folders(str(error)), wrong=True)


def perform(
    shell: Shell, page: Page, pace: sweep.Pace, values: dict, visit: gr.Request, stopped: object = None
) -> Iterator[dict]:
    """Stream the pictures into the grid; at the end, or at Stop, what is measured of them.

    stopped: after how many steps of all pictures together they were once stopped, and are again; untrusted.
    """
    service, plan = shell.service, page.asked(shell, values)
    until = stop(stopped, *plan.requests, name=views.STOPPED)
    lacks.need(service.engine(plan.model), "clip", "a sweep cannot be scored")
    pace.seconds(plan)
    link = links.written(plan.model, plan.base) | page.typed(values) | links.stop_told(until, views.STOPPED)
    yield {
        page.grid: views.grid(plan), page.swept: None, page.feed: None, page.status: STARTING,
        page.save_row: gr.Row(visible=False), page.link: link,
    }  # fmt: skip
    traces, fresh, shown, began = None, {}, 0.0, time.perf_counter()
    for item in service.stream_many(plan.model, plan.requests, visit.session_hash, until):
        if isinstance(item, list):
            traces = item
            continue
        if isinstance(item, Notice):
            yield {page.status: standing(item)}
            began = time.perf_counter()
            continue
        if item.x0 is not None:
            fresh[item.number] = pictures.uri(item.x0)
        if fresh and item.seconds - shown > FEED_SECONDS:
            yield {page.feed: json.dumps(fresh), page.status: standing(item)}
            fresh, shown = {}, item.seconds
    if traces is None:
        return
    with service.turn(plan.model) as engine:
        found = sweep.judge(engine, plan, traces)
    pace.learn(plan, traces)
    figure, sentence = views.tradeoff_plot(found)
    over = ended(traces, told=views.done(found, time.perf_counter() - began))
    yield {
        page.grid: views.grid(plan, found), page.swept: found, page.status: over,
        page.save_row: gr.Row(visible=True), page.plot: figure, page.curves_row: gr.Row(visible=figure is not None),
        page.told: note(sentence), page.planned: told(shell, page, pace, values),
        page.link: links.stop_told(found.stopped_at, views.STOPPED),
    }  # fmt: skip


def saved(kind: str, found: sweep.Swept | None, address: str) -> tuple[str, bytes]:
    if found is None:
        raise RequestError("sweep", "none", "there before it can be saved")
    name = f"guidance-sweep.{kind}"
    if kind == "png":
        return name, contact.to_png(found)
    if kind in onefile.KIND:
        return name, onefile.page(sheets.of_sweep(found, address))
    return name, exports.table(contact.rows(found), contact.about(found), kind)


def saved_curves(kind: str, found: sweep.Swept | None) -> tuple[str, bytes]:
    if found is None or not found.sweep.measurable:
        raise RequestError("trade-off", "none", "measured before it can be saved: two scales and two seeds or more")
    return f"guidance-tradeoff.{kind}", exports.table(sweep.tradeoff(found).rows(), contact.about(found), kind)
