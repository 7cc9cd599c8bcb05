"""Trajectory: the path of a run through latent space, over a map of the gallery, and branches of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import gradio as gr

from dashboard import links, maps, onefile
from dashboard.address import Setting, keep, query, restored
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Rail
from dashboard.components.status import Status
from dashboard.events import INTO_VIEW, QUIET, at_last
from dashboard.figures import trajectory as figures
from dashboard.layers import Layer, Layers
from dashboard.markup import paragraphs
from dashboard.runs import RUN
from dashboard.shell import Shell, guard, sent
from dashboard.standing import STARTING, standing
from dashboard.tabs.trajectory import chance, views

TITLE = "Trajectory"
RAIL = "trajectory"


class Runs(gr.HTML):
    """The pictures of every run on the map, at the rail's position. Events: branch (id, at) and choose (id)."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load=f"const rail = {json.dumps(RAIL)};"
            """
                driftscope.follow(rail, element, watch);
                element.addEventListener('click', (event) => {
                  const button = event.target.closest('button');
                  const { branch, choose } = button?.dataset ?? {};
                  if (branch) trigger('branch', { id: branch, at: driftscope.at(rail) });
                  if (choose) trigger('choose', { id: choose });
                });""",
            **kwargs,
        )


def build(shell: Shell) -> None:
    service = shell.service
    head = gr.HTML(views.head("run"), js_on_load="driftscope.keepFold(element, watch)", elem_id="map-head")
    with gr.Row(elem_classes=["ds-map-controls"]):
        look = {"elem_classes": ["ds-segmented"], "min_width": 0}
        named = [(label, name) for name, label in maps.VIEWS.items()]
        view = gr.Radio(named, value="run", label="Projection", elem_id="map-view", **look)
        dims = gr.Radio([("2-D", 2), ("3-D", 3)], value=2, label="Dimensions", elem_id="map-dims", **look)
        with_chance = gr.Checkbox(False, label="Random-walk baseline", elem_id="map-chance", min_width=0)
    with gr.Row(elem_classes=["ds-map"]):
        with gr.Column(elem_classes=["ds-map-plot"], min_width=0):
            plot = PlotlyHTML(height=560, label=views.MAP, elem_id="map")
            rail = Rail(name=RAIL)
        with gr.Column(elem_classes=["ds-map-side"], min_width=0):
            runs = Runs(views.EMPTY, elem_id="map-runs")
            status = Status("map-status")
            picked = gr.HTML("", js_on_load=INTO_VIEW, elem_id="map-picked")
            told = gr.HTML("", elem_id="map-told")
            with gr.Row(elem_classes=["ds-files"]):
                files = Downloads(name="map", kinds=onefile.KIND)
    chance.build(shell, with_chance, RAIL)
    settings = [Setting("view", view, "run", tuple(maps.VIEWS)), Setting("dims", dims, 2, (2, 3))]
    drawn = gr.State(())

    @guard
    def arrive(layers: Layers, seen: tuple):
        """Another run is in view, or another set of runs: new pictures for the rail."""
        shown, others = views.together(service, layers)
        ids = tuple(layer.id for layer in [shown, *others] if layer)
        if ids == seen:
            return gr.skip()
        if shown is None:
            return {rail: None, runs: views.EMPTY, picked: "", drawn: ids}
        return {rail: views.reel(shown, others), runs: views.cards(layers, shown, others, None), picked: "", drawn: ids}

    @guard
    def redraw(layers: Layers, name: object, count: object):
        shown, others = views.together(service, layers)
        if shown is None:
            return {plot: None, told: ""}
        gallery, together = service.engine(shown.model).gallery, [shown, *others]
        colours = [views.colour(layers, layer) for layer in together]
        chart, sentences = maps.draw(together, colours, gallery, name, count)
        figure = figures.latent_map(chart, RAIL, fresh=f"{name} {count} {[layer.id for layer in together]}")
        return {plot: figure, told: paragraphs(sentences), head: views.head(name)}

    @guard
    def click(layers: Layers, event: gr.EventData):
        """A point of the map: a run's comes to the front beside it, a picture of the gallery is shown."""
        shown = layers.shown
        if shown is None:
            return gr.skip()
        name, index = str(sent(event).get("name", "")), sent(event).get("index")
        if name == figures.GALLERY:
            return {picked: views.gallery_card(service.engine(shown.model).gallery, index)}
        return show_run(layers, name.rpartition(" ")[2])

    @guard
    def choose(layers: Layers, event: gr.EventData):
        return show_run(layers, sent(event).get("id"))

    def show_run(layers: Layers, id: object):
        shown, others = views.together(service, layers)
        front = next((layer for layer in (shown, *others) if layer and layer.id == id), None)
        return {runs: views.cards(layers, shown, others, front.id)} if front else gr.skip()

    def file(kind: str, layers: Layers, name: object, walk: bool, page: str) -> tuple[str, bytes]:
        sheet = views.sheet(service, layers, name, walk, page)
        return f"path-{links.file_name(layers.shown.trace.request, kind)}", onefile.page(sheet)

    def restore(visit: gr.Request):
        """The view that the address names."""
        return restored(settings, query(visit)) or gr.skip()

    at_last([shell.layers.change], arrive, [shell.layers, drawn], [rail, runs, picked, drawn])
    at_last([shell.layers.change, view.change, dims.change], redraw, [shell.layers, view, dims], [plot, told, head])
    keep(settings)
    plot.point_click(click, shell.layers, [picked, runs], **QUIET)
    runs.choose(choose, shell.layers, runs, **QUIET)
    branching(shell, runs, status)
    files.offer(file, shell.layers, view, with_chance, PAGE)
    shell.demo.load(restore, None, [view, dims], **QUIET)


def branching(shell: Shell, runs: Runs, status: Status) -> None:
    @guard(status=status)
    def branch(layers: Layers, event: gr.EventData, visit: gr.Request) -> Iterator[dict]:
        """Run on from a point of a path with new noise; the path it leaves is kept beside it."""
        shown, parent = layers.shown, layers.find(sent(event).get("id"))
        if shown is None or parent is None:
            return
        step = views.step_at(parent, shown, sent(event).get("at"))
        request = views.branched(parent.trace.request, step)
        kept = layers if parent.kept else layers.toggle(parent.id)
        address = links.written(parent.model, request)
        yield {shell.layers: kept, status: STARTING, shell.address: address}
        for item in shell.service.stream(parent.model, request, visit.session_hash):
            if isinstance(item, Layer):
                yield {shell.finished: item, status: ""}
            else:
                yield {status: standing(item)}

    runs.branch(branch, shell.layers, [shell.layers, shell.finished, shell.address, status], trigger_mode="once", **RUN)
