"""Samplers: up to four ways from one noise to a picture, side by side, and what each really does."""

from __future__ import annotations

import html
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from core.types import MAX_STEPS, Request, RequestError
from dashboard import exports, pictures, runs
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Rail
from dashboard.controls import SAMPLERS
from dashboard.figures.trajectory import latent_map
from dashboard.service import Progress
from dashboard.shell import Shell, guard, heading
from dashboard.tabs.samplers import claims_panel, lanes, views
from dashboard.tabs.samplers.lanes import MAX_LANES, PRESETS, Comparison

TITLE = "Samplers"
RAIL = "samplers"
NONE = "none"
LOOK_SECONDS = 0.15  # between two updates of the page while lanes run
QUIET = {"show_progress": "hidden"}


class Lanes(gr.HTML):
    """The lanes' pictures at the rail's position. Event: open (lane)."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load="driftscope.lanes(element, props.rail, watch, (lane) => trigger('open', { lane }))",
            **kwargs,
        )


def build(shell: Shell) -> None:
    service, controls = shell.service, shell.controls
    gr.HTML(views.HEAD)
    with gr.Row(elem_classes=["ds-presets"]):
        presets = [
            gr.Button(preset.name, size="sm", min_width=0, elem_id=f"preset-{i}") for i, preset in enumerate(PRESETS)
        ]
    caption = gr.HTML("", elem_id="lanes-caption")
    forms = []
    with gr.Row(elem_classes=["ds-lane-forms"]):
        for lane in range(MAX_LANES):
            forms.append(_form(lane))
    fields = [field for form in forms for field in form]
    with gr.Row(elem_classes=["ds-lane-buttons"]):
        start = gr.Button("Run the lanes", variant="primary", elem_id="lanes-run", min_width=0)
        stop = gr.Button("Stop", elem_id="lanes-stop", min_width=0)
        status = gr.HTML("", elem_id="lanes-status")
    panel = Lanes("", rail=RAIL, elem_id="lanes")
    rail = Rail(name=RAIL)
    with gr.Row(elem_classes=["ds-lane-detail"]):
        with gr.Column(min_width=0):
            gr.HTML(views.AB_HEAD)
            slider = Lanes("", rail=RAIL, elem_id="lanes-ab")
        with gr.Column(min_width=0):
            gr.HTML(views.MAP_HEAD)
            chart = PlotlyHTML(height=430, label="The paths of all lanes through latent space", elem_id="lanes-map")
    with gr.Row(elem_classes=["ds-lane-curves"]):
        plots = {name: _plot(name) for name in views.NOTES}
    with gr.Row(elem_classes=["ds-lane-buttons"]):
        files = {
            kind: gr.Button(f"Curves as {kind.upper()}", size="sm", min_width=0, elem_id=f"lanes-{kind}",
                            elem_classes=["ds-lane-quiet"])
            for kind in exports.KINDS
        }  # fmt: skip
        saved = gr.DownloadButton("", elem_id="samplers-saved", elem_classes=["ds-out-of-sight"])
    link = gr.HTML("", html_template=" ", js_on_load="driftscope.linkRun(props, watch)",
                   elem_classes=["ds-out-of-sight"])  # fmt: skip
    kept, measured = gr.State(), gr.State()

    def asked_for(values: dict) -> tuple[str, Request, list[Request]]:
        """What the sidebar and the lanes' fields ask for; RequestError where they ask for rubbish."""
        model, settings = controls.read(values)
        base = Request(**settings)
        chosen = [tuple(values[field] for field in form) for form in forms]
        return service.check(model), base, lanes.requests(base, [one for one in chosen if one[0] != NONE])

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield from perform(*asked_for(values), visit)

    def perform(model: str, base: Request, asked: list[Request], visit: gr.Request) -> Iterator[dict]:
        """Stream the lanes; at the end, or at Stop, all that is measured of them."""
        yield {
            panel: views.cards(asked), slider: views.slider(asked), rail: views.live(asked, {}, {}),
            link: lanes.address(model, base, asked), status: views.note("Drawing the noise of this seed…"),
        }  # fmt: skip
        latest: dict[int, Progress] = {}
        shown: dict[int, str] = {}
        told, fresh = 0.0, False
        for item in service.stream_many(model, asked, visit.session_hash):
            if not isinstance(item, Progress):
                yield from show(item)
                return
            latest[item.number] = item
            if item.x0 is not None:
                shown[item.number], fresh = pictures.uri(item.x0, views.SIDE), True
            if fresh and time.perf_counter() - told > LOOK_SECONDS:
                told, fresh = time.perf_counter(), False
                yield {rail: views.live(asked, latest, shown), status: views.note(f"{item.seconds:.1f} s")}
        left = views.live(asked, latest, shown, live=False)  # another run of this visitor has taken its place
        yield {rail: left, status: views.note("Another run took over.")}

    def show(traces: list) -> Iterator[dict]:
        found = lanes.compare(service, traces)
        curves = lanes.curves(found)
        yield {rail: views.reel(found), status: views.note("Measuring…"), kept: found}
        with service.turn(traces[0].model) as engine:
            curves["clip"] = lanes.scores(engine, found)
            noiseless = any(trace.request.sampler == "ddpm-noiseless" for trace in traces)
            mean = lanes.data_mean(engine, found) if noiseless else None
            gallery = engine.gallery
        figures = {plots[name]: views.curve(found, values, RAIL, **AXES[name]) for name, values in curves.items()}
        total = sum(trace.seconds for trace in traces)
        yield {
            panel: views.finished(found, curves["clip"], mean),
            chart: latent_map(lanes.chart(found, gallery), RAIL, fresh=str(id(found))),
            status: views.note(f"All lanes in {total:.1f} s of work"),
            measured: curves,
            **figures,
        }

    def halt(visit: gr.Request) -> None:
        service.stop(visit.session_hash)

    @guard
    def open_lane(found: Comparison | None, event: gr.EventData):
        lane = getattr(event, "lane", None)
        if found is None or not isinstance(lane, int) or not 0 <= lane < len(found.traces):
            raise RequestError("lane", lane, "one that is shown")
        trace = found.traces[lane]
        return {shell.finished: service.layer(trace), **controls.show(trace.model, trace.request)}

    def choose(number: int):
        preset = PRESETS[number]

        @guard
        def handler(values: dict, visit: gr.Request):
            model, settings = controls.read(values)
            base = Request(**settings | {"guidance": preset.guidance})
            asked = lanes.requests(base, list(preset.lanes))
            told = {caption: f"<p>{html.escape(preset.caption)}</p>", controls.fields["guidance"]: preset.guidance}
            yield told | fill(preset.lanes)
            yield from perform(service.check(model), base, asked, visit)

        return handler

    def fill(chosen) -> dict:
        padded = [*chosen, *[(NONE, 25, 0.0)] * (MAX_LANES - len(chosen))]
        return {
            field: value
            for form, lane in zip(forms, padded, strict=True)
            for field, value in zip(form, lane, strict=True)
        }

    @guard
    def restore(visit: gr.Request):
        """The lanes that the address names, ready to run."""
        text = visit.query_params.get("lanes")
        return fill(lanes.from_link(text)) if text else gr.skip()

    def write(kind: str):
        @guard
        def handler(found: Comparison | None, curves: dict | None):
            """The file lives until Gradio has copied it; its copies are cleared by delete_cache."""
            if found is None or curves is None:
                raise RequestError("lanes", "none", "there before their curves can be saved")
            about = {"model": found.traces[0].model, "requests": [trace.request.to_dict() for trace in found.traces]}
            with tempfile.TemporaryDirectory() as folder:
                (path := Path(folder) / f"lanes.{kind}").write_bytes(
                    exports.table(lanes.rows(found, curves), about, kind)
                )
                yield str(path)

        return handler

    inputs = {*controls.inputs, *fields}
    outputs = [panel, slider, rail, chart, link, status, kept, measured, *plots.values()]
    start.click(run, inputs, outputs, preprocess=False, trigger_mode="multiple", **runs.RUN)
    for number, button in enumerate(presets):
        button.click(
            choose(number),
            inputs,
            [caption, controls.fields["guidance"], *fields, *outputs],
            preprocess=False,
            trigger_mode="multiple",
            **runs.RUN,
        )
    stop.click(halt, None, None, queue=False, **QUIET)
    panel.open(open_lane, kept, [shell.finished, *controls.inputs], **QUIET).success(
        None, None, None, js="() => driftscope.openTab('generate')"
    )
    for kind, button in files.items():
        button.click(write(kind), [kept, measured], saved, **QUIET).success(
            None, None, None, js="() => driftscope.saveFrom('#samplers-saved')"
        )
    shell.demo.load(restore, None, fields, **QUIET)
    claims_panel.build(shell, saved)


