"""What the unCLIP tab draws over the maps of other tabs. Arrays in, go.Figure out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.claims import mark
from dashboard.figures.trajectory import Chart, latent_map


def crossing(chart: Chart, words: np.ndarray, names: list[str], caption: np.ndarray, text: str, rail: str) -> go.Figure:
    """A path among pictures, beside the names of things (M, 2) and the caption (2,) that it began from."""
    fig = latent_map(chart, rail)
    low, high = (getattr(np.concatenate([words, np.array(_corners(fig))]), end)(0) for end in ("min", "max"))
    fig.add_scatter(
        x=words[:, 0].astype(np.float32), y=words[:, 1].astype(np.float32), mode="markers", name="names",
        text=[theme.words(name) for name in names], hovertemplate="%{text}<extra>a name</extra>",
        marker={"symbol": "diamond", "size": 5, "color": theme.QUANTITY["cond"], "opacity": 0.45},
    )  # fmt: skip
    short = text if len(text) <= 28 else text[:27] + "…"
    fig.update_layout(xaxis_range=[low[0], high[0]], yaxis_range=[low[1], high[1]])
    return mark(fig, caption, theme.words(f"“{short}”"))


def _corners(fig: go.Figure) -> list[tuple[float, float]]:
    return list(zip(fig.layout.xaxis.range, fig.layout.yaxis.range, strict=True))


@dataclass(frozen=True)
class Way:
    """A curve, (L,) each."""

    name: str
    colour: str
    x: np.ndarray
    y: np.ndarray


def ways(
    drawn: list[Way],
    axes: tuple[str, str],
    marks: list[Way] | None = None,
    cloud: np.ndarray | None = None,
    labels: list[str] | None = None,
) -> go.Figure:
    """Two ways from one thing to another. With marks and a cloud (N, 2) it is a plane, at one scale."""
    fig = theme.figure(
        margin={"l": 44, "r": 10, "t": 30, "b": 38},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
    )
    if cloud is not None:
        fig.add_scatter(
            x=cloud[:, 0].astype(np.float32), y=cloud[:, 1].astype(np.float32), mode="markers", name="the gallery",
            text=[theme.words(label) for label in labels], hovertemplate="%{text}<extra></extra>",
            marker={"size": 4, "color": theme.QUIET, "opacity": 0.35},
        )  # fmt: skip
        fig.update_layout(yaxis_scaleanchor="x")
    for one in drawn:
        fig.add_scatter(x=one.x, y=one.y, mode="lines", name=one.name, line={"color": one.colour, "width": 2.5},
                        hovertemplate="%{y:.3f}<extra></extra>")  # fmt: skip
    for one in marks or []:
        fig.add_scatter(x=one.x, y=one.y, mode="markers", name=one.name, showlegend=False, hoverinfo="skip",
                        marker={"size": 9, "color": one.colour, "line": {"width": 1.5, "color": "white"}})  # fmt: skip
    fig.update_layout(xaxis_title_text=axes[0], yaxis_title_text=axes[1])
    if cloud is None:
        fig.update_layout(yaxis_range=[0, 1.15])
    return fig
