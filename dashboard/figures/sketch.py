"""A flat figure as an SVG, for a page without Plotly: the same lines, points, names and pictures.

What the rail moves follows it there too: see marks() of static/onefile/sheet.js.
"""

from __future__ import annotations

import html
import json
import re

import numpy as np
import plotly.graph_objects as go
from markupsafe import Markup, escape

from dashboard.figures.axes import Axis, Frame, frame
from dashboard.markup import plain

WIDTH, HEIGHT = 560, 210
DASHES = {"solid": "", "dash": "6 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "11 4"}
LARGEST = 1.25  # times that a sketch is enlarged at most
FONT = 12  # units; a text says how many times as large it is
ANCHORS = {"left": "end", "center": "middle", "right": "start"}  # side of its point -> which end of a text is there
STYLED = {
    "<i>": '<tspan font-style="italic">',
    "<sub>": '<tspan font-size="75%" baseline-shift="sub">',
    "</i>": "</tspan>",
    "</sub>": "</tspan>",
}


def sketch(figure: go.Figure, label: str, height: float = HEIGHT, width: float = WIDTH) -> Markup:
    """label: what it shows, for who does not see it. A legend stands above it; height and width are the plot's, in
    pixels of a wide screen, about."""
    named = _named(figure)
    placed = frame(figure, width, height, bool(named))
    moves = {move["trace"]: move for move in figure.layout.meta["moves"]}
    out, over = _grid(placed), Markup("")
    for number, trace in enumerate(figure.data):
        if trace.type == "heatmap":
            out += _cells(trace, placed)
        else:
            drawn, words = _trace(trace, placed, moves.get(number))
            out, over = out + drawn, over + words
    out += Markup("").join(_picture(image, placed) for image in figure.layout.images) + over
    out += Markup("").join(_title(one, placed) for one in figure.layout.annotations)
    drawn = Markup(
        '<svg class="ds-sketch" viewBox="0 0 {} {}" style="max-width: {:.0f}px" role="img" aria-label="{}">{}</svg>'
    ).format(width, height, LARGEST * width, plain(label), out)
    return (_legend(named) if named else Markup("")) + drawn


def written(text: str) -> Markup:
    """A text as Plotly reads it: signs are escaped already, and a letter may be slanted or lowered."""
    parts = re.split("(</?(?:i|sub)>)", text)
    return Markup("").join(Markup(STYLED.get(part, escape(html.unescape(part)))) for part in parts)


def _named(figure: go.Figure) -> list:
    """The traces that a legend tells apart: where the figure has one, and the lines that follow a rail."""
    lines = [one for one in figure.data if getattr(one, "mode", "") == "lines" and (one.meta or {}).get("rail")]
    if not figure.layout.showlegend:
        return lines if len(lines) > 1 else []
    return [one for one in figure.data if one.name and one.showlegend is not False]


def _legend(named: list) -> Markup:
    entries = Markup("")
    for one in named:
        line, look = one.line, _looks(one, 1)[0]
        dashes = DASHES[line.dash or "solid"]
        mark = (
            Markup('<path d="M0 4H26" stroke="{}" stroke-dasharray="{}"/>').format(line.color, dashes)
            if "lines" in one.mode
            else Markup('<circle cx="13" cy="4" r="3.5" {}/>').format(look)
        )
        entries += Markup('<span><svg viewBox="0 0 26 8">{}</svg>{}</span>').format(mark, written(one.name))
    return Markup('<p class="ds-key">{}</p>').format(entries)


def _grid(placed: Frame) -> Markup:
    """Lines of the axes that show them, their ticks and their titles."""
    out = Markup("")
    for name, axis in placed.axes.items():
        if not axis.seen:
            continue
        upright, middle = name[0] == "y", (axis.first + axis.last) / 2
        lines = [at for at, _ in axis.ticks(4)] if upright and axis.look.showgrid is not False else []
        for at in axis([*lines, *([0.0] if axis.look.zeroline and axis.low < 0 < axis.high else [])]):
            ends = (placed.left, placed.right, at, at) if upright else (at, at, placed.top, placed.bottom)
            out += Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(*ends)
        for value, text in axis.ticks(4 if upright else 6):
            at = float(axis(value))
            x, y = (placed.left - 6, at) if upright else (at, placed.bottom)
            down = ".35em" if upright else "1.3em"
            out += _text(x, y, written(text), "end" if upright else "middle", Markup(' dy="{}"').format(down))
        if title := axis.look.title.text:
            turn = Markup(' transform="rotate(-90 11 {0})"').format(middle) if upright else ""
            down = "0" if upright else "2.5em" if axis.ticks(6) else "1.4em"
            at = (11, middle) if upright else (middle, placed.bottom)
            out += _text(*at, written(title), "middle", Markup(' dy="{}"{}').format(down, turn))
    return out


def _text(x: float, y: float, text: Markup, anchor: str, more: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(x, y, anchor, more, text)


def _trace(trace: go.Scatter, placed: Frame, move: dict | None) -> tuple[Markup, Markup]:
    """Its line with its points, and its texts; move: what the rail makes of them, as theme.figure() has it."""
    axes = placed.axes[trace.xaxis or "x"], placed.axes[trace.yaxis or "y"]
    xs, ys = (axis(values) for axis, values in zip(axes, (trace.x, trace.y), strict=True))
    shown, out, words = trace.mode.split("+"), Markup(""), Markup("")
    arrow = trace.marker.symbol == "arrow"
    if trace.fill == "toself":
        return BAND.format(_path(xs, ys), trace.fillcolor, trace.opacity) if len(xs) else out, words
    if "lines" in shown:
        out += _line(trace, _path(xs, ys), arrow)
    if "markers" in shown and not arrow and trace.marker.opacity != 0:
        texts = trace.text if "%{text}" in (trace.hovertemplate or "") else None
        out += _points(trace, xs, ys, texts)
    if "text" in shown:
        words = _words(trace, xs, ys)
    if move is None:
        return out, words
    told = {d: _places(axis, move[d]) for d, axis in zip("xy", axes, strict=True) if d in move}
    if "textposition" in move:
        told["side"] = [[_beside(place, trace.marker.size) for place in row] for row in move["textposition"]]
    still = {d: [_plain(at)] for d, at in (("x", xs), ("y", ys))}
    moved = json.dumps(still | told, separators=(",", ":"))
    return tuple(MOVED.format(moved, part) if part else part for part in (out, words))


def _line(trace: go.Scatter, path: str, arrow: bool) -> Markup:
    head, end = Markup(""), ""
    if arrow:
        name = f"arrow-{trace.line.color.strip('#')}"
        head, end = HEAD.format(name, trace.line.color), Markup(' marker-end="url(#{})"').format(name)
    return head + Markup(
        '<path class="line" d="{}" stroke="{}" stroke-width="{}" stroke-dasharray="{}" opacity="{}"{}/>'
    ).format(path, trace.line.color, trace.line.width or 2, DASHES[trace.line.dash or "solid"], _opacity(trace), end)


def _points(trace: go.Scatter, xs: np.ndarray, ys: np.ndarray, texts: list[str] | None) -> Markup:
    looks, out = _looks(trace, len(xs)), Markup("")
    sizes, symbols = (_each(of, len(xs), usual) for of, usual in ((trace.marker.size, 6), (trace.marker.symbol, "")))
    for n, (x, y) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True)):
        told = Markup("<title>{}</title>").format(html.unescape(texts[n]).replace("<br>", " ")) if texts else ""
        look = looks[n] if len(looks) > 1 else ""
        r = sizes[n] / 2
        if symbols[n] == "diamond":
            out += Markup('<path d="M{} {}l{r} {r}l-{r} {r}l-{r} -{r}Z" {}>{}</path>').format(x, y - r, look, told, r=r)
        else:
            out += Markup('<circle cx="{}" cy="{}" r="{}" {}>{}</circle>').format(x, y, r, look, told)
    alike = looks[0] if len(looks) == 1 else ""
    return Markup('<g opacity="{}" {}>{}</g>').format(_opacity(trace.marker, trace), alike, out)


