"""The lower half of Samplers: step k of a long run, the same destination, and quality against steps."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from dashboard import runs
from dashboard.components.status import Status
from dashboard.service import Progress
from dashboard.shell import Shell, guard
from dashboard.standing import ended, standing
from dashboard.tabs.samplers import claims, destination_panel, quality_panel
from dashboard.tabs.samplers import claims_views as views

LOOK_SECONDS = 0.3  # between two updates of the status


def build(shell: Shell) -> None:
    _rows(shell)
    destination_panel.build(shell)
    quality_panel.build(shell)


def _rows(shell: Shell) -> None:
    with gr.Column(elem_classes=["ds-panel", "ds-claim"]):
        gr.HTML(views.ROWS_HEAD)
        with gr.Row(elem_classes=["ds-claim-form"]):
            start = gr.Button("Show both rows", size="sm", min_width=0, elem_id="rows-run")
            status = Status("rows-status")
        panel = gr.HTML("", elem_id="rows")

    @guard(status=status)
    def run(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        told = 0.0
        for item in shell.service.stream_many(model, claims.long_and_short(base), visit.session_hash):
            if isinstance(item, list):
                with shell.service.turn(model) as engine:
                    found = views.rows(engine, item)
                yield {panel: found, status: ended(item, "runs")}
            elif not isinstance(item, Progress) or time.perf_counter() - told > LOOK_SECONDS:
                told = time.perf_counter()
                yield {status: standing(item)}

    start.click(run, {*shell.controls.inputs}, [panel, status], preprocess=False, trigger_mode="multiple", **runs.RUN)
