"""Where the numbers of a flat figure fall on a sheet of a given size: what Plotly works out in the browser."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

LETTER = 7.0  # units that a letter of a tick's label takes, about


@dataclass(frozen=True)
class Axis:
    """One axis: the values low and high stand at the units first and last; look is Plotly's own of it."""

    low: float
    high: float
    first: float
    last: float
    look: go.layout.XAxis | go.layout.YAxis

    def __call__(self, values: object) -> np.ndarray:
        """Where values stand, to a tenth of a unit; NaN where there is none."""
        share = (np.asarray(values, float) - self.low) / ((self.high - self.low) or 1.0)
        return np.round(self.first + (self.last - self.first) * share, 1)

    @property
    def seen(self) -> bool:
        return self.look.visible is not False and not self.look.overlaying

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Where it is labelled, and with what: at the places that the figure names, else at round numbers."""
        if self.look.showticklabels is False:
            return []
        if self.look.tickvals is not None:
            return [(float(at), str(text)) for at, text in zip(self.look.tickvals, self.look.ticktext, strict=True)]
        low, high = sorted((self.low, self.high))
        return [(at, f"{at:.10g}") for at in rounds(low, high, most)]


@dataclass(frozen=True)
class Frame:
    """The part of a sheet that a figure's numbers fill, in units, and its axes by Plotly's names for them."""

    left: float
    right: float
    top: float
    bottom: float
    axes: dict[str, Axis]


def frame(figure: go.Figure, width: float, height: float, keyed: bool) -> Frame:
    """keyed: its legend stands elsewhere, and needs no room above it."""
    layout, margin = figure.layout, figure.layout.margin
    names = sorted(name.replace("axis", "") for name in layout.to_plotly_json() if name[1:5] == "axis")
    ranges = {name: _range(figure, name) for name in names}
    named = max((len(str(text)) for text in layout.yaxis.ticktext or ()), default=0)
    titled = bool(layout.yaxis.title.text) and layout.yaxis.showticklabels is not False
    left = max(margin.l, LETTER * named + 12) + (14 if titled else 0)
    right, top, bottom = width - margin.r, min(margin.t, 12) if keyed else margin.t, height - margin.b
    axes = {}
    for name, (low, high) in ranges.items():
        look = layout[f"{name[0]}axis{name[1:]}"]
        start, end = look.domain or (0, 1)
        across = (left, right) if name[0] == "x" else (bottom, top)
        first, last = (across[0] + share * (across[1] - across[0]) for share in (start, end))
        axes[name] = Axis(low, high, first, last, look)
    for name, axis in axes.items():
        if axis.look.scaleanchor:
            axes[axis.look.scaleanchor], axes[name] = _one_scale(axes[axis.look.scaleanchor], axis)
    return Frame(left, right, top, bottom, axes)


def rounds(low: float, high: float, most: int) -> list[float]:
    """Round numbers between low and high, at most about so many."""
    rough = (high - low or 1.0) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough)
    return [round(step * k, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _range(figure: go.Figure, name: str) -> tuple[float, float]:
    """What an axis spans: as it is set, else all that is drawn along it and a little more."""
    look = figure.layout[f"{name[0]}axis{name[1:]}"]
    if look.range:
        return float(look.range[0]), float(look.range[1])
    drawn = [
        np.asarray(getattr(trace, name[0]), float)
        for trace in figure.data
        if (getattr(trace, f"{name[0]}axis", None) or name[0]) == name and getattr(trace, name[0]) is not None
    ]
    known = np.concatenate([np.zeros(0), *(values[np.isfinite(values)] for values in drawn)])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    zero = look.rangemode == "tozero"
    low = min(low, 0.0) if zero else low
    room = 0.06 * (high - low or 1.0)
    return (low if zero and low == 0 else low - room), high + room


def _one_scale(a: Axis, b: Axis) -> tuple[Axis, Axis]:
    """The same axes with as many units for 1 on both: the one that has room to spare shows more on both sides."""
    units = [abs(one.last - one.first) / abs((one.high - one.low) or 1.0) for one in (a, b)]
    out = []
    for one, scale in zip((a, b), units, strict=True):
        middle, half = (one.low + one.high) / 2, (one.high - one.low) / 2 * scale / min(units)
        out.append(Axis(middle - half, middle + half, one.first, one.last, one.look))
    return out[0], out[1]
