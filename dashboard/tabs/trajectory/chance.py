"""A random walk beside the run: what such a map makes of pure chance."""

from __future__ import annotations

import gradio as gr

from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import at_last
from dashboard.layers import Layers
from dashboard.markup import paragraphs
from dashboard.shell import Shell, guard
from dashboard.tabs.trajectory import views


def build(shell: Shell, wanted: gr.Checkbox, rail: str) -> None:
    """wanted: whether it is to be seen."""
    with gr.Column(elem_classes=["ds-panel"], elem_id="map-chance-panel"):  # out of sight while its plot is empty
        gr.HTML(views.CHANCE)
        plot = PlotlyHTML(height=views.WALK_HEIGHT, label=views.WALK, elem_id="map-control")
        told = gr.HTML("", elem_id="map-chance-told")

    @guard
    def compare(layers: Layers, asked: bool):
        shown = layers.shown
        if not asked or shown is None or len(shown.trace.x0) < 2:
            return {plot: None, told: ""}
        figure, verdict = views.against_chance(shown, views.colour(layers, shown), rail)
        return {plot: figure, told: paragraphs([verdict])}

    at_last([wanted.input, shell.layers.change], compare, [shell.layers, wanted], [plot, told])
