"""The panel of quality against steps: the curves that came with the model, and points measured again here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from core.types import RequestError
from core.updates import SAMPLERS, sampler_named
from dashboard import exports, runs
from dashboard.components.downloads import Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.status import Status, stop_button
from dashboard.events import INTO_VIEW, QUIET, at_last
from dashboard.figures import claims as figures
from dashboard.runqueue import Notice
from dashboard.shell import Shell, guard, sent
from dashboard.standing import STARTING, counted, running, standing
from dashboard.tabs.samplers import claims
from dashboard.tabs.samplers import claims_views as views

if TYPE_CHECKING:
    from core.quality import Curves

LOOK_SECONDS = 0.3  # between two updates of the status


def build(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim", "ds-work"]):
        gr.HTML(views.QUALITY_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Measure again here", size="sm", min_width=0, elem_id="quality-run")
            stop = stop_button("quality-stop", size="sm")
            files = Downloads(name="quality", kinds=exports.named("Curves"))
        status = Status("quality-status")
        with gr.Column(elem_classes=["ds-quality"]):
            plots = {name: _plot(name) for name in views.METRICS}
        told = gr.HTML("", elem_id="quality-told", elem_classes=["ds-claim-told"])
        picked = gr.HTML("", js_on_load=INTO_VIEW, elem_id="quality-picked")
        kept = gr.State()  # the model, the points measured here, and their pictures

    def shipped(model: object):
        return views.shipped(shell.service.engine(shell.service.check(model)))

    def draw(curves, here: list[dict], model: str) -> dict:
        if curves is None:
            return {told: views.NO_CURVES} | dict.fromkeys(plots.values())
        everything = claims.both(curves, here)
        floors = {"frechet": curves.results["floor"][0]}
        drawn = {plot: figures.quality(everything, name, floors.get(name)) for name, plot in plots.items()}
        return drawn | {told: views.quality_told(curves, here, model)}

    @guard
    def arrive(model: object, found: tuple | None):
        model = model or shell.service.default
        if found and found[0] == model:
            return gr.skip()
        return draw(shipped(model), [], model) | {kept: (model, [], {}), picked: "", status: ""}

    @guard(status=status)
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        from core import quality

        model, _ = shell.asked(values)
        curves, here, shown = shipped(model), [], {}
        if curves is None:
            raise RequestError("model", model, "one that carries held-out renderings: run evaluate --curves first")
        wanted = [(s, k) for s in SAMPLERS for k in claims.HERE if (s, k) in quality.POINTS]
        asked = [one for point in wanted for one in quality.requests(curves.reference, *point, claims.HERE_PICTURES)]
        each = len(asked) // len(wanted)
        yield {status: STARTING}
        with shell.service.turn(model) as engine:
            texts = engine.clip.text([request.prompt for request in asked[:each]])
        gathered, seen = claims.Gathered(), 0.0
        for item in shell.service.draw(model, asked, visit.session_hash):  # point after point; Stop keeps whole ones
            if isinstance(item, Notice):
                yield {status: standing(item)}
                if item.ahead is None:
                    return
                continue
            if time.perf_counter() - seen > LOOK_SECONDS:
                seen = time.perf_counter()
                sampler, steps = wanted[min(len(gathered.rows) // each, len(wanted) - 1)]
                yield {status: running(f"{SAMPLERS[sampler].label}, {steps} steps", item.share, item.elapsed)}
            if item.numbers is None:
                continue
            gathered.add(item)
            if len(gathered.rows) % each:
                continue
            sampler, steps = wanted[len(gathered.rows) // each - 1]
            images, drawn, ms = gathered.last(each)
            judged = quality.judge(images, texts, curves.reference.embeddings, ms)
            here.append({"sampler": sampler, "steps": steps, **judged})
            shown[quality.name(sampler, steps)] = drawn
            yield draw(curves, here, model) | {kept: (model, list(here), dict(shown))}
        yield {status: counted(len(here), len(wanted), "points measured")}

    @guard
    def pick(found: tuple | None, event: gr.EventData):
        curves = shipped(found[0]) if found else None
        return gr.skip() if curves is None else samples(curves, *found[1:], sent(event).get("customdata"))

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
        run, {*shell.controls.inputs}, [status, told, kept, *plots.values()],
        preprocess=False, trigger_mode="multiple", **runs.RUN,
    )  # fmt: skip
    shell.stops(stop)
    for plot in plots.values():
        plot.point_click(pick, kept, picked, **QUIET)
    at_last(
        [shell.controls.model.input, shell.layers.change], arrive, [shell.controls.model, kept],
        [told, kept, picked, status, *plots.values()], preprocess=False,
    )  # fmt: skip
    files.offer(file, kept)


def samples(curves: Curves, here: list[dict], shown: dict, place: object):
    """The pictures behind a point; place, untrusted: the number of its curve, and its own on that."""
    from core import quality

    if not isinstance(place, list) or len(place) != 2 or not all(type(n) is int for n in place):
        return gr.skip()
    everything = claims.both(curves, here)
    if not 0 <= place[0] < len(everything) or not 0 <= place[1] < len(everything[place[0]].steps):
        return gr.skip()
    line = everything[place[0]]
    sampler, steps = sampler_named(line.name.removesuffix(", here")), int(line.steps[place[1]])
    seen = shown[quality.name(sampler, steps)] if line.faint else curves.pictures(sampler, steps)
    return views.samples(seen, f"{line.name}, {steps} steps", curves.reference.prompts)


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        gr.HTML(views.metric(name))
        return PlotlyHTML(height=240, label=views.METRICS[name][0], elem_id=f"quality-{name}")
