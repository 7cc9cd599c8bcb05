"""The lower half of Samplers: step k of a long run, the same destination, and quality against steps."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr

from dashboard import runs
from dashboard.markup import bar, note
from dashboard.runqueue import Notice
from dashboard.shell import Shell, guard
from dashboard.tabs.samplers import claims, destination_panel, quality_panel
from dashboard.tabs.samplers import claims_views as views

LOOK_SECONDS = 0.3  # between two updates of a progress bar


def build(shell: Shell) -> None:
    _rows(shell)
    destination_panel.build(shell)
    quality_panel.build(shell)


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
