"""Guidance: the two predictions and the arrow between them, where it pushes, and what stronger pushes do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from core.arrows import arrows
from core.types import Request, RequestError, Trace
from dashboard import exports, links, onefile, wording
from dashboard.address import Setting, keep, query, restored
from dashboard.arrivals import cue, given, sight
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Panel, Rail
from dashboard.events import QUIET
from dashboard.layers import Layer, Layers
from dashboard.markup import heading, note
from dashboard.runqueue import Notice
from dashboard.runs import RUN, said_of
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.guidance import sheets, sweep_panel, views

TITLE = "Guidance"
RAIL = "guidance"
FILES = onefile.KIND | {"csv": "Save the curves as CSV", "json": "JSON"}


class Push(gr.HTML):
    """The guessed picture with a shade where the prompt does not push, and a slider for its opacity."""

    def __init__(self, **kwargs):
        super().__init__(
            views.STAGE,
            js_on_load=f"driftscope.follow({json.dumps(RAIL)}, element, watch); driftscope.opacity(element)",
            **kwargs,
        )


class Handles(gr.HTML):
    """Two handles along the rail, for the interval of noise levels. Value: views.handles. Event: select (ends)."""

    def __init__(self, **kwargs):
        super().__init__(
            html_template=(
                '<div class="ds-handles" role="group" aria-label="Interval of guidance">'
                '<div class="ds-handles-track">'
                '<input type="range" min="0" max="0" value="0" aria-label="Guidance begins">'
                '<input type="range" min="0" max="0" value="0" aria-label="Guidance ends"></div>'
                '<output></output><button type="button">Run with this interval</button></div>'
            ),
            js_on_load="driftscope.handles(element, props, watch, (ends) => trigger('select', { ends }))",
            **kwargs,
        )

    def postprocess(self, value: dict | None) -> str | None:
        return None if value is None else json.dumps(value)


def build(shell: Shell) -> None:
    service, controls = shell.service, shell.controls
    gr.HTML(heading(*views.NOTES["arrows"]), elem_id="guidance-head")
    in_view = gr.HTML("", elem_id="guidance-run")
    with gr.Row(elem_classes=["ds-guidance"]):
        Push(elem_id="push")
        with gr.Column(elem_classes=["ds-guidance-plot"], min_width=0):
            plot = PlotlyHTML(height=views.HEIGHT, label=views.PLANE, elem_id="arrows")
            Panel(views.STORY, rail=RAIL, elem_id="push-told")
    rail = Rail(name=RAIL)
    handles = Handles(elem_id="interval")
    gr.HTML(views.INTERVAL)
    with gr.Column(elem_classes=["ds-grid"]):
        plots = {}
        for name in ("norms", "cosines"):
            with gr.Column(elem_classes=["ds-panel"], min_width=0):
                gr.HTML(heading(*views.NOTES[name]))
                plots[name] = PlotlyHTML(height=220, label=views.NOTES[name][1], elem_id=f"guidance-{name}")
    with gr.Row(elem_classes=["ds-files"]):
        files = Downloads("guidance", FILES)
    seen = sight()
    wanted, begun, swept = sweep_panel.build(shell, seen)
    with gr.Column(elem_classes=["ds-panel"], elem_id="negative-pair"):
        gr.HTML(heading(*views.NOTES["pair"]))
        with gr.Row(elem_classes=["ds-pair-form"]):
            away = gr.Textbox("", label="Negative prompt", placeholder="Negative prompt", elem_id="away", max_lines=1,
                              container=False)  # fmt: skip
            compare = gr.Button("Compare", elem_id="compare-pair", size="sm", min_width=0, scale=0)
        with gr.Row(elem_classes=["ds-files"]):
            examples = {
                pair: gr.Button(f"Try: {pair[0]}, not {pair[1]}", size="sm", min_width=0, elem_classes=["ds-example"])
                for pair in views.EXAMPLES
            }
        status = gr.HTML("", elem_id="pair-status")
        pair_plots = []
        for number in range(2):
            with gr.Row(elem_classes=["ds-guidance", "ds-pair-row"], elem_id=f"pair-{number}"):
                figure = Panel(rail=RAIL, elem_id=f"pair-picture-{number}")
                chart = PlotlyHTML(
                    height=views.PAIR_HEIGHT, label=views.pair_label(number), elem_id=f"pair-plot-{number}"
                )
            pair_plots.append((figure, chart))
    asked_away = Setting("away", away, "")
    named, go = gr.State(), cue()  # whether a link asks for a pair; that it is to run
    drawn = gr.State()  # the id of the layer that the panels show
    paired = gr.State(())  # the traces of the pair that is shown beside it

    @guard
    def draw(layers: Layers, seen: str | None):
        """Another run is in view: its arrows; a pair that was made of the one before goes."""
        layer = layers.shown
        if layer is None or layer.id == seen:
            return
        found = arrows(layer.trace)
        yield {drawn: layer.id, in_view: note(f"{layer.title} · {wording.settings(layer.model, layer.trace.request)}"),
               rail: views.reel(layer, found), plot: views.arrow_plot(layer, found, RAIL),
               handles: views.handles(layer), status: "", paired: (),
               **{part: "" if i == 0 else None for both in pair_plots for i, part in enumerate(both)}}  # fmt: skip
        yield {plots[name]: figure for name, figure in views.plots(layer, found, RAIL).items()}

    @guard
    def run_interval(layers: Layers, visit: gr.Request, event: gr.EventData) -> Iterator[dict]:
        """The run in view again, guided only between the two handles; the sidebar stays as it is."""
        layer = layers.shown
        if layer is None:
            return
        low, high = views.interval(layer.trace, layer.film.positions, sent(event).get("ends"))
        request = replace(layer.trace.request, guidance_low=low, guidance_high=high)
        yield {shell.address: links.written(layer.model, request)}
        for item in service.stream(layer.model, request, visit.session_hash):
            yield said_of(shell, item)

    @guard
    def compare_pair(layers: Layers, text: str, visit: gr.Request) -> Iterator[dict]:
        if layers.shown is not None:
            yield from run_pair(layers.shown, layers.shown.trace.request, text, visit)

    def example(prompt: str, negative: str):
        @guard
        def handler(layers: Layers, visit: gr.Request) -> Iterator[dict]:
            """Both prompts in place of those of the run in view, all else as there."""
            yield {away: negative}
            if layers.shown is not None:
                settings = {"prompt": prompt, "guidance": views.EXAMPLE_GUIDANCE, "branches": ()}
                request = replace(layers.shown.trace.request, **settings)
                yield from run_pair(layers.shown, request, negative, visit)

        return handler

    def run_pair(layer: Layer, request: Request, text: object, visit: gr.Request) -> Iterator[dict]:
        """request without a negative prompt and with this one, beside the rail of the run in view."""
        if not isinstance(text, str) or not text.strip():
            raise RequestError("negative prompt", text, "a few words to lead away from")
        if request.guidance in (0, 1):
            raise RequestError("guidance", request.guidance, "other than 0 and 1, where nothing is led away from")
        both = [replace(request, negative_prompt=negative) for negative in ("", text)]
        yield {status: note("Running both…")}
        traces = None
        for item in service.stream_many(layer.model, both, visit.session_hash):
            if isinstance(item, list):
                traces = item
            elif isinstance(item, Notice):
                yield {status: note(item.text)}
        if traces is None:
            return
        pair = tuple(service.layer(trace) for trace in traces)
        shown = {paired: tuple(traces)}
        figures = views.pair_plots(layer, pair, RAIL)
        for number, (one, (figure, chart)) in enumerate(zip(pair, pair_plots, strict=True)):
            shown[figure] = views.pair_figure(number, one.trace.request.negative_prompt, request.guidance)
            shown[chart] = figures[number]
        with service.turn(layer.model) as engine:
            said = views.pair_told(pair, engine)
        yield {rail: views.reel(layer, arrows(layer.trace), pair), status: said, **shown}

    def file(kind: str, layers: Layers, beside: tuple[Trace, ...], page: str) -> tuple[str, bytes]:
        layer = layers.shown
        if layer is None:
            raise RequestError("run", "none", "there before it can be saved")
        if kind in onefile.KIND:
            pair = tuple(service.layer(trace) for trace in beside)
            with service.turn(layer.model) as engine:
                sheet = sheets.of_run(engine, layer, pair, page)
            return f"guidance-{links.file_name(layer.trace.request, kind)}", onefile.page(sheet)
        about = {"model": layer.model, "request": layer.trace.request.to_dict()}
        return f"guidance.{kind}", exports.table(views.rows(layer, arrows(layer.trace)), about, kind)

    def from_link(visit: gr.Request):
        text = restored([asked_away], query(visit)).get(away, "")
        return text, bool(text)

    def gate(asked: bool, times: int, sweep: str | None, began: bool, layers: Layers, visit: gr.Request):
        """Whether the pair of a link is to run: once the tab is seen and the run it names is there.

        Where the link asks for a sweep too, the pair follows when that has ended.
        """
        ready = asked and times and sweep is None and not began and layers.shown is not None
        return after(ready and not service.busy(visit.session_hash))

    def after(asked: bool):
        return (False, given(True)) if asked else (gr.skip(), "")

    parts = [part for both in pair_plots for part in both]
    shown = [drawn, in_view, rail, plot, handles, status, paired, *parts, *plots.values()]
    shell.layers.change(draw, [shell.layers, drawn], shown, **QUIET)
    interval = [shell.finished, controls.status, shell.address]
    handles.select(run_interval, shell.layers, interval, trigger_mode="once", **RUN)
    asks = [compare.click, away.submit]
    gr.on(asks, compare_pair, [shell.layers, away], [rail, status, paired, *parts], trigger_mode="once", **RUN)
    keep([asked_away], on=asks)
    for pair, button in examples.items():
        button.click(
            example(*pair), shell.layers, [away, rail, status, paired, *parts], trigger_mode="once", **RUN
        )  # fmt: skip
    arrivals = [seen.change, named.change, shell.layers.change]
    gr.on(arrivals, gate, [named, seen, wanted, begun, shell.layers], [named, go], trigger_mode="always_last", **QUIET)
    swept.then(after, named, [named, go], **QUIET)
    go.due(compare_pair, [shell.layers, away], [rail, status, paired, *parts], **RUN)
    shell.demo.load(from_link, None, [away, named], **QUIET)
    files.offer(file, shell.layers, paired, PAGE)
