"""What is on the page of a sweep: its form, its grid, and the trade-off that is measured of it."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from dashboard import exports, onefile
from dashboard.address import Setting, Writer
from dashboard.components.downloads import Downloads
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.status import Status, stop_button
from dashboard.events import UNSEEN
from dashboard.markup import heading, note
from dashboard.shell import Shell
from dashboard.tabs.guidance import sweep
from dashboard.tabs.guidance import sweep_views as views

FILES = {"png": "Save the grid"} | onefile.KIND | {"csv": "CSV", "json": "JSON"}
BOXES = (  # name, first value, label, help, lines
    ("scales", "1, 2, 4, 8", "Guidance scales", "A list or a range: 1, 2, 4 or 1-10 (+2) or 1-10 [5]", 1),
    ("seeds", "0-2", "Seeds", "Written the same way", 1),
    ("prompts", "", "Prompts, one a line", "Empty: the sidebar's prompt", 4),
)


@dataclass(frozen=True)
class Page:
    texts: dict[str, gr.Textbox]  # by the name of what is typed there: scales, seeds, prompts
    run: gr.Button
    stop: gr.Button
    measure: gr.Button
    planned: gr.HTML  # what the sweep would be
    status: Status
    grid: gr.HTML
    feed: gr.HTML  # pictures that arrive while a sweep runs
    save_row: gr.Row
    files: Downloads
    plot: PlotlyHTML
    curves_row: gr.Row
    curves: Downloads
    told: gr.HTML
    swept: gr.State  # a sweep.Swept, once there is one
    link: Writer

    @property
    def shown(self) -> list[gr.components.Component]:
        """What a sweep fills."""
        return [self.grid, self.feed, self.swept, self.status, self.save_row, self.plot, self.curves_row, self.told,
                self.planned, self.link]  # fmt: skip

    @property
    def settings(self) -> list[Setting]:
        return [Setting(name, self.texts[name], start) for name, start, *_ in BOXES]

    def typed(self, values: dict) -> dict[str, str]:
        return {name: values[box] for name, box in self.texts.items()}

    def asked(self, shell: Shell, values: dict) -> sweep.Sweep:
        """The sweep that the sidebar and the form ask for; RequestError for rubbish."""
        return sweep.plan(*shell.asked(values), **self.typed(values))


def build() -> Page:
    with gr.Column(elem_classes=["ds-panel", "ds-work"], elem_id="sweep"):
        gr.HTML(heading(*views.SWEEP))
        with gr.Row(elem_classes=["ds-sweep-form"]):
            texts = {
                name: gr.Textbox(start, label=label, info=info, elem_id=f"sweep-{name}", max_lines=lines, min_width=0)
                for name, start, label, info, lines in BOXES
            }
        with gr.Row(elem_classes=["ds-sweep-run"]):
            run = gr.Button("Run the sweep", elem_id="sweep-run", variant="primary", size="sm", min_width=0)
            stop = stop_button("sweep-stop", size="sm")
            measure = gr.Button("Measure the trade-off over 8 seeds", elem_id="sweep-measure", size="sm", min_width=0)
            planned = gr.HTML("", elem_id="sweep-plan")
        status = Status("sweep-status")
        grid = gr.HTML(
            "", js_on_load="driftscope.cells(element, (cell) => trigger('select', { cell }))", elem_id="sweep-grid"
        )
        feed = gr.HTML("", js_on_load="driftscope.fill(props, watch, '#sweep-grid')", **UNSEEN)
        with gr.Row(elem_classes=["ds-files"], elem_id="sweep-files", visible=False) as save_row:
            files = Downloads(name="sweep", kinds=FILES)
    with gr.Column(elem_classes=["ds-panel"], elem_id="tradeoff"):
        gr.HTML(heading(*views.TRADEOFF))
        plot = PlotlyHTML(height=views.HEIGHT, label=views.CURVES, elem_id="tradeoff-plot")
        with gr.Row(elem_classes=["ds-files"], elem_id="tradeoff-files", visible=False) as curves_row:
            curves = Downloads(name="tradeoff", kinds=exports.named("Curves"))
        told = gr.HTML(note("A sweep over two seeds or more is measured here."), elem_id="tradeoff-told")
    return Page(texts, run, stop, measure, planned, status, grid, feed, save_row, files, plot, curves_row, curves, told,
                gr.State(), Writer())  # fmt: skip
