"""Curves over the steps of one run, each with a marker that the step rail moves. Arrays in, go.Figure out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme


@dataclass(frozen=True)
class Line:
    """One quantity over the positions of the rail; NaN where it is not defined."""

    name: str
    values: np.ndarray  # (P,)
    colour: str
    dash: str = "solid"


def curves(steps: np.ndarray, lines: list[Line], rail: str, unit: str = "step", **axis) -> go.Figure:
    """Lines over the steps (P,), a rule at the step in view and a dot on each line there; axis: for the y axis.

    unit: what the positions are called, where they are not steps.
    """
    drawn = [
        {
            "x": steps, "y": line.values, "name": theme.words(line.name), "mode": "lines", "meta": {"rail": True},
            "line": {"color": line.colour, "width": 2, "dash": line.dash},
            "hovertemplate": f"{unit} %{{x:.4g}}: %{{y:.3f}}<extra></extra>",
        }
        for line in lines
    ]  # fmt: skip
    beside = {"showlegend": False, "hoverinfo": "skip"}
    here = [
        {
            "x": steps[-1:],
            "y": line.values[-1:],
            "mode": "markers",
            "marker": {"color": line.colour, "size": 9},
            **beside,
        }
        for line in lines
    ]
    rule = {
        "x": [steps[-1]] * 2, "y": [0, 1], "yaxis": "y2", "mode": "lines", "line": {"color": theme.QUIET, "width": 1},
        **beside,
    }  # fmt: skip
    moves = [
        {"trace": number, "x": steps.tolist(), "y": _plain(line.values)}
        for number, line in enumerate(lines, start=len(drawn))
    ]
    moves.append({"trace": len(drawn) + len(here), "x": [[k, k] for k in steps.tolist()]})
    return theme.figure(
        rail, moves, [{"type": "scatter", **trace} for trace in (*drawn, *here, rule)],
        margin={"l": 40, "r": 10, "t": 26 if len(lines) > 1 else 8, "b": 34},
        xaxis={
            "title": {"text": unit},
            "showgrid": False,
            "range": _range(steps),
            "nticks": 6,
        },
        yaxis={"nticks": 5, **axis},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
        showlegend=len(lines) > 1,
        legend={
            "orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)", "font": {"size": 11},
        },
    )  # fmt: skip


def _range(steps: np.ndarray) -> list[float]:
    """A little beyond both ends, in the order of the rail: t falls from its left to its right."""
    first, last = float(min(steps[0], 0) if steps[-1] >= steps[0] else steps[0]), float(steps[-1])
    margin = 0.02 * (last - first)
    return [first - margin, last + margin]


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
