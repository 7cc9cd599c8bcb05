"""Video: all frames come out of the noise together, watched frame by frame and step by step."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from core import advice
from core.types import ModelError, RequestError
from dashboard import controls as sidebar
from dashboard import links, onefile, videos
from dashboard.choosing import suited
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Panel, Rail
from dashboard.components.status import stop_button
from dashboard.events import QUIET, at_last
from dashboard.layers import Layers
from dashboard.markup import note
from dashboard.runs import RUN, said_of
from dashboard.service import Progress, Service
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.video import compare, sheets, views
from dashboard.tabs.video.footage import (
    RAIL,
    completed,
    guessed,
    latest,
    live,
    measured,
    movement,
    path,
    reel,
    with_rest,
)

TITLE = "Video"
EXAMPLES = (
    "a rocket flying up",
    "a soccer ball moving to the right",
    "a butterfly moving up on a blue background",
    "a penguin standing still",
    "a blue car driving to the left",
    "a fox growing",
    "a dog coming to life",
)
LOOK_SECONDS = 0.4  # between two guesses whose frames are all decoded while a run goes on
NO_MODEL = (
    "No model here draws videos yet: train one with “python -m core train motion”, or choose a pipeline of Wan as the "
    "model."
)


def build(shell: Shell) -> None:
    service, controls = shell.service, shell.controls
    gr.HTML(views.INTRO)
    with gr.Row(elem_classes=["ds-lane-buttons"]):
        run = gr.Button("Make a video", variant="primary", elem_id="video-run", min_width=0)
        stop = stop_button("video-stop")
        gr.HTML(views.LOOP, js_on_load="driftscope.loop(element.querySelector('button'))", elem_id="video-play")
    examples = sidebar.Examples(EXAMPLES, elem_id="video-examples")
    by = gr.HTML("", elem_id="video-by")
    with gr.Row(elem_classes=["ds-hero"]):
        stage = Panel(views.stage(1), rail=RAIL, elem_id="video-stage")
        with gr.Column(elem_classes=["ds-words"], min_width=0):
            told = gr.HTML(views.NONE, elem_id="video-told")
            Panel(views.STORY, rail=RAIL, elem_id="video-story")
            with gr.Row(elem_classes=["ds-files"]):
                files = Downloads(name="video", kinds=videos.KINDS | onefile.KIND)
    rail = Rail(name=RAIL)
    with gr.Column(elem_id="video-panels", min_width=0):  # out of sight until there is a video (static/video.css)
        with gr.Column(elem_classes=["ds-panel"]):
            gr.HTML(views.MATRIX)
            matrix = Panel(rail=RAIL, elem_id="video-matrix")
        with gr.Column(elem_classes=["ds-grid"]):
            with gr.Column(elem_classes=["ds-panel"], min_width=0):
                gr.HTML(views.SLICE)
                line = Panel(rail=RAIL, elem_id="video-slice")
            plots = {}
            for name, head in (("places", views.PLACES), ("path", views.PATH)):
                with gr.Column(elem_classes=["ds-panel"], min_width=0):
                    gr.HTML(head)
                    plots[name] = PlotlyHTML(height=views.HEIGHT, label=views.PLOTS[name], elem_id=f"video-{name}")
            with gr.Column(elem_classes=["ds-panel"], min_width=0):
                gr.HTML(views.ATTENTION)
                squares = Panel(rail=RAIL, elem_id="video-attention")
        compare.build(shell)
    drawn = gr.State()  # the id of the video that the panels show

    @guard(status=controls.status)
    def make(values: dict, event: gr.EventData, visit: gr.Request) -> Iterator[dict]:
        changes = {} if values[controls.lock] else {"seed": sidebar.new_seed()}
        if event.target is examples:
            changes["prompt"] = sent(event).get("prompt")
        chosen, request = shell.asked(values, **changes)
        model = filming(service, chosen)
        request = suited(service, request, chosen, model)
        asked = {controls.fields[name]: getattr(request, name) for name in changes}
        yield asked | {shell.address: links.written(model, request), drawn: None}
        looked = -LOOK_SECONDS
        for item in service.stream(model, request, visit.session_hash):
            look = isinstance(item, Progress) and item.latents is not None
            if look and (item.index == item.total or item.seconds - looked >= LOOK_SECONDS):
                looked = item.seconds
                yield {rail: watched(service, model, item)}
            yield said_of(shell, item)

    @guard
    def draw(layers: Layers, seen: str | None) -> Iterator[dict]:
        layer = latest(layers)
        if layer is None or layer.id == seen:
            return
        footage = guessed(service, layer)
        shown = reel(footage)
        height, width = footage.x0.shape[2:4]
        yield {
            drawn: layer.id, stage: views.stage(footage.frames, width / height), rail: shown,
            told: views.told(layer.trace, []), matrix: views.matrix(footage), line: views.line(footage),
        }  # fmt: skip
        yield {plots["path"]: path(footage), plots["places"]: movement(footage) if footage.whole else None}
        footage = completed(service, footage)
        with service.turn(layer.model) as engine:
            numbers = measured(engine, layer.trace)
        yield {
            rail: with_rest(shown, footage),
            told: views.told(layer.trace, numbers),
            squares: views.attention(footage),
        }

    def tell(values: dict) -> str:
        """Which model will draw, and how, before it does; what to know of it, where the sidebar speaks of another."""
        try:
            chosen, request = shell.asked(values)
            model = filming(service, chosen)
            request = suited(service, request, chosen, model)
            known = model != chosen and service.ready(model)
            return views.by(model, request, advice.advice(service.engine(model), request) if known else [])
        except (ModelError, RequestError):  # the button says it, or `told` does
            return ""

    def ready():
        """Before the button is tried, whether it can do anything."""
        return gr.skip() if service.videos() else note(NO_MODEL)

    def file(kind: str, layers: Layers, page: str) -> tuple[str, bytes]:
        layer = latest(layers)
        if layer is None:
            raise RequestError("video", "none", "there before it can be saved")
        if kind == "npz":
            return links.file(layer, kind)
        name = links.file_name(layer.trace.request, kind)
        if kind in onefile.KIND:
            return name, onefile.page(sheets.of_video(service, layer, page))
        return name, videos.encoded(layer.trace.frames, kind)

    gr.on(
        [run.click, examples.select],
        make, {*controls.inputs}, [*controls.inputs, controls.status, shell.finished, shell.address, rail, drawn],
        preprocess=False, trigger_mode="multiple", **RUN,
    )  # fmt: skip
    shell.stops(stop)
    shown = [drawn, stage, rail, told, matrix, line, squares, *plots.values()]
    at_last([shell.layers.change], draw, [shell.layers, drawn], shown)
    files.offer(file, shell.layers, PAGE)
    shell.demo.load(ready, None, told, **QUIET)
    changes = [one.change for one in (controls.settled, shell.layers, *controls.fields.values())]
    at_last(changes, tell, {*controls.inputs}, by, preprocess=False, queue=False)


def filming(service: Service, chosen: str) -> str:
    """The model that is chosen where it draws videos, else the best one that does."""
    if service.about(chosen).video:
        return chosen
    if not (found := service.videos()):
        raise ModelError(NO_MODEL)
    return found[0]


def watched(service: Service, model: str, now: Progress):
    with service.turn(model) as engine:
        frames = engine.frames(now.latents[None])[0]
    return live(now, frames)
