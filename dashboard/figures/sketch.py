"""The curves of a figure as a small SVG, for a page without Plotly: the same lines, with the rail's marker."""

from __future__ import annotations

import json
import math

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 560, 210, 46, 12, 10, 34
DASHES = {"solid": "", "dash": "6 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "11 4"}


def sketch(figure: go.Figure, label: str) -> Markup:
    """label: what it shows, for who does not see it. Which lines are drawn, their meta says (figures/curves.py)."""
    lines = [trace for trace in figure.data if trace.mode == "lines" and (trace.meta or {}).get("rail")]
    xs = np.array(lines[0].x, float)  # (P,)
    ys = [np.array(line.y, float) for line in lines]  # each (P,), NaN where it is not defined
    low, high = _range(ys, figure.layout.yaxis.range, figure.layout.yaxis.rangemode == "tozero")
    x = _scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    y = _scale(low, high, HEIGHT - BOTTOM, TOP)
    out = Markup("")
    for tick in _ticks(low, high, 4):
        out += Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            LEFT, WIDTH - RIGHT, y(tick), y(tick)
        )
        out += Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 6, y(tick) + 4, f"{tick:.10g}")
    for tick in _ticks(min(xs[0], xs[-1]), max(xs[0], xs[-1]), 6):
        out += Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(x(tick), HEIGHT - 18, f"{tick:.10g}")
    out += Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, figure.layout.xaxis.title.text
    )
    out += Markup('<line class="rule" data-x="{}" y1="{}" y2="{}"/>').format(
        json.dumps([x(one) for one in xs]), TOP, HEIGHT - BOTTOM
    )
    for line, values in zip(lines, ys, strict=True):
        out += Markup('<path d="{}" stroke="{}" stroke-dasharray="{}"/>').format(
            _path([x(one) for one in xs], [y(one) for one in values]),
            line.line.color,
            DASHES[line.line.dash or "solid"],
        )
        dots = [None if math.isnan(one) else y(one) for one in values]
        out += Markup('<circle r="4.5" fill="{}" data-y="{}"/>').format(line.line.color, json.dumps(dots))
    drawn = Markup('<svg class="ds-sketch" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, out
    )
    return (_legend(lines) if len(lines) > 1 else Markup("")) + drawn


def _legend(lines: list) -> Markup:
    entries = Markup("")
    for line in lines:
        entries += Markup(
            '<span><svg viewBox="0 0 26 8"><path d="M0 4H26" stroke="{}" stroke-dasharray="{}"/></svg>{}</span>'
        ).format(line.line.color, DASHES[line.line.dash or "solid"], Markup(line.name))  # Plotly's names are escaped
    return Markup('<p class="ds-key">{}</p>').format(entries)


def _range(ys: list[np.ndarray], asked: tuple | None, zero: bool) -> tuple[float, float]:
    if asked:
        return float(asked[0]), float(asked[1])
    known = np.concatenate([values[np.isfinite(values)] for values in ys])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low = min(low, 0.0) if zero else low
    room = 0.06 * (high - low or 1.0)
    return (low if zero and low == 0 else low - room), high + room


def _scale(low: float, high: float, first: float, last: float):
    """The straight map that takes low to first and high to last, to a tenth of a unit."""
    span = high - low or 1.0
    return lambda value: round(first + (last - first) * (float(value) - low) / span, 1)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between low and high, at most about so many."""
    rough = (high - low or 1.0) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough)
    return [round(step * k, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _path(xs: list[float], ys: list[float]) -> str:
    """A line through what is defined, broken where something is not."""
    out, pen = "", "M"
    for x, y in zip(xs, ys, strict=True):
        if math.isnan(y):
            pen = "M"
        else:
            out, pen = f"{out}{pen}{x} {y}", "L"
    return out
