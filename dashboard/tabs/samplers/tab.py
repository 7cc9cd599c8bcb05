"""Samplers: up to four ways from one noise to a picture, side by side, and what each really does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import gradio as gr

from core.advice import of_start
from core.types import MAX_STEPS, Request, RequestError
from core.updates import SAMPLERS
from dashboard import exports, links, onefile, pictures, runs
from dashboard.address import Writer, not_restored, query
from dashboard.arrivals import cue, given, sight
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Rail
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.markup import advised, heading, note
from dashboard.runqueue import Notice
from dashboard.service import Progress
from dashboard.shell import Shell, guard, sent
from dashboard.tabs.samplers import claims_panel, lanes, views
from dashboard.tabs.samplers.lanes import MAX_LANES, PRESETS, STOPPED, Own, Preset, Shown

TITLE = "Samplers"
RAIL = "samplers"
NONE = "none"
EXACT = "exact"  # the model whose denoiser is in closed form
LOOK_SECONDS = 0.15  # between two updates of the page while lanes run


class Lanes(gr.HTML):
    """The lanes' pictures at the rail's position. Event: open (lane)."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load=(f"driftscope.lanes(element, {json.dumps(RAIL)}, watch, (lane) => trigger('open', {{ lane }}))"),
            **kwargs,
        )


