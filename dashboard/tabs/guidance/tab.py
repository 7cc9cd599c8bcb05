"""Guidance: the two predictions and the arrow between them, where it pushes, and what stronger pushes do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from core.arrows import arrows
from core.types import RequestError, Trace
from dashboard import exports, links, onefile, wording
from dashboard.arrivals import sight
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Panel, Rail
from dashboard.events import at_last
from dashboard.layers import Layers
from dashboard.markup import heading, note
from dashboard.runs import RUN, said_of
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.guidance import pair_panel, sheets, sweep_panel, views

TITLE = "Guidance"
FILES = onefile.KIND | {"csv": "Save the curves as CSV", "json": "JSON"}


class Push(gr.HTML):
    """The guessed picture with a shade where the prompt does not push, and a slider for its opacity."""

    def __init__(self, **kwargs):
        super().__init__(
            views.STAGE,
            js_on_load=f"driftscope.follow({json.dumps(views.RAIL)}, element, watch); driftscope.opacity(element)",
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
            Panel(views.STORY, rail=views.RAIL, elem_id="push-told")
    rail = Rail(name=views.RAIL)
    gr.HTML(views.INTERVAL)
    handles = Handles(elem_id="interval")
    with gr.Column(elem_classes=["ds-grid"]):
        plots = {}
        for name in ("norms", "cosines"):
            with gr.Column(elem_classes=["ds-panel"], min_width=0):
                gr.HTML(heading(*views.NOTES[name]))
                plots[name] = PlotlyHTML(height=220, label=views.NOTES[name][1], elem_id=f"guidance-{name}")
    with gr.Row(elem_classes=["ds-files"]):
        files = Downloads(name="guidance", kinds=FILES)
    seen = sight()
    swept = sweep_panel.build(shell, seen)
    pair = pair_panel.page()
    drawn = gr.State()  # the id of the layer that the panels show

    @guard
    def draw(layers: Layers, seen: str | None):
        """Another run is in view: its arrows; a pair that was made of the one before goes."""
        layer = layers.shown
        if layer is None or layer.id == seen:
            return
        found = arrows(layer.trace)
        yield {drawn: layer.id, in_view: note(f"{layer.title} · {wording.settings(layer.model, layer.trace.request)}"),
               rail: views.reel(layer, found), plot: views.arrow_plot(layer, found, views.RAIL),
               handles: views.handles(layer), **pair.empty}  # fmt: skip
        yield {plots[name]: figure for name, figure in views.plots(layer, found, views.RAIL).items()}

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

    def file(kind: str, layers: Layers, beside: tuple[Trace, ...], page: str) -> tuple[str, bytes]:
        layer = layers.shown
        if layer is None:
            raise RequestError("run", "none", "there before it can be saved")
        if kind in onefile.KIND:
            both = tuple(service.layer(trace) for trace in beside)
            with service.turn(layer.model) as engine:
                sheet = sheets.of_run(engine, layer, both, page)
            return f"guidance-{links.file_name(layer.trace.request, kind)}", onefile.page(sheet)
        about = {"model": layer.model, "request": layer.trace.request.to_dict()}
        return f"guidance.{kind}", exports.table(views.rows(layer, arrows(layer.trace)), about, kind)

    shown = [drawn, in_view, rail, plot, handles, *pair.empty, *plots.values()]
    at_last([shell.layers.change], draw, [shell.layers, drawn], shown)
    interval = [shell.finished, controls.status, shell.address]
    handles.select(run_interval, shell.layers, interval, trigger_mode="once", **RUN)
    pair_panel.wire(shell, pair, rail, seen, *swept)
    files.offer(file, shell.layers, pair.traces, PAGE)
