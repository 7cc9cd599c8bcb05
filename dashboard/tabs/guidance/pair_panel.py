"""The pair of the Guidance tab: a run without a negative prompt and with one, each with its arrows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import gradio as gr

from core.arrows import arrows
from core.types import Request, RequestError
from dashboard.address import Setting, keep, query, restored
from dashboard.arrivals import cue, given
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.rail import Panel, Rail
from dashboard.components.status import Status
from dashboard.events import QUIET, at_last
from dashboard.layers import Layer, Layers
from dashboard.markup import heading
from dashboard.runs import RUN
from dashboard.shell import Shell, guard
from dashboard.standing import STARTING, ended, standing
from dashboard.tabs.guidance import views


@dataclass(frozen=True)
class Page:
    away: gr.Textbox  # the negative prompt
    compare: gr.Button
    examples: dict[tuple[str, str], gr.Button]  # by prompt and negative prompt
    status: Status
    told: gr.HTML  # what the two runs say
    rows: list[tuple[Panel, PlotlyHTML]]  # the picture of each run, and its arrows
    traces: gr.State  # of both runs, () for none

    @property
    def empty(self) -> dict:
        """No pair."""
        pictures, charts = zip(*self.rows, strict=True)
        return {self.status: "", self.told: "", self.traces: (), **dict.fromkeys(pictures, ""), **dict.fromkeys(charts)}


def page() -> Page:
    with gr.Column(elem_classes=["ds-panel"], elem_id="negative-pair"):
        gr.HTML(heading(*views.NOTES["pair"]))
        with gr.Row(elem_classes=["ds-pair-form"]):
            away = gr.Textbox("", label="Negative prompt", placeholder="Negative prompt", elem_id="away", max_lines=1,
                              container=False)  # fmt: skip
            compare = gr.Button("Compare", elem_id="compare-pair", size="sm", min_width=0, scale=0)
        with gr.Row(elem_classes=["ds-files"]):
            examples = {
                pair: gr.Button(f"Try: {pair[0]}, not {pair[1]}", size="sm", min_width=0, elem_classes=["ds-example"])
                for pair in views.EXAMPLES
            }
        status = Status("pair-status")
        told = gr.HTML("", elem_id="pair-told")
        rows = [_row(number) for number in range(2)]
    return Page(away, compare, examples, status, told, rows, gr.State(()))


def _row(number: int) -> tuple[Panel, PlotlyHTML]:
    with gr.Row(elem_classes=["ds-guidance", "ds-pair-row"], elem_id=f"pair-{number}"):
        picture = Panel(rail=views.RAIL, elem_id=f"pair-picture-{number}")
        chart = PlotlyHTML(height=views.PAIR_HEIGHT, label=views.pair_label(number), elem_id=f"pair-plot-{number}")
    return picture, chart


def wire(
    shell: Shell, page: Page, rail: Rail, seen: gr.State, wanted: gr.State, begun: gr.State, swept: gr.events.Dependency
) -> None:
    """seen: how often the tab came into view; the last three: what sweep_panel.build returned."""
    service, away = shell.service, page.away
    asked_away = Setting("away", away, "")
    named, go = gr.State(), cue()  # whether a link asks for a pair; that it is to run

    @guard(status=page.status)
    def compare_pair(layers: Layers, text: str, visit: gr.Request) -> Iterator[dict]:
        if layers.shown is not None:
            yield from run_pair(layers.shown, layers.shown.trace.request, text, visit)

    def example(prompt: str, negative: str):
        @guard(status=page.status)
        def handler(layers: Layers, visit: gr.Request) -> Iterator[dict]:
            """Both prompts in place of those of the run in view, all else as there."""
            yield {away: negative}
            if layers.shown is not None:
                settings = {"prompt": prompt, "guidance": views.EXAMPLE_GUIDANCE, "branches": ()}
                request = replace(layers.shown.trace.request, **settings)
                yield from run_pair(layers.shown, request, negative, visit)

        return handler

    def run_pair(layer: Layer, request: Request, text: object, visit: gr.Request) -> Iterator[dict]:
        """request without a negative prompt and with this one, beside the rail of the run in view."""
        both = asked_for(request, text)
        yield {page.status: STARTING}
        traces = None
        for item in service.stream_many(layer.model, both, visit.session_hash):
            if isinstance(item, list):
                traces = item
            else:
                yield {page.status: standing(item)}
        if traces is None:
            return
        pair = tuple(service.layer(trace) for trace in traces)
        figures = views.pair_plots(layer, pair, views.RAIL)
        shown = {page.traces: tuple(traces)}
        for number, (one, figure, (picture, chart)) in enumerate(zip(pair, figures, page.rows, strict=True)):
            shown[picture] = views.pair_figure(number, one.trace.request.negative_prompt, request.guidance)
            shown[chart] = figure
        with service.turn(layer.model) as engine:
            said = views.pair_told(pair, engine)
        yield {
            rail: views.reel(layer, arrows(layer.trace), pair),
            page.told: said,
            page.status: ended(traces, "runs"),
            **shown,
        }

    def from_link(visit: gr.Request):
        text = restored([asked_away], query(visit)).get(away, "")
        return text, bool(text)

    def gate(asked: bool, times: int, sweep: str | None, began: bool, layers: Layers, visit: gr.Request):
        """Whether the pair of a link is to run: once the tab is seen and the run it names is there.

        Where the link asks for a sweep too, the pair follows when that has ended.
        """
        ready = asked and times and sweep is None and not began and layers.shown is not None
        return after(ready and not service.busy(visit.session_hash))

    def after(asked: bool):
        return (False, given(True)) if asked else (gr.skip(), "")

    shown = [rail, *page.empty]
    asks = [page.compare.click, away.submit]
    gr.on(asks, compare_pair, [shell.layers, away], shown, trigger_mode="once", **RUN)
    keep([asked_away], on=asks)
    for pair, button in page.examples.items():
        button.click(example(*pair), shell.layers, [away, *shown], trigger_mode="once", **RUN)
    arrivals = [seen.change, named.change, shell.layers.change]
    at_last(arrivals, gate, [named, seen, wanted, begun, shell.layers], [named, go])
    swept.then(after, named, [named, go], **QUIET)
    go.due(compare_pair, [shell.layers, away], shown, **RUN)
    shell.demo.load(from_link, None, [away, named], **QUIET)


def asked_for(request: Request, text: object) -> list[Request]:
    """The request without a negative prompt and with this one; RequestError where that says nothing."""
    if not isinstance(text, str) or not text.strip():
        raise RequestError("negative prompt", text, "a few words to lead away from")
    if request.guidance in (0, 1):
        raise RequestError("guidance", request.guidance, "other than 0 and 1, where nothing is led away from")
    return [replace(request, negative_prompt=negative) for negative in ("", text)]
