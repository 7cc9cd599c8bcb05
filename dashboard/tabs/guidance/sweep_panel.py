"""The sweep of the Guidance tab: its form, its grid that fills as it runs, and the trade-off it measures."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import gradio as gr

from core.settings import stop
from core.types import RequestError
from dashboard import exports, lacks, links, onefile, pictures
from dashboard.address import Setting, Writer, query, restored, stop_named
from dashboard.arrivals import cue, given
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET, UNSEEN
from dashboard.layers import Layers
from dashboard.markup import heading, note, without_folders
from dashboard.runqueue import Notice
from dashboard.runs import RUN, said_of
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.guidance import contact, sheets, sweep
from dashboard.tabs.guidance import sweep_views as views

FEED_SECONDS = 0.2  # between pictures that arrive while a sweep runs
FILES = {"png": "Save the grid"} | onefile.KIND | {"csv": "CSV", "json": "JSON"}
BOXES = (  # name, first value, label, help, lines
    ("scales", "1, 2, 4, 8", "Guidance scales", "A list or a range: 1, 2, 4 or 1-10 (+2) or 1-10 [5]", 1),
    ("seeds", "0-2", "Seeds", "Written the same way", 1),
    ("prompts", "", "Prompts, one a line", "Empty: the sidebar's prompt", 4),
)
MEASURE = {"scales": "0, 1, 2, 4, 8", "seeds": "0-7"}


def build(shell: Shell, seen: gr.State) -> tuple[gr.State, gr.State, gr.events.Dependency]:
    """seen: how often the tab came into view.

    Returns the sweep that a link still asks for (None for none), whether one has had its cue, and the end of each.
    """
    service, controls, pace = shell.service, shell.controls, sweep.Pace(shell.service)
    with gr.Column(elem_classes=["ds-panel"], elem_id="sweep"):
        gr.HTML(heading(*views.SWEEP))
        with gr.Row(elem_classes=["ds-sweep-form"]):
            texts = {
                name: gr.Textbox(start, label=label, info=info, elem_id=f"sweep-{name}", max_lines=lines, min_width=0)
                for name, start, label, info, lines in BOXES
            }
        with gr.Row(elem_classes=["ds-sweep-run"]):
            run_button = gr.Button("Run the sweep", elem_id="sweep-run", variant="primary", size="sm", min_width=0)
            stop_button = gr.Button("Stop", elem_id="sweep-stop", size="sm", min_width=0)
            measure = gr.Button("Measure the trade-off over 8 seeds", elem_id="sweep-measure", size="sm", min_width=0)
            planned = gr.HTML("", elem_id="sweep-plan")
        status = gr.HTML("", elem_id="sweep-status")
        grid = gr.HTML(
            "", js_on_load="driftscope.cells(element, (cell) => trigger('select', { cell }))", elem_id="sweep-grid"
        )
        feed = gr.HTML("", js_on_load="driftscope.fill(props, watch, '#sweep-grid')", **UNSEEN)
        with gr.Row(elem_classes=["ds-files"], elem_id="sweep-files", visible=False) as save_row:
            files = Downloads("sweep", FILES)
    with gr.Column(elem_classes=["ds-panel"], elem_id="tradeoff"):
        gr.HTML(heading(*views.TRADEOFF))
        plot = PlotlyHTML(height=views.HEIGHT, label=views.CURVES, elem_id="tradeoff-plot")
        with gr.Row(elem_classes=["ds-files"], elem_id="tradeoff-files", visible=False) as tradeoff_row:
            curves = Downloads("tradeoff", exports.named("Curves"))
        told = gr.HTML(note("A sweep over two seeds or more is measured here."), elem_id="tradeoff-told")
    swept = gr.State()
    wanted = gr.State()  # a sweep to run once another run is in view than the one of this id; None for no sweep
    until = gr.State()  # after how many steps that sweep was stopped, as a link or a file says; None for not at all
    begun, due = gr.State(), cue()  # whether one was to run; that it is to run now
    link = Writer()

    def asked(values: dict) -> sweep.Sweep:
        return sweep.plan(*shell.asked(values), **{name: values[box] for name, box in texts.items()})

    def tell(values: dict) -> str:
        """What the sweep would be and what to know of it, or what is wrong with it."""
        try:
            plan = asked(values)
            if not service.ready(plan.model):
                return note(views.planned(plan, None))
            engine = service.engine(plan.model)
            lacks.need(engine, "clip", "a sweep cannot be scored")  # nor need its pace be measured
            return note(views.planned(plan, pace.seconds(plan))) + views.warned(engine, plan)
        except RequestError as error:
            return note(without_folders(str(error)), wrong=True)

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield from perform(asked(values), values, visit)

    @guard
    def again(values: dict, visit: gr.Request) -> Iterator[dict]:
        """The sweep of a link or a saved grid, as far as it went."""
        plan = asked(values)
        yield from perform(plan, values, visit, stop(values[until], *plan.requests, name=views.STOPPED))

    def perform(plan: sweep.Sweep, values: dict, visit: gr.Request, until: int | None = None) -> Iterator[dict]:
        lacks.need(service.engine(plan.model), "clip", "a sweep cannot be scored")
        pace.seconds(plan)
        typed = {name: values[box] for name, box in texts.items()}
        yield {grid: views.grid(plan), swept: None, feed: None, status: note("Starting…"),
               save_row: gr.Row(visible=False),
               link: links.written(plan.model, plan.base) | typed | links.stop_told(until, views.STOPPED)}  # fmt: skip
        traces, fresh, shown, done, began = None, {}, 0.0, 0, time.perf_counter()
        for item in service.stream_many(plan.model, plan.requests, visit.session_hash, until):
            if isinstance(item, list):
                traces = item
                continue
            if isinstance(item, Notice):
                yield {status: note(item.text)}
                began = time.perf_counter()
                continue
            done += 1
            if item.x0 is not None:
                fresh[item.number] = pictures.uri(item.x0)
            if fresh and item.seconds - shown > FEED_SECONDS:
                share = done / (len(plan.requests) * (plan.base.steps + 1))
                left = views.duration(item.seconds * (1 - share) / share)
                yield {feed: json.dumps(fresh), status: note(f"{share:.0%} done, about {left} left")}
                fresh, shown = {}, item.seconds
        if traces is None:
            return
        with service.turn(plan.model) as engine:
            found = sweep.judge(engine, plan, traces)
        pace.learn(plan, traces)
        figure, sentence = views.tradeoff_plot(found)
        ended = note(views.done(found, time.perf_counter() - began))
        yield {grid: views.grid(plan, found), swept: found, status: ended, save_row: gr.Row(visible=True),
               plot: figure, tradeoff_row: gr.Row(visible=figure is not None), told: note(sentence),
               planned: tell(values), link: links.stop_told(found.stopped_at, views.STOPPED)}  # fmt: skip

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

    def saved(kind: str, found: sweep.Swept | None, page: str) -> tuple[str, bytes]:
        if found is None:
            raise RequestError("sweep", "none", "there before it can be saved")
        name = f"guidance-sweep.{kind}"
        if kind == "png":
            return name, contact.to_png(found)
        if kind in onefile.KIND:
            return name, onefile.page(sheets.of_sweep(found, page))
        return name, exports.table(contact.rows(found), contact.about(found), kind)

    def saved_curves(kind: str, found: sweep.Swept | None) -> tuple[str, bytes]:
        if found is None or not found.sweep.measurable:
            raise RequestError("trade-off", "none", "measured before it can be saved: two scales and two seeds or more")
        return f"guidance-tradeoff.{kind}", exports.table(sweep.tradeoff(found).rows(), contact.about(found), kind)

    def from_link(visit: gr.Request):
        named = restored([Setting(name, texts[name], start) for name, start, *_ in BOXES], query(visit))
        return named | {wanted: "", until: stop_named(query(visit), views.STOPPED)} if named else gr.skip()

    def from_file(file: tuple[dict, str] | None, layers: Layers):
        """A saved grid: its sweep runs when its first picture has."""
        found = file and contact.carried(file[0])
        if not found:
            return gr.skip()
        named, at = found
        filled = {texts[name]: text for name, text in named.items()}
        return filled | {until: at, wanted: layers.current or "", shell.turn: f"guidance {file[1]}"}

    inputs = {*controls.inputs, *texts.values()}
    settings = [controls.fields[name].change for name in ("steps", "sampler")]
    boxes = list(texts.values())
    changes = [box.change for box in boxes]
    gr.on([*changes, *settings, shell.layers.change], tell, inputs, planned, trigger_mode="always_last",
          preprocess=False, **QUIET)  # fmt: skip
    shown = [grid, feed, swept, status, save_row, plot, tradeoff_row, told, planned, link]
    gr.on([run_button.click], run, inputs, shown, preprocess=False, trigger_mode="once", **RUN)
    measure.click(
        lambda: [MEASURE["scales"], MEASURE["seeds"]], None, boxes[:2], queue=False, **QUIET
    ).then(run, inputs, shown, preprocess=False, trigger_mode="once", **RUN)  # fmt: skip
    shell.stops(stop_button)
    outputs = [*controls.inputs, controls.status, shell.finished, shell.address]
    grid.select(open_cell, swept, outputs, trigger_mode="once", **RUN)
    files.offer(saved, swept, PAGE)
    curves.offer(saved_curves, swept)
    shell.demo.load(from_link, None, [*boxes, wanted, until], **QUIET)
    shell.restored.change(from_file, [shell.restored, shell.layers], [*boxes, wanted, until, shell.turn], **QUIET)
    arrivals = [seen.change, wanted.change, shell.layers.change]
    gr.on(
        arrivals, gate, [wanted, seen, shell.layers, begun], [wanted, begun, due], trigger_mode="always_last", **QUIET
    )
    return wanted, begun, due.due(again, {*inputs, until}, shown, preprocess=False, **RUN)