class Caption(gr.HTML):
    """Events exact and back: the visitor wants the exact denoiser, or the sidebar's settings again."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load="element.onclick = ({ target }) => { const asked = target.closest('button')?.dataset.event;"
            " if (asked === 'exact') trigger('exact'); if (asked === 'back') trigger('back'); }",
            **kwargs,
        )


def build(shell: Shell) -> None:
    service, controls = shell.service, shell.controls
    gr.HTML(views.HEAD)
    with gr.Row(elem_classes=["ds-presets"]):
        presets = [
            gr.Button(preset.name, size="sm", min_width=0, elem_id=f"preset-{i}") for i, preset in enumerate(PRESETS)
        ]
    caption = Caption(views.INVITATION, elem_id="lanes-caption")
    forms = []
    with gr.Row(elem_classes=["ds-lane-forms"]):
        for lane in range(MAX_LANES):
            forms.append(_form(lane))
    fields = [field for form in forms for field in form]
    with gr.Row(elem_classes=["ds-lane-buttons"]):
        start = gr.Button("Run", variant="primary", elem_id="lanes-run", min_width=0)
        stop = gr.Button("Stop", elem_id="lanes-stop", min_width=0)
        status = gr.HTML("", elem_id="lanes-status")
    warned = gr.HTML("", elem_id="lanes-advice")
    panel = Lanes("", elem_id="lanes")
    rail = Rail(name=RAIL)
    with gr.Row(elem_classes=["ds-lane-detail"]):
        with gr.Column(min_width=0):
            gr.HTML(views.AB_HEAD)
            slider = Lanes("", elem_id="lanes-ab")
        with gr.Column(min_width=0):
            gr.HTML(views.MAP_HEAD)
            map_of = gr.HTML("", elem_id="lanes-map-of")
            dims = gr.Radio([("2-D", 2), ("3-D", 3)], value=2, label="Dimensions", elem_id="lanes-dims",
                            elem_classes=["ds-segmented"], container=False, min_width=0)  # fmt: skip
            chart = PlotlyHTML(height=views.MAP_HEIGHT, label=views.MAP, elem_id="lanes-map")
    curves_of = gr.HTML("", elem_id="lanes-curves-of")
    with gr.Row(elem_classes=["ds-lane-curves"]):
        plots = {name: _plot(name) for name in views.NOTES}
    with gr.Row(elem_classes=["ds-lane-buttons"]):
        kinds = onefile.KIND | exports.named("Curves")
        files = Downloads("lanes", kinds, elem_classes=["ds-lane-quiet"])
    link = Writer()
    kept = gr.State()  # Shown
    seen, fields_set = sight(), gr.State()  # how often the tab came into view; whether the link was read
    begun = gr.State()  # whether lanes have run
    go = cue()  # the first ones are to, by themselves
    until = gr.State()  # after how many steps of all together those of a link were stopped; None for not at all
    own = gr.State(Own())  # what these lanes set for themselves

    def asked_for(values: dict) -> tuple[str, Request, list[tuple]]:
        """What the sidebar and the lanes' fields ask for; RequestError where they ask for rubbish."""
        model, base = shell.asked(values)
        chosen = [tuple(values[field] for field in form) for form in forms]
        return model, base, [one for one in chosen if one[0] != NONE]

    def warn(values: dict) -> str:
        """What lanes of these settings would be, told before they run; the rest stands in the sidebar."""
        try:
            sidebar, base, chosen = asked_for(values)
            model, base = values[own].applied(sidebar, base)
            asked = lanes.requests(base, chosen)
        except RequestError:  # as in the sidebar
            return ""
        return advised([*views.other_model(values[kept], model), *starts(model, asked)])

    def starts(model: str, asked: list[Request]) -> list[str]:
        """Which lanes begin where there is no noise."""
        if not service.ready(model):
            return []
        return list(dict.fromkeys(told for one in asked for told in of_start(service.engine(model), one)))

    @guard
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield {caption: views.caption("", values[own])}
        yield from perform(*asked_for(values), values[own], visit)

    @guard
    def back(values: dict, visit: gr.Request) -> Iterator[dict]:
        """The same lanes as the sidebar is set."""
        yield {caption: "", own: Own()}
        yield from perform(*asked_for(values), Own(), visit)

    def gate(times: int, filled: bool, done: bool, layers: Layers, visit: gr.Request):
        """Whether the lanes in the fields are to run by themselves: once, when the tab is first seen.

        Not before a run is in view, and not while one goes on: a visitor's run of their own comes first.
        """
        ready = times and filled and not done and layers.shown is not None and not service.busy(visit.session_hash)
        return bool(done or ready), given(ready)

    @guard
    def first(values: dict, visit: gr.Request) -> Iterator[dict]:
        yield from perform(*asked_for(values), values[own], visit, values[until])

    def perform(
        model: str, base: Request, chosen: list[tuple], mine: Own, visit: gr.Request, until: int | None = None
    ) -> Iterator[dict]:
        """Stream the lanes; at the end, or at Stop, all that is measured of them. model and base are the sidebar's.

        What was measured of the lanes before goes at once, since these may end without a result.

        until: after how many steps, of all lanes together, they were once stopped, and are again.
        """
        written = links.written(model, base) | mine.to_link()
        model, base = mine.applied(model, base)
        service.check(model)
        asked = lanes.requests(base, chosen)
        yield {
            panel: views.cards(asked), slider: views.slider(asked), rail: views.live(asked, {}, {}), begun: True,
            link: written | {"lanes": lanes.to_link(asked)} | links.stop_told(until, STOPPED),
            status: note("Drawing the noise of this seed…"), warned: advised(starts(model, asked)),
            kept: None, map_of: "", curves_of: "", chart: None, **dict.fromkeys(plots.values()),
        }  # fmt: skip
        latest: dict[int, Progress] = {}
        guessed: dict[int, str] = {}
        told, fresh = 0.0, False
        for item in service.stream_many(model, asked, visit.session_hash, until):
            if isinstance(item, list):
                yield from show(item)
                return
            if isinstance(item, Notice):
                yield {rail: views.live(asked, latest, guessed, live=item.ahead is not None), status: note(item.text)}
                continue
            latest[item.number] = item
            if item.x0 is not None:
                guessed[item.number], fresh = pictures.uri(item.x0, views.SIDE), True
            if fresh and time.perf_counter() - told > LOOK_SECONDS:
                told, fresh = time.perf_counter(), False
                yield {rail: views.live(asked, latest, guessed), status: note(f"{item.seconds:.1f} s")}

    def show(traces: list) -> Iterator[dict]:
        found = lanes.compare(service, traces)
        yield {rail: views.reel(found), status: note("Measuring…")}
        with service.turn(traces[0].model) as engine:
            shown, gallery = lanes.measured(engine, found), engine.gallery
        figures = views.curves(shown, RAIL)
        yield {
            panel: views.finished(shown),
            chart: views.lanes_map(shown, gallery, RAIL, 2),
            dims: 2,
            **dict.fromkeys((status, map_of, curves_of), views.summary(found)),
            kept: shown,
            link: links.stop_told(links.stopped_at(*traces), STOPPED),
            **{plot: figures.get(name) for name, plot in plots.items()},
        }

    @guard
    def turn(shown: Shown | None, count: object):
        """The same map in 2 or 3 dimensions."""
        if shown is None:
            return gr.skip()
        return views.lanes_map(shown, service.engine(shown.found.traces[0].model).gallery, RAIL, count)

    @guard
    def open_lane(shown: Shown | None, event: gr.EventData):
        lane = sent(event).get("lane")
        if shown is None or not isinstance(lane, int) or not 0 <= lane < len(shown.found.traces):
            raise RequestError("lane", lane, "one that is shown")
        trace = shown.found.traces[lane]
        return {shell.finished: service.layer(trace), **controls.show(trace.model, trace.request)}

    def choose(preset: Preset, model: str | None = None):
        """Run a preset, with the sidebar's model or with one of its own; the sidebar stays as it is."""

        @guard
        def handler(values: dict, visit: gr.Request):
            sidebar, base = shell.asked(values)
            mine = Own(preset.guidance, model)
            yield explain(sidebar, preset, mine) | fill(preset.lanes) | {own: mine}
            yield from perform(sidebar, base, list(preset.lanes), mine, visit)

        return handler

    def explain(model: str, preset: Preset, mine: Own) -> dict:
        """The caption of a preset, with the way to the exact denoiser where that shows something else."""
        model = mine.model or model
        more = bool(preset.exact) and model != EXACT and EXACT in service.models()
        text = preset.exact if preset.exact and model == EXACT else preset.caption
        return {caption: views.caption(text, mine, more)}

    def fill(chosen) -> dict:
        padded = [*chosen, *[(NONE, 25, 0.0)] * (MAX_LANES - len(chosen))]
        return {
            field: value
            for form, lane in zip(forms, padded, strict=True)
            for field, value in zip(form, lane, strict=True)
        }

    def restore(visit: gr.Request) -> dict:
        """The lanes that the address names; they run when the tab is seen. Rubbish leaves the first comparison."""
        named, filled = query(visit), {}
        try:
            if text := named.get("lanes"):
                chosen = lanes.from_link(text)
                mine = Own.from_link(named)
                asked = links.from_query(named)
                model, base = mine.applied(*asked if asked else (None, Request()))
                preset = lanes.preset(chosen, base.guidance)
                told = explain(model or service.default, preset, mine) if preset else {caption: views.caption("", mine)}
                at = links.stop_in(named, *lanes.requests(base, chosen), name=STOPPED)
                filled = fill(chosen) | told | {own: mine, until: at}
        except RequestError as error:
            not_restored(error)
        return filled | {fields_set: True}

    def file(kind: str, shown: Shown | None, page: str) -> tuple[str, bytes]:
        if shown is None:
            raise RequestError("lanes", "none", "there before they can be saved")
        traces = shown.found.traces
        if kind in onefile.KIND:
            name = f"lanes-{links.file_name(traces[0].request, kind)}"
            return name, onefile.page(views.sheet(shown, service.engine(traces[0].model).gallery, page))
        about = {"model": traces[0].model, "requests": [trace.request.to_dict() for trace in traces]}
        return f"lanes.{kind}", exports.table(lanes.rows(shown), about, kind)

    inputs = {*controls.inputs, *fields, own}
    outputs = [panel, slider, rail, chart, dims, link, status, warned, kept, begun, map_of, curves_of, *plots.values()]
    always = {"preprocess": False, **runs.RUN}
    changes = [one.change for one in (*fields, controls.fields["spacing"], shell.layers)]
    gr.on(
        [controls.model.input, *changes],
        warn,
        {*inputs, kept},
        warned,
        preprocess=False,
        trigger_mode="always_last",
        queue=False,
        **QUIET,
    )
    start.click(run, inputs, [caption, *outputs], trigger_mode="multiple", **always)
    told = [caption, own, *fields, *outputs]
    for preset, button in zip(PRESETS, presets, strict=True):
        button.click(choose(preset), inputs, told, trigger_mode="multiple", **always)
    caption.exact(choose(NOISELESS, EXACT), inputs, told, trigger_mode="multiple", **always)
    caption.back(back, inputs, [caption, own, *outputs], trigger_mode="multiple", **always)
    arrivals = [one.change for one in (seen, fields_set, shell.layers)]
    gr.on(arrivals, gate, [seen, fields_set, begun, shell.layers], [begun, go], trigger_mode="always_last", **QUIET)
    go.due(first, {*inputs, until}, outputs, **always)
    dims.input(turn, [kept, dims], chart, **QUIET)
    shell.stops(stop)
    panel.open(open_lane, kept, [shell.finished, *controls.inputs], **QUIET).success(
        None, None, None, js="() => driftscope.openTab('generate')"
    )
    files.offer(file, kept, PAGE)
    shell.demo.load(restore, None, [fields_set, caption, own, until, *fields], **QUIET)
    claims_panel.build(shell)


