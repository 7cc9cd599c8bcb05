"""Guidance as arrows in the plane that holds them, and what it gains and costs. Arrays in, go.Figure out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.placement import Screen, sides

SILENT = {"hoverinfo": "skip"}
SIZES = ((330, 230), (440, 230), (630, 230), (800, 230), (330, 190), (630, 190))  # pixels of a plane, on a phone or not
MARGIN = {"l": 12, "r": 112, "t": 20, "b": 20}
TIP = 8  # pixels of the unseen marker that keeps a label off its tip


@dataclass(frozen=True)
class Arrow:
    """An arrow at each position of the rail, from start to end; NaN where there is none."""

    label: str
    colour: str
    end: np.ndarray  # (P, 2)
    start: np.ndarray | None = None  # (P, 2), else the origin
    place: str = "middle right"  # of its label beside the tip, where that is free
    dash: str = "solid"


def plane(drawn: list[Arrow], rail: str) -> go.Figure:
    """The arrows at the last position; the rail moves them. Both axes have one scale, so that angles are true."""
    fig, moves = theme.figure(), []
    for arrow in drawn:
        start = np.zeros_like(arrow.end) if arrow.start is None else arrow.start
        x, y = (_plain(np.stack([start[:, axis], arrow.end[:, axis]], 1)) for axis in (0, 1))
        moves.append({"trace": len(fig.data), "x": x, "y": y})
        fig.add_scatter(
            x=x[-1], y=y[-1], mode="lines+markers", name=arrow.label, **SILENT,
            line={"color": arrow.colour, "width": 2.5, "dash": arrow.dash},
            marker={"color": arrow.colour, "size": [0, 13], "symbol": "arrow", "angleref": "previous", "opacity": 1,
                    "line": {"width": 0}},
        )  # fmt: skip
    every = np.concatenate([arrow.end for arrow in drawn])
    reach = np.nanmax(every[:, 0], initial=0.1)
    low, high = np.nanmin(every[:, 1], initial=0.0), np.nanmax(every[:, 1], initial=0.05)
    span = np.array([[-0.02 * reach, 1.04 * reach], [low - 0.06 * reach, high + 0.06 * reach]])
    named = [arrow for arrow in drawn if arrow.label]
    tips = np.stack([arrow.end for arrow in named], 1)  # (P, named, 2)
    places = sides(tips, [len(arrow.label) for arrow in named], [arrow.place for arrow in named], _screens(span))
    moves.append({"trace": len(fig.data), "x": _plain(tips[..., 0]), "y": _plain(tips[..., 1]), "textposition": places})
    fig.add_scatter(
        x=moves[-1]["x"][-1], y=moves[-1]["y"][-1], mode="markers+text", text=[arrow.label for arrow in named],
        textfont={"color": [arrow.colour for arrow in named], "size": 13}, marker={"size": TIP, "opacity": 0},
        textposition=places[-1], cliponaxis=False, **SILENT,
    )  # fmt: skip
    fig.update_layout(
        meta={"rail": rail, "moves": moves},
        margin=MARGIN,
        xaxis={"visible": False, "range": span[0].tolist()},
        yaxis={"visible": False, "range": span[1].tolist(), "scaleanchor": "x"},
    )
    return fig


def same_scale(figures: list[go.Figure]) -> None:
    """Let planes that stand side by side show the same stretch, so that their arrows can be compared."""
    for axis in ("xaxis", "yaxis"):
        lows, highs = zip(*(figure.layout[axis].range for figure in figures), strict=True)
        for figure in figures:
            figure.layout[axis].range = [min(lows), max(highs)]


def tradeoff(scales: tuple[float, ...], rows: list[tuple[str, np.ndarray, np.ndarray, str]]) -> go.Figure:
    """A curve with its band for each (name, values, errors, colour), over the scales, one above the other."""
    fig, many = theme.figure(), len(rows)
    for i, (name, values, errors, colour) in enumerate(rows):
        y = {"yaxis": f"y{i + 1}" if i else "y"}
        known = np.isfinite(values) & np.isfinite(errors)
        x, low, high = np.array(scales)[known], (values - errors)[known], (values + errors)[known]
        fig.add_scatter(x=[*x, *x[::-1]], y=[*high, *low[::-1]], mode="lines", line={"width": 0}, fill="toself",
                        fillcolor=colour, opacity=0.2, **SILENT, **y)  # fmt: skip
        shown = [f"{v:.3f} ± {e:.3f}" if np.isfinite(e) else f"{v:.3f}" for v, e in zip(values, errors, strict=True)]
        fig.add_scatter(x=list(scales), y=_plain(values), mode="lines+markers", name=name, text=shown,
                        line={"color": colour, "width": 2}, marker={"color": colour, "size": 7},
                        hovertemplate=f"guidance %{{x}}: %{{text}}<extra>{name}</extra>", **y)  # fmt: skip
        top = 1 - i / many
        axis = {"domain": [max(0, top - 0.86 / many), top - 0.07], "nticks": 5, "zeroline": False, "automargin": True}
        fig.update_layout({f"yaxis{i + 1}" if i else "yaxis": axis})
        fig.add_annotation(text=name, xref="paper", yref="paper", x=0, y=top - 0.02, xanchor="left", yanchor="bottom",
                           showarrow=False, font={"size": 13})  # fmt: skip
    fig.update_layout(margin={"l": 44, "r": 12, "t": 16, "b": 38},
                      xaxis={"title": {"text": "guidance scale"}, "showgrid": False, "anchor": "y2"})  # fmt: skip
    return fig


def _screens(span: np.ndarray) -> list[Screen]:
    """The plane of this span, (2, 2), on screens of all sizes; what the longer side leaves free is on both its ends."""
    before, after = np.array([[MARGIN["l"], MARGIN["b"]], [MARGIN["r"], MARGIN["t"]]])
    out = []
    for size in SIZES:
        room = np.array(size) - before - after
        pixel = float(np.max((span[:, 1] - span[:, 0]) / room))
        middle = span.mean(1)
        out.append(Screen(pixel, middle - (room / 2 + before) * pixel, middle + (room / 2 + after) * pixel))
    return out


def _plain(values: np.ndarray) -> list:
    """Nested lists with None for NaN, rounded to what a screen shows."""
    return np.where(np.isnan(values), None, np.round(values.astype(float), 5)).tolist()
