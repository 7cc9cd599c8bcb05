"""The lower half of Samplers: step k of a long run, the same destination, and quality against steps."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr
import numpy as np

from core.types import RequestError
from core.updates import SAMPLERS, sampler_named
from dashboard import exports, runs
from dashboard.components.downloads import Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET
from dashboard.figures import claims as figures
from dashboard.markup import bar, note
from dashboard.runqueue import Notice
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.samplers import claims, destination_panel
from dashboard.tabs.samplers import claims_views as views

LOOK_SECONDS = 0.3  # between two updates of a progress bar


def build(shell: Shell) -> None:
    _rows(shell)
    destination_panel.build(shell)
    _quality(shell)


def _rows(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.ROWS_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Show both rows", size="sm", min_width=0, elem_id="rows-run")
            status = gr.HTML("", elem_id="rows-status")
        panel = gr.HTML("", elem_id="rows")

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        told = 0.0
        for item in shell.service.stream_many(model, claims.long_and_short(base), visit.session_hash):
            if isinstance(item, list):
                with shell.service.turn(model) as engine:
                    found = views.rows(engine, item)
                yield {panel: found, status: ""}
                return
            if isinstance(item, Notice):
                yield {status: note(item.text)}
            elif item.number == 0 and time.perf_counter() - told > LOOK_SECONDS:
                told = time.perf_counter()
                yield {status: bar(item.index / item.total, "Running one long run and six short ones")}

    start.click(run, {*shell.controls.inputs}, [panel, status], preprocess=False, trigger_mode="multiple", **runs.RUN)


def _quality(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.QUALITY_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Measure again here", size="sm", min_width=0, elem_id="quality-run")
            stop = gr.Button("Stop", size="sm", min_width=0, elem_id="quality-stop")
            files = Downloads("quality", exports.named("Curves"), elem_classes=["ds-lane-quiet"])
        status = gr.HTML("", elem_id="quality-status")
        with gr.Column(elem_classes=["ds-quality"]):
            plots = {name: _plot(name) for name in views.METRICS}
        told = gr.HTML("", elem_id="quality-told", elem_classes=["ds-claim-told"])
        picked = gr.HTML("", elem_id="quality-picked")
        kept = gr.State()  # the model, the points measured here, and their pictures

    def shipped(model: object):
        return views.shipped(shell.service.engine(shell.service.check(model)))

    def draw(curves, here: list[dict], model: str) -> dict:
        if curves is None:
            return {told: views.NO_CURVES} | dict.fromkeys(plots.values())
        everything = claims.series(curves.results["points"]) + claims.series(here, "{}, here", faint=True)
        floors = {"frechet": curves.results["floor"][0]}
        drawn = {plot: figures.quality(everything, name, floors.get(name)) for name, plot in plots.items()}
        return drawn | {told: views.quality_told(curves, here, model)}

    @guard
    def arrive(model: object, found: tuple | None):
        model = model or shell.service.default
        if found and found[0] == model:
            return gr.skip()
        return draw(shipped(model), [], model) | {kept: (model, [], {}), picked: "", status: ""}

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        from core import quality

        model, _ = shell.asked(values)
        curves, here, shown = shipped(model), [], {}
        if curves is None:
            raise RequestError("model", model, "one that carries held-out renderings: run evaluate --curves first")
        wanted = [(s, k) for s in SAMPLERS for k in claims.HERE if (s, k) in quality.POINTS]
        asked = [one for point in wanted for one in quality.requests(curves.reference, *point, claims.HERE_PICTURES)]
        each = len(asked) // len(wanted)
        with shell.service.turn(model) as engine:
            texts = engine.clip.text([request.prompt for request in asked[:each]])
        gathered, seen = claims.Gathered(), 0.0
        for item in shell.service.draw(model, asked, visit.session_hash):  # point after point; Stop keeps whole ones
            if isinstance(item, Notice):
                yield {status: note(item.text)}
                if item.ahead is None:
                    return
                continue
            if time.perf_counter() - seen > LOOK_SECONDS:
                seen = time.perf_counter()
                sampler, steps = wanted[min(len(gathered.rows) // each, len(wanted) - 1)]
                yield {status: bar(item.share, f"{sampler}, {steps} steps")}
            if item.numbers is None:
                continue
            gathered.add(item)
            if len(gathered.rows) % each:
                continue
            order = range(len(gathered.rows) - each, len(gathered.rows))
            sampler, steps = wanted[order[0] // each]
            images = np.stack([gathered.rows[n] for n in order])
            ms = 1000 * np.array([gathered.seconds[n] for n in order])
            judged = quality.judge(images, texts, curves.reference.embeddings, ms)
            here.append({"sampler": sampler, "steps": steps, **judged})
            shown[quality.name(sampler, steps)] = np.stack([gathered.pictures[n] for n in order])
            yield draw(curves, here, model) | {kept: (model, list(here), dict(shown))}
        yield {status: ""}

    @guard
    def pick(found: tuple | None, event: gr.EventData):
        from core import quality

        if found is None:
            return gr.skip()
        model, here, shown = found
        curves = shipped(model)
        place = sent(event).get("customdata")
        if curves is None or not isinstance(place, list) or len(place) != 2 or not all(type(n) is int for n in place):
            return gr.skip()
        everything = claims.series(curves.results["points"]) + claims.series(here, "{}, here", faint=True)
        if not 0 <= place[0] < len(everything) or not 0 <= place[1] < len(everything[place[0]].steps):
            return gr.skip()
        line = everything[place[0]]
        sampler = sampler_named(line.name.removesuffix(", here"))
        steps = int(line.steps[place[1]])
        seen = shown[quality.name(sampler, steps)] if line.faint else curves.pictures(sampler, steps)
        return views.samples(seen, f"{line.name}, {steps} steps", curves.reference.prompts)

    def file(kind: str, found: tuple | None) -> tuple[str, bytes]:
        curves = shipped(found[0]) if found else None
        if curves is None:
            raise RequestError("curves", "none", "there before they can be saved")
        rows = claims.quality_rows(curves.results["points"])
        here = claims.quality_rows(found[1])
        about = {"model": found[0], "settings": curves.results["settings"], "floor": curves.results["floor"]}
        everything = [{"where": "shipped", **row} for row in rows] + [{"where": "here", **row} for row in here]
        return f"quality.{kind}", exports.table(everything, about, kind)

    start.click(
        run,
        {*shell.controls.inputs},
        [status, told, kept, *plots.values()],
        preprocess=False,
        trigger_mode="multiple",
        **runs.RUN,
    )
    shell.stops(stop)
    for plot in plots.values():
        plot.point_click(pick, kept, picked, **QUIET)
    gr.on(
        [shell.controls.model.input, shell.layers.change], arrive, [shell.controls.model, kept],
        [told, kept, picked, status, *plots.values()], preprocess=False, **QUIET,
    )  # fmt: skip
    files.offer(file, kept)


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        gr.HTML(views.metric(name))
        return PlotlyHTML(height=240, label=views.METRICS[name][0], elem_id=f"quality-{name}")
