"""Plotly in a gr.HTML component: the page's own plotly.min.js draws it, so nothing is asked of another host.

Gradio's gr.Plot bundles an older plotly.js, drops frames and click events, and loses the camera at each update.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import plotly
import plotly.graph_objects as go
from markupsafe import Markup

from dashboard.markup import plain

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PLOT = Markup(
    '<div class="ds-plot" role="img" aria-label="{label}" style="height: {height}px"></div>'
    '<div class="ds-plot-files" role="group" aria-label="{label}">Chart as{files}</div>'
)
BUTTON = Markup(' <button type="button" data-format="{}" aria-label="Save the chart as {}">{}</button>')
FILES = Markup("").join(BUTTON.format(kind, kind.upper(), kind.upper()) for kind in ("png", "svg"))
SOURCE = f"gradio_api/file={SCRIPT.as_posix()}"


class PlotlyHTML(gr.HTML):
    """A figure of a fixed height. Value: a go.Figure or None.

    Event `point_click`: the handler's gr.EventData has trace, name, index and customdata of the point. Event
    `points_select`, from a lasso: points, each {name, index}. A figure whose meta says zoom zooms by the wheel.
    Below it are two buttons that save it as it is seen, as PNG or SVG.
    Which attributes the step rail moves, the figure says itself (dashboard.theme.figure).

    Nothing that the script needs is a prop of gr.HTML: where a handler leaves a component alone (gr.skip, or no entry
    in its dictionary) that is not on the page yet, as in a tab that was never chosen, Gradio 6.31 forgets its props.
    """

    def __init__(self, value: go.Figure | None = None, *, height: int = 280, label: str, **kwargs):
        label = plain(label)
        super().__init__(
            value,
            html_template=str(PLOT.format(label=label, height=height, files=FILES)),
            js_on_load=(
                f"driftscope.plot(element, '{SOURCE}', props, watch, (name, data) =>"
                " name === 'points_select' ? trigger('points_select', data) : trigger('point_click', data))"
            ),
            label=label,
            **kwargs,
        )

    def postprocess(self, value: go.Figure | None) -> str | None:
        return None if value is None else value.to_json()
