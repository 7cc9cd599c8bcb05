"""The panel that draws pictures of DDIM and DDPM, again and again, and tests whether they can be told apart."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from core.types import RequestError
from dashboard import exports, lacks, runs
from dashboard.components.downloads import Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.status import Status, stop_button
from dashboard.events import INTO_VIEW, QUIET
from dashboard.figures import claims as figures
from dashboard.markup import state
from dashboard.runqueue import Notice
from dashboard.shell import Shell, guard, sent
from dashboard.standing import STARTING, counted, running, standing
from dashboard.tabs.samplers import destination
from dashboard.tabs.samplers import destination_views as views
from dashboard.tabs.samplers.claims import Gathered

LOOK_SECONDS = 0.3  # between two updates of the status
FIRST, AGAIN = "Draw them", "Draw again"


def build(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim", "ds-work"]):
        gr.HTML(views.HEAD)
        gr.HTML(views.BEFORE)
        with gr.Row(elem_classes=["ds-claim-form"]):
            count = gr.Number(
                24, label="Pictures of each", minimum=destination.MIN_PICTURES, maximum=destination.MAX_PICTURES,
                elem_id="clouds-count", min_width=0,
            )  # fmt: skip
            start = gr.Button(FIRST, size="sm", min_width=0, elem_id="clouds-run")
            stop = stop_button("clouds-stop", size="sm")
            files = Downloads(name="clouds", kinds=exports.named("Clouds"))
        status = Status("clouds-status")
        told = gr.HTML("", elem_id="clouds-told", elem_classes=["ds-claim-told"])
        plot = PlotlyHTML(height=420, label="DDIM's and DDPM's pictures in CLIP space", elem_id="clouds")
        picked = gr.HTML("", js_on_load=INTO_VIEW, elem_id="clouds-picked")
        kept = gr.State()  # a Meeting

    @guard(status=status)
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        lacks.need(shell.service.engine(model), "clip", "two sets of pictures cannot be compared")
        before = destination.more(values[kept], model, base)
        number = before[-1].number + 1 if before else 0
        asked, seen, gathered = destination.requests(base, values[count], number), 0.0, Gathered()
        yield {status: STARTING} | ({} if before else {told: "", plot: None, picked: "", kept: None})
        for item in shell.service.draw(model, asked, visit.session_hash):
            if isinstance(item, Notice):
                yield {status: standing(item)}
                if item.ahead is None:
                    return
                continue
            if item.numbers is not None:
                gathered.add(item)
            if time.perf_counter() - seen > LOOK_SECONDS:
                seen = time.perf_counter()
                yield {status: running(f"{len(gathered.rows)} of {len(asked)} pictures", item.share, item.elapsed)}
        drawn = destination.Draw.of(number, asked, gathered)
        if drawn is None:
            few = f"Stopped too early: each set needs at least {destination.MIN_PICTURES} pictures."
            yield {status: state("stopped", few)}
            return
        met = destination.meet(model, base, (*before, drawn))
        yield {
            status: counted(len(gathered.rows), len(asked), "pictures drawn"),
            told: views.verdict(met),
            plot: figures.clouds(met.clouds, met.axes),
            kept: met,
            start: gr.Button(AGAIN),
        }

    @guard
    def pick(met: destination.Meeting | None, event: gr.EventData):
        found = met and met.picture(sent(event).get("trace"), sent(event).get("index"))
        return views.picked(*found) if found else gr.skip()

    def file(kind: str, met: destination.Meeting | None) -> tuple[str, bytes]:
        if met is None:
            raise RequestError("pictures", "none", "drawn before they can be saved")
        return f"destination.{kind}", exports.table(met.rows(), met.about(), kind)

    inputs = {*shell.controls.inputs, count, kept}
    outputs = [status, told, plot, picked, kept, start]
    start.click(run, inputs, outputs, preprocess=False, trigger_mode="multiple", **runs.RUN)
    shell.stops(stop)
    plot.point_click(pick, kept, picked, **QUIET)
    files.offer(file, kept)