AXES = {"norm": {"rangemode": "tozero"}, "distance": {"rangemode": "tozero"}, "clip": {}}
FIRST = (("ddim", 25, 0.0), ("ddpm", 100, 0.0), (NONE, 25, 0.0), (NONE, 25, 0.0))


def _form(lane: int) -> tuple:
    """Sampler, steps and eta of one lane."""
    sampler, steps, eta = FIRST[lane]
    choices = [(label, name) for name, label in SAMPLERS.items()]
    if lane:
        choices.append(("No lane", NONE))
    with gr.Column(elem_classes=["ds-lane-form"], min_width=0):
        chosen = gr.Dropdown(choices, value=sampler, label=f"Lane {lane + 1}", elem_id=f"lane-{lane}-sampler")
        with gr.Row(elem_classes=["ds-lane-pair"]):
            count = gr.Number(
                steps, label="Steps", minimum=1, maximum=MAX_STEPS, min_width=0, elem_id=f"lane-{lane}-steps"
            )
            noise = gr.Number(eta, label="Eta", minimum=0, maximum=1, step=0.1, min_width=0, elem_id=f"lane-{lane}-eta")
    return chosen, count, noise


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0):
        gr.HTML(heading(*views.NOTES[name]))
        return PlotlyHTML(height=210, label=views.NOTES[name][1], elem_id=f"lanes-{name}")