def _looks(trace: go.Scatter, count: int) -> list[Markup]:
    """How its points are filled and edged: one for all of them, or one for each."""
    marker = trace.marker
    colours = _each(marker.color, count, trace.line.color)
    edge = (marker.line.color, marker.line.width) if marker.line.width else ("none", 0)
    looks = [
        Markup('fill="none" stroke="{}" stroke-width="1.5"').format(colour)
        if "open" in str(marker.symbol)
        else Markup('fill="{}" stroke="{}" stroke-width="{}"').format(colour, *edge)
        for colour in colours
    ]
    return looks[:1] if len(set(looks)) == 1 else looks


def _words(trace: go.Scatter, xs: np.ndarray, ys: np.ndarray) -> Markup:
    count, out = len(xs), Markup("")
    font = trace.textfont
    colours, places = _each(font.color, count, None), _each(trace.textposition, count, "middle center")
    sizes = _each(trace.marker.size if "markers" in trace.mode else 4, count, 6)
    for x, y, text, colour, place, size in zip(
        xs.tolist(), ys.tolist(), _each(trace.text, count, ""), colours, places, sizes, strict=True
    ):
        dx, dy, anchor = _beside(place, size)
        out += Markup('<text x="{}" y="{}" dx="{}" dy="{}" text-anchor="{}"{}>{}</text>').format(
            x, y, dx, dy, anchor, Markup(' fill="{}"').format(colour) if colour else "", written(text)
        )
    return Markup('<g font-size="{:.3g}em">{}</g>').format((font.size or FONT) / FONT, out)


