"""Generate: watch the picture appear, then scrub through every step of it."""

from __future__ import annotations

import gradio as gr

from core.types import RequestError
from dashboard import animation, exports, judge, links, onefile, reels, runs
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Panel, Rail
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.markup import heading
from dashboard.shell import Shell, guard
from dashboard.tabs.generate import history, panels, seeds, views, vocabulary, words

TITLE = "Generate"
RAIL = "generate"
FILES = {
    "png": "Image (.png)", "native": "Native size", "webp": "Animation", **onefile.KIND,
    "npz": "Tensors (.npz)",
}  # fmt: skip


def build(shell: Shell) -> None:
    service = shell.service
    with gr.Row(elem_classes=["ds-hero"]):
        Panel(panels.PICTURES, rail=RAIL, elem_id="pictures")
        with gr.Column(elem_classes=["ds-words"], min_width=0):
            named = gr.HTML("", elem_id="run")
            Panel(panels.STORY, rail=RAIL, elem_id="story")
            with gr.Row(elem_classes=["ds-files"]):
                files = Downloads(name="save", kinds=FILES)
                copy = gr.Button("Copy link", elem_id="copy-link", size="sm", min_width=0)
                copy_text = gr.Button("Copy settings", elem_id="copy-settings", size="sm", min_width=0)
    rail = Rail(name=RAIL)
    strip = Panel(rail=RAIL, elem_id="strip")
    cards = history.build(shell)
    seeds.build(shell)
    split = gr.HTML("", js_on_load="driftscope.split(element)", elem_id="compare-runs")
    with gr.Column(elem_classes=["ds-grid"]):
        plots = {name: _plot(name) for name in ("noise", "norm", "change")}
        with gr.Column(elem_classes=["ds-panel"], min_width=0):
            plots["clip"] = _plot("clip")
            won = gr.HTML("", elem_id="clip-won")
            compare = gr.Textbox(
                label="Compare with", elem_id="compare", max_lines=1, container=False,
                placeholder="Compare with other texts, separated by commas",
            )  # fmt: skip
    with gr.Row(elem_classes=["ds-files"]):
        tables = Downloads(name="curves", kinds=exports.named("Curves"))
    with gr.Column(elem_classes=["ds-panel"]):
        gr.HTML(heading(*views.NOTES["origin"]))
        origin = gr.HTML("", elem_id="origin")
    words.build(shell, RAIL)
    with gr.Column(elem_classes=["ds-panel"]):
        gr.HTML(heading(*views.NOTES["nearest"]))
        nearest = gr.HTML("", elem_id="nearest")
    vocabulary.build(shell)
    drawn = gr.State()  # the id of the layer that the panels show

    @guard
    def draw(layers: Layers, shown: str | None, others: str):
        """Show the layer in view: the pictures at once, then the curves, then what CLIP and the gallery say."""
        yield {cards: history.told(layers), split: history.compared(layers)}
        layer = layers.shown
        if layer is None or layer.id == shown:
            return
        yield {
            drawn: layer.id,
            named: panels.named(layer),
            rail: reels.film(layer),
            strip: panels.strip(len(layer.film.positions), len(layer.trace.x0)),
            shell.address: links.of_run(layer.trace),
        }
        yield {plots[name]: figure for name, figure in views.curves(layer, RAIL).items()}
        with service.turn(layer.model) as engine:  # no yield in here: a visitor who leaves must not keep the turn
            curve, verdict = views.clip_curve(engine, layer, judge.typed(others), RAIL)
            found = {
                plots["clip"]: curve,
                won: verdict,
                origin: views.origin(engine, layer),
                nearest: views.nearest(engine, layer.film.x0[-1]),
            }
        yield found

    @guard
    def recompare(layers: Layers, text: str):
        if layers.shown is None:
            return gr.skip(), gr.skip()
        with service.turn(layers.shown.model) as engine:
            return views.clip_curve(engine, layers.shown, judge.typed(text), RAIL)

    shell.layers.change(
        draw,
        [shell.layers, drawn, compare],
        [cards, split, drawn, named, rail, strip, shell.address, origin, nearest, won, *plots.values()],
        **QUIET,
    )
    compare.submit(recompare, [shell.layers, compare], [plots["clip"], won], **QUIET)
    saving(shell, files, tables, compare)
    copy.click(None, None, None, js="driftscope.copyLink")
    copy_text.click(None, None, None, js="driftscope.copySettings")
    runs.connect(shell, rail)


def saving(shell: Shell, files: Downloads, tables: Downloads, compare: gr.Textbox) -> None:
    """What can be kept of the run in view: the run itself, and its curves as tables."""
    service = shell.service

    def file(kind: str, layers: Layers, others: str, page: str) -> tuple[str, bytes]:
        layer = layers.shown
        if layer is None:
            raise RequestError("run", "none", "there before it can be saved")
        if kind == "webp":
            return links.file_name(layer.trace.request, kind), animation.to_webp(layer)
        if kind not in onefile.KIND:
            return links.file(layer, kind)
        with service.turn(layer.model) as engine:
            sheet = views.sheet(engine, layer, judge.typed(others), page)
        return links.file_name(layer.trace.request, kind), onefile.page(sheet)

    def table(kind: str, layers: Layers, others: str) -> tuple[str, bytes]:
        layer = layers.shown
        if layer is None:
            raise RequestError("run", "none", "there before its curves can be saved")
        with service.turn(layer.model) as engine:
            rows = views.rows(engine, layer, judge.typed(others))
        about = {"model": layer.model, "request": layer.trace.request.to_dict()}
        return f"curves.{kind}", exports.table(rows, about, kind)

    files.offer(file, shell.layers, compare, PAGE)
    tables.offer(table, shell.layers, compare)


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        gr.HTML(heading(*views.NOTES[name]))
        return PlotlyHTML(height=200, label=views.NOTES[name][1], elem_id=f"curve-{name}")
