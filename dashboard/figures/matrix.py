"""Texts by pictures: every cosine, or what the softmax makes of them. Arrays in, go.Figure out."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard import theme

CELLS = "cells"  # name of the heat map's trace
SCALE = [[0.0, "rgba(0,114,178,0.04)"], [1.0, theme.QUANTITY["x_t"]]]
MAX_LABEL = 26  # characters
THUMB = 0.14  # of the plot's height


def draw(values: np.ndarray, texts: list[str], thumbs: list[str], shares: bool, paired: np.ndarray) -> go.Figure:
    """values (M, N) of M texts and N pictures, whose data URIs are thumbs; shares: they are shares of 1.

    paired: (M, N) bool, where text and picture are said to belong together. A diamond marks the best of each row, a
    dot the best of each column: on a pair in green, elsewhere in red.
    """
    rows, columns = values.shape
    fig = theme.figure(margin={"l": 8, "r": 8, "t": 64, "b": 8})
    shown = [[f"{100 * v:.0f}" if shares else f"{v:.2f}" for v in row] for row in values]
    fig.add_heatmap(
        z=values.astype(np.float32), name=CELLS, text=shown, texttemplate="%{text}", textfont={"size": 12},
        colorscale=SCALE, zmin=0 if shares else None, zmax=1 if shares else None, showscale=False, xgap=2, ygap=2,
        customdata=[[theme.words(text)] * columns for text in texts],
        hovertemplate="%{customdata}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    best_row, best_column = values.argmax(1), values.argmax(0)
    for name, symbol, aside, at in (
        ("best picture of a text", "diamond", -0.34, [(i, j) for i, j in enumerate(best_row)]),
        ("best text of a picture", "circle", 0.34, [(i, j) for j, i in enumerate(best_column)]),
    ):
        colours = [theme.QUANTITY["cond"] if paired[i, j] else theme.QUANTITY["guided"] for i, j in at]
        if not paired.any():
            colours = [theme.QUIET] * len(at)
        fig.add_scatter(
            x=[j + aside for _, j in at], y=[i - 0.28 for i, _ in at], mode="markers", name=name, hoverinfo="skip",
            marker={"symbol": symbol, "size": 10, "color": colours, "line": {"width": 1.5, "color": "white"}},
        )  # fmt: skip
    for j, uri in enumerate(thumbs):
        fig.add_layout_image(source=uri, x=j, y=1.01, xref="x", yref="paper", sizex=0.9, sizey=THUMB, xanchor="center",
                             yanchor="bottom", sizing="contain", layer="above")  # fmt: skip
    short = [theme.words(text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…") for text in texts]
    fig.update_layout(
        xaxis={"range": [-0.5, columns - 0.5], "showticklabels": False, "showgrid": False},
        yaxis={"range": [rows - 0.5, -0.5], "tickvals": list(range(rows)), "ticktext": short, "showgrid": False},
    )
    return fig