def _beside(place: str, size: float) -> tuple[float, float, str]:
    """How far from its point a text stands on this side of a marker of this size, and which of its ends is there."""
    up, side = place.split()
    away = size / 2 + 3
    dx, dy = {"left": -away, "center": 0, "right": away}[side], {"top": -away, "middle": 4, "bottom": away + 9}[up]
    return dx, dy, ANCHORS[side]


def _cells(trace: go.Heatmap, placed: Frame) -> Markup:
    """The cells of a heat map, the deeper in the colour of its scale's end the larger their values."""
    values, colour, out = np.asarray(trace.z, float), trace.colorscale[-1][1], Markup("")
    x, y = placed.axes["x"], placed.axes["y"]
    low = values.min() if trace.zmin is None else trace.zmin
    high = values.max() if trace.zmax is None else trace.zmax
    width, height = (abs(float(axis(1) - axis(0))) - 2 for axis in (x, y))
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            share, cx, cy = (value - low) / ((high - low) or 1.0), float(x(j)), float(y(i))
            box = cx - width / 2, cy - height / 2, width, height
            out += CELL.format(*box, colour, max(share, 0.04))
            ink = Markup(' fill="white"') if share > 0.6 else Markup(' class="ink"')
            out += _text(cx, cy + 4, written(trace.text[i][j]), "middle", ink)
    return out


def _picture(image: go.layout.Image, placed: Frame) -> Markup:
    """A picture among the points, or above the plot where it stands by the paper's measure."""
    x, y = placed.axes["x"], placed.axes["y"]
    width = abs(float(x(image.sizex) - x(0)))
    if image.yref == "paper":
        height = image.sizey * (placed.bottom - placed.top)
        width = height = min(width, height)
        corner = float(x(image.x)) - width / 2, placed.bottom - image.y * (placed.bottom - placed.top) - height
    else:
        height = abs(float(y(image.sizey) - y(0)))
        corner = float(x(image.x)) - width / 2, float(y(image.y)) - height / 2
    return Markup('<image href="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        image.source, *corner, width, height
    )


def _title(one: go.layout.Annotation, placed: Frame) -> Markup:
    """A line of text that stands by the paper's measure, or by that of an axis."""
    axis = placed.axes.get(str(one.xref).partition(" ")[0])
    first, last = (axis.first, axis.last) if axis else (placed.left, placed.right)
    x = first + one.x * (last - first)
    y = placed.bottom - one.y * (placed.bottom - placed.top) - (one.yshift or 0)
    return _text(x, y + (-4 if one.yanchor == "bottom" else 12), written(one.text), "start")


def _places(axis: Axis, moved: list) -> list[list]:
    """At each position of the rail where its points stand."""
    return [_plain(axis(np.array(at if isinstance(at, list) else [at], float))) for at in moved]


def _plain(at: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else one for one in np.atleast_1d(at).tolist()]


def _each(given: object, count: int, usual: object) -> list:
    """What is given for each point, or for all of them."""
    if isinstance(given, (list, tuple, np.ndarray)):
        return list(given)
    return [usual if given is None else given] * count


def _opacity(*parts: object) -> float:
    return next((one.opacity for one in parts if one.opacity is not None), 1)


def _path(xs: np.ndarray, ys: np.ndarray) -> str:
    """A line through what is defined, broken where something is not."""
    out, pen = "", "M"
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        if x != x or y != y:
            pen = "M"
        else:
            out, pen = f"{out}{pen}{x} {y}", "L"
    return out


BAND = Markup('<path d="{}Z" fill="{}" opacity="{}"/>')
MOVED = Markup('<g data-moves="{}">{}</g>')
CELL = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" fill-opacity="{:.2f}"/>')
HEAD = Markup(
    '<defs><marker id="{}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="12" markerHeight="12" '
    'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1L10 5L0 9Z" fill="{}"/></marker></defs>'
)
