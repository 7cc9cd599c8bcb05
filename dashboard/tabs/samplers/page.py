"""What is on the page of Samplers, above the claims: the lanes' fields, their pictures, and all that is measured."""

from __future__ import annotations

import json
from dataclasses import dataclass

import gradio as gr

from core.types import MAX_STEPS, Request
from core.updates import SAMPLERS
from dashboard import exports, links, onefile
from dashboard.address import Writer
from dashboard.components.downloads import Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Rail
from dashboard.components.status import Status, stop_button
from dashboard.events import QUIET
from dashboard.markup import heading, note
from dashboard.shell import Shell
from dashboard.standing import STARTING, ended
from dashboard.tabs.samplers import views
from dashboard.tabs.samplers.lanes import MAX_LANES, PRESETS, STOPPED, Own, Shown

RAIL = "samplers"
NONE = "none"
FIRST = (("ddim", 25, 0.0), ("ddpm", 50, 0.0), (NONE, 25, 0.0), (NONE, 25, 0.0))


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


@dataclass(frozen=True)
class Page:
    presets: list[gr.Button]
    caption: Caption
    forms: list[tuple]  # sampler, steps and eta of each lane
    start: gr.Button
    stop: gr.Button
    status: Status
    warned: gr.HTML
    panel: Lanes
    rail: Rail
    slider: Lanes
    map_of: gr.HTML  # which lanes the map is of
    dims: gr.Radio
    chart: PlotlyHTML
    curves_of: gr.HTML
    plots: dict[str, PlotlyHTML]
    files: Downloads
    link: Writer
    kept: gr.State  # lanes.Shown
    begun: gr.State  # whether lanes have run
    own: gr.State  # lanes.Own: what these lanes set for themselves

    @property
    def fields(self) -> list[gr.components.Component]:
        return [field for form in self.forms for field in form]

    @property
    def shown(self) -> list[gr.components.Component]:
        """What lanes fill."""
        return [self.panel, self.slider, self.rail, self.chart, self.dims, self.link, self.status, self.warned,
                self.kept, self.begun, self.map_of, self.curves_of, *self.plots.values()]  # fmt: skip

    def asked(self, shell: Shell, values: dict) -> tuple[str, Request, list[tuple]]:
        """What the sidebar and the lanes' fields ask for; RequestError where they ask for rubbish."""
        model, base = shell.asked(values)
        chosen = [tuple(values[field] for field in form) for form in self.forms]
        return model, base, [one for one in chosen if one[0] != NONE]

    def filled(self, chosen) -> dict:
        """The fields with these lanes, (sampler, steps, eta) each."""
        padded = [*chosen, *[(NONE, 25, 0.0)] * (MAX_LANES - len(chosen))]
        return {
            field: value
            for form, lane in zip(self.forms, padded, strict=True)
            for field, value in zip(form, lane, strict=True)
        }

    def started(self, asked: list[Request], link: dict, warned: str) -> dict:
        """Lanes that begin; what was measured of others goes at once, since these may end without a result."""
        return {
            self.panel: views.cards(asked), self.slider: views.slider(asked), self.rail: views.live(asked, {}, {}),
            self.begun: True, self.link: link, self.status: STARTING,
            self.warned: warned, self.kept: None, self.map_of: "", self.curves_of: "", self.chart: None,
            **dict.fromkeys(self.plots.values()),
        }  # fmt: skip

    def finished(self, shown: Shown, gallery) -> dict:
        """All that is measured of lanes that have ended."""
        figures = views.curves(shown, RAIL)
        return {
            self.panel: views.finished(shown),
            self.chart: views.lanes_map(shown, gallery, RAIL, 2),
            self.dims: 2,
            self.status: ended(shown.found.traces, told=views.summary(shown.found)),
            **dict.fromkeys((self.map_of, self.curves_of), note(views.summary(shown.found))),
            self.kept: shown,
            self.link: links.stop_told(links.stopped_at(*shown.found.traces), STOPPED),
            **{plot: figures.get(name) for name, plot in self.plots.items()},
        }


def build() -> Page:
    gr.HTML(views.HEAD)
    with gr.Row(elem_classes=["ds-presets"]):
        presets = [
            gr.Button(preset.name, size="sm", min_width=0, elem_id=f"preset-{i}") for i, preset in enumerate(PRESETS)
        ]
    with gr.Row(elem_classes=["ds-lane-forms"]):
        forms = [_form(lane) for lane in range(MAX_LANES)]
    with gr.Row(elem_classes=["ds-lane-buttons", "ds-work"]):
        start = gr.Button("Run", variant="primary", elem_id="lanes-run", min_width=0)
        stop = stop_button("lanes-stop")
        status = Status("lanes-status")
    warned = gr.HTML("", elem_id="lanes-advice")
    with gr.Row(elem_classes=["ds-lane-stage"]):  # the words beside the pictures, or below where these need the room
        panel = Lanes("", elem_id="lanes")
        caption = Caption(views.INVITATION, elem_id="lanes-caption")
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
    with gr.Row(elem_classes=["ds-files"]):
        kinds = onefile.KIND | exports.named("Curves")
        files = Downloads(name="lanes", kinds=kinds)
    return Page(presets, caption, forms, start, stop, status, warned, panel, rail, slider, map_of, dims, chart,
                curves_of, plots, files, Writer(), gr.State(), gr.State(), gr.State(Own()))  # fmt: skip


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
            own = gr.HTML(views.own_eta(sampler), elem_id=f"lane-{lane}-own-eta", elem_classes=["ds-own-eta"])
    chosen.change(views.own_eta, chosen, own, queue=False, **QUIET)
    return chosen, count, noise


def _plot(name: str) -> PlotlyHTML:
    with gr.Column(elem_classes=["ds-panel"], min_width=0, elem_id=f"lanes-{name}-panel"):
        gr.HTML(heading(*views.NOTES[name]))
        return PlotlyHTML(height=210, label=views.NOTES[name][1], elem_id=f"lanes-{name}")