NOISELESS = next(preset for preset in PRESETS if preset.exact)
FIRST = (("ddim", 25, 0.0), ("ddpm", 50, 0.0), (NONE, 25, 0.0), (NONE, 25, 0.0))


def _form(lane: int) -> tuple:
    """Sampler, steps and eta of one lane."""
    sampler, steps, eta = FIRST[lane]
    choices = [(sampler.title, name) for name, sampler in SAMPLERS.items()]
    if lane:
        choices.append(("none", NONE))
    with gr.Column(elem_classes=["ds-lane-form"], min_width=0):
        chosen = gr.Dropdown(choices, value=sampler, label=f"Sampler {lane + 1}", elem_id=f"lane-{lane}-sampler")
        with gr.Row(elem_classes=["ds-lane-pair"]):
            count = gr.Number(
                steps, label="Steps", minimum=1, maximum=MAX_STEPS, min_width=0, elem_id=f"lane-{lane}-steps"
            )
            noise = gr.Number(eta, label="Eta", minimum=0, maximum=1, step=0.1, min_width=0, elem_id=f"lane-{lane}-eta")
    return chosen, count, noise


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0, elem_id=f"lanes-{name}-panel"):
        gr.HTML(heading(*views.NOTES[name]))
        return PlotlyHTML(height=210, label=views.NOTES[name][1], elem_id=f"lanes-{name}")
