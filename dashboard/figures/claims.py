"""Clouds of pictures in CLIP space, and quality against steps with its bands. Arrays in, go.Figure out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme

ASIDE = 1.045  # times as many steps: how far the points of two samplers stand apart on the logarithmic axis


@dataclass(frozen=True)
class Cloud:
    """One set of pictures, projected."""

    name: str
    points: np.ndarray  # (N, 2)
    colour: str
    hollow: bool = False


def clouds(drawn: list[Cloud], axes: list[str]) -> go.Figure:
    """Sets of pictures on one map; each point's customdata is its number in its set."""
    fig = theme.figure(
        margin={"l": 34, "r": 8, "t": 30, "b": 34},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
    )
    for cloud in drawn:
        x, y = cloud.points.T.astype(np.float32)
        look = {"color": cloud.colour, "size": 9, "opacity": 0.8, "symbol": "circle-open" if cloud.hollow else "circle"}
        fig.add_scatter(
            x=x, y=y, mode="markers", name=cloud.name, marker=look, customdata=np.arange(len(x)),
            hovertemplate=f"{cloud.name}, picture %{{customdata}}<extra></extra>",
        )  # fmt: skip
    for axis, title in zip(("xaxis", "yaxis"), axes, strict=True):
        fig.update_layout({axis: {"title": {"text": title}, "showticklabels": False}})
    return fig.update_layout(yaxis_scaleanchor="x")


def mark(fig: go.Figure, point: np.ndarray, name: str) -> go.Figure:
    """A named place (d,) on a map of d = 2 or 3 dimensions."""
    flat = len(point) == 2
    trace = go.Scatter if flat else go.Scatter3d
    place = {axis: [value] for axis, value in zip("xyz", point.tolist(), strict=False)}
    look = {
        "color": theme.QUIET,
        "symbol": "diamond",
        "size": 15 if flat else 7,
        "line": {"width": 2, "color": "white"},
    }
    fig.add_trace(
        trace(**place, mode="markers+text", marker=look, text=[name], textposition="bottom center",
              textfont={"size": 13}, name=name, hovertemplate=f"{name}<extra></extra>")
    )  # fmt: skip
    return fig


@dataclass(frozen=True)
class Series:
    """One sampler's points: numbers of steps (K,), and its measures with their bands (K, 3)."""

    name: str
    steps: np.ndarray
    bands: dict[str, np.ndarray]  # metric -> (K, 3) value, low, high
    colour: str
    dash: str = "solid"
    faint: bool = False  # measured with fewer pictures, just now


def quality(series: list[Series], metric: str, floor: float | None = None) -> go.Figure:
    """One metric over the number of steps; a point's customdata is [series, its place in it]. floor: a dotted line.

    Each point has its band as a bar, those of one number of steps side by side.
    """
    axis = {"nticks": 5}
    if metric == "ms":
        axis = theme.log_axis(np.concatenate([one.bands[metric][:, 0] for one in series]))
    fig = theme.figure(
        margin={"l": 44, "r": 10, "t": 44, "b": 36},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        xaxis={"type": "log", "tickvals": [2, 4, 8, 16, 32, 64, 250], "title": {"text": "steps"}, "showgrid": False},
        yaxis=axis,
    )
    for index, one in enumerate(series):
        value, low, high = one.bands[metric].T
        band = {"array": high - value, "arrayminus": value - low, "thickness": 1.2, "width": 0, "color": one.colour}
        fig.add_scatter(
            x=one.steps * ASIDE ** (index - (len(series) - 1) / 2), y=value, name=one.name, mode="lines+markers",
            opacity=0.6 if one.faint else 1, error_y=band if metric != "ms" else None,
            line={"color": one.colour, "width": 2, "dash": one.dash},
            marker={"color": one.colour, "size": 7, "symbol": "circle-open" if one.faint else "circle"},
            customdata=[[index, k] for k in range(len(one.steps))],
            text=[f"{n} steps: {v:.3g} ({a:.3g} to {b:.3g})"
                  for n, v, a, b in zip(one.steps, value, low, high, strict=True)],
            hovertemplate=f"{one.name}, %{{text}}<extra></extra>",
        )  # fmt: skip
    if floor is not None:
        fig.add_hline(y=floor, line={"color": theme.QUIET, "width": 1, "dash": "dot"})
    return fig
