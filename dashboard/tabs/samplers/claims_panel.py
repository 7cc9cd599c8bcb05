"""The lower half of Samplers: step k of a long run, the same destination, and quality against steps."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np

from core.types import Request, RequestError
from core.updates import SAMPLERS, sampler_named
from dashboard import exports, runs
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.figures import claims as figures
from dashboard.markup import bar, note
from dashboard.runqueue import Notice
from dashboard.shell import QUIET, Shell, guard
from dashboard.tabs.samplers import claims
from dashboard.tabs.samplers import claims_views as views

LOOK_SECONDS = 0.3  # between two updates of a progress bar


def build(shell: Shell, saved: gr.DownloadButton) -> None:
    """saved: the hidden button through which files of this tab leave."""
    _rows(shell)
    _destination(shell, saved)
    _quality(shell, saved)


def _halt(shell: Shell):
    def halt(visit: gr.Request) -> None:
        shell.service.stop(visit.session_hash)

    return halt


def _asked(shell: Shell, values: dict) -> tuple[str, Request]:
    model, settings = shell.controls.read(values)
    return shell.service.check(model), Request(**settings)


def _rows(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.ROWS_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Show both rows", size="sm", min_width=0, elem_id="rows-run")
            status = gr.HTML("", elem_id="rows-status")
        panel = gr.HTML("", elem_id="rows")

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = _asked(shell, values)
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


def _destination(shell: Shell, saved: gr.DownloadButton) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.DESTINATION_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            count = gr.Number(24, label="Pictures of each", minimum=claims.MIN_PICTURES, maximum=claims.MAX_PICTURES,
                              elem_id="clouds-count", min_width=0)  # fmt: skip
            start = gr.Button("Draw them", size="sm", min_width=0, elem_id="clouds-run")
            stop = gr.Button("Stop", size="sm", min_width=0, elem_id="clouds-stop")
            files = _files("clouds", "Clouds")
        status = gr.HTML("", elem_id="clouds-status")
        told = gr.HTML("", elem_id="clouds-told", elem_classes=["ds-claim-told"])
        plot = PlotlyHTML(height=420, label="DDIM's and DDPM's pictures in CLIP space", elem_id="clouds")
        picked = gr.HTML("", elem_id="clouds-picked")
        kept = gr.State()

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = _asked(shell, values)
        asked, seen = claims.destination(base, values[count]), 0.0
        gathered = claims.Gathered()
        yield {status: bar(0, "Drawing"), told: "", plot: None, picked: "", kept: None}
        for item in shell.service.draw(model, asked, visit.session_hash):
            if isinstance(item, Notice):
                yield {status: note(item.text)}
                if item.ahead is None:
                    return
                continue
            if item.numbers is not None:
                gathered.add(item)
            if time.perf_counter() - seen > LOOK_SECONDS:
                seen = time.perf_counter()
                yield {status: bar(item.share, f"{len(gathered.rows)} of {len(asked)} pictures")}
        met = claims.meet(gathered)
        if met is None:
            few = f"Stopped too early: each set needs at least {claims.MIN_PICTURES} pictures."
            yield {status: note(few)}
            return
        yield {
            status: "",
            told: views.verdict(met, base.prompt),
            plot: figures.clouds(met.clouds, met.axes),
            kept: (met, gathered.pictures, {"model": model, "request": base.to_dict()}),
        }

    @guard
    def pick(found: tuple | None, event: gr.EventData):
        index, trace = getattr(event, "index", None), getattr(event, "trace", None)
        if (
            found is None
            or not isinstance(index, int)
            or not isinstance(trace, int)
            or not 0 <= trace < len(claims.SETS)
        ):
            return gr.skip()
        mine = [n for n in sorted(found[1]) if n % len(claims.SETS) == trace]
        if not 0 <= index < len(mine):
            return gr.skip()
        return views.samples(found[1][mine[index]][None], f"{claims.SETS[trace][0]}, picture {index}")

    def table(found: tuple | None) -> tuple[list[dict], dict]:
        if found is None:
            raise RequestError("pictures", "none", "drawn before they can be saved")
        met, _, about = found
        return claims.cloud_rows(met), about | {
            "energy_distance": met.distance, "ddpm_to_ddpm": met.null, "p": met.p, "pictures": met.counts,
        }  # fmt: skip

    inputs = {*shell.controls.inputs, count}
    outputs = [status, told, plot, picked, kept]
    start.click(run, inputs, outputs, preprocess=False, trigger_mode="multiple", **runs.RUN)
    stop.click(_halt(shell), None, None, queue=False, **QUIET)
    plot.point_click(pick, kept, picked, **QUIET)
    _wire(files, "destination", table, kept, saved)


def _quality(shell: Shell, saved: gr.DownloadButton) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.QUALITY_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Measure again here", size="sm", min_width=0, elem_id="quality-run")
            stop = gr.Button("Stop", size="sm", min_width=0, elem_id="quality-stop")
            files = _files("quality", "Curves")
        status = gr.HTML("", elem_id="quality-status")
        with gr.Column(elem_classes=["ds-quality"]):
            plots = {name: _plot(name) for name in views.METRICS}
        told = gr.HTML("", elem_id="quality-told", elem_classes=["ds-claim-told"])
        picked = gr.HTML("", elem_id="quality-picked")
        kept = gr.State()  # the model, the points measured here, and their pictures

    def shipped(model: object):
        return views.shipped(shell.service.engine(shell.service.check(model)))

    def draw(curves, here: list[dict]) -> dict:
        if curves is None:
            return {told: views.NO_CURVES} | dict.fromkeys(plots.values())
        everything = claims.series(curves.results["points"]) + claims.series(here, "{}, here", faint=True)
        floors = {"frechet": curves.results["floor"][0]}
        drawn = {plot: figures.quality(everything, name, floors.get(name)) for name, plot in plots.items()}
        return drawn | {told: views.quality_told(curves, here)}

    @guard
    def arrive(model: object):
        model = model or shell.service.default
        return draw(shipped(model), []) | {kept: (model, [], {}), picked: "", status: ""}

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        from core import quality

        model, _ = _asked(shell, values)
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
            yield draw(curves, here) | {kept: (model, list(here), dict(shown))}
        yield {status: ""}

    @guard
    def pick(found: tuple | None, event: gr.EventData):
        from core import quality

        if found is None:
            return gr.skip()
        model, here, shown = found
        curves = shipped(model)
        place = getattr(event, "customdata", None)
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

    def table(found: tuple | None) -> tuple[list[dict], dict]:
        curves = shipped(found[0]) if found else None
        if curves is None:
            raise RequestError("curves", "none", "there before they can be saved")
        rows = claims.quality_rows(curves.results["points"])
        here = claims.quality_rows(found[1])
        about = {"model": found[0], "settings": curves.results["settings"], "floor": curves.results["floor"]}
        return [{"where": "shipped", **row} for row in rows] + [{"where": "here", **row} for row in here], about

    start.click(
        run,
        {*shell.controls.inputs},
        [status, told, kept, *plots.values()],
        preprocess=False,
        trigger_mode="multiple",
        **runs.RUN,
    )
    stop.click(_halt(shell), None, None, queue=False, **QUIET)
    for plot in plots.values():
        plot.point_click(pick, kept, picked, **QUIET)
    shell.controls.model.change(
        arrive, shell.controls.model, [told, kept, picked, status, *plots.values()], preprocess=False, **QUIET
    )
    _wire(files, "quality", table, kept, saved)


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        gr.HTML(views.metric(name))
        return PlotlyHTML(height=240, label=views.METRICS[name][0], elem_id=f"quality-{name}")


def _files(name: str, what: str) -> dict[str, gr.Button]:
    return {
        kind: gr.Button(f"{what} as {kind.upper()}", size="sm", min_width=0, elem_id=f"{name}-{kind}",
                        elem_classes=["ds-lane-quiet"])
        for kind in exports.KINDS
    }  # fmt: skip


def _wire(files: dict[str, gr.Button], name: str, table, inputs, saved: gr.DownloadButton) -> None:
    """table(value of inputs) gives rows and what they are about."""
    for kind, button in files.items():

        @guard
        def write(value, kind=kind):
            """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
            with tempfile.TemporaryDirectory() as folder:
                (path := Path(folder) / f"{name}.{kind}").write_bytes(exports.table(*table(value), kind))
                yield str(path)

        button.click(write, inputs, saved, **QUIET).success(
            None, None, None, js="() => driftscope.saveFrom('#samplers-saved')"
        )
