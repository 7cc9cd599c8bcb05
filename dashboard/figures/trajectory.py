"""A run's path over a map of latent space, in 2 or 3 dimensions, and beside it what pure chance would draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.placement import GAP, GUESS, STATE, THUMB, Route, Sheet, names

GALLERY = "gallery"  # name of the cloud's trace; a path's dots are named "x_t <id>" and "x0 <id>"
SILENT = {"hoverinfo": "skip"}


@dataclass(frozen=True)
class Chart:
    """A map of d = 2 or 3 dimensions, ready to draw; the first route is the run in view."""

    routes: list[Route]
    cloud: np.ndarray  # (N, d) the gallery
    labels: list[str]  # (N,)
    pictures: dict[int, str]  # gallery index -> data URI, for those that are drawn
    axes: list[str]  # (d,) titles
    true: bool  # lengths and angles mean something, so that both axes need one scale
    guide: np.ndarray | None = None  # (L, d) a curve to hold the path against


def latent_map(chart: Chart, rail: str, fresh: str = "") -> go.Figure:
    """The path of the run in view grows with the rail, the markers of all runs move along.

    fresh: while it stays the same, the visitor's camera is kept.
    """
    flat, moves = len(chart.axes) == 2, []
    fig = theme.figure(uirevision=fresh)
    _add(fig, chart.cloud, mode="markers", name=GALLERY, text=[theme.words(label) for label in chart.labels],
         hovertemplate="%{text}<extra></extra>",
         marker={"size": 5 if flat else 3, "color": theme.QUIET, "opacity": 0.45})  # fmt: skip
    if chart.guide is not None:
        line = {"color": theme.QUIET, "width": 2 if flat else 4, "dash": "dot"}
        _add(fig, chart.guide, mode="lines", name="guide", line=line, **SILENT)
    for route in reversed(chart.routes):  # the run in view comes last, on top
        moves += _add_route(fig, route, first=route is chart.routes[0])
    sheet = Sheet.around(chart.cloud, chart.routes, chart.true)
    _add_names(fig, chart.routes, sheet)
    fig.update_layout(meta={"rail": rail, "moves": moves})
    if flat:
        _frame_flat(fig, chart, sheet)
    else:
        _frame_solid(fig, chart.axes)
    return fig


def control(run: np.ndarray, chance: np.ndarray, titles: tuple[str, str], colour: str, rail: str) -> go.Figure:
    """Two paths (P, 2), each in its own PCA and at one scale: the run's and the random walk's."""
    fig, moves = theme.figure(margin={"l": 8, "r": 8, "t": 30, "b": 8}), []
    half = 0.55 * np.maximum(np.ptp(run, axis=0), np.ptp(chance, axis=0))
    for number, path, ink, title in (("", run, colour, titles[0]), ("2", chance, theme.QUIET, titles[1])):
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}", **SILENT}
        style = {"marker": {"size": 4, "color": ink}, "line": {"color": ink, "width": 2}}
        _add(fig, path, mode="lines+markers", **style, **place)
        _add(fig, path[-1:], mode="markers", marker={"size": 12, "color": ink}, **place)
        moves.append(_move(fig, path))
        x, y = (np.stack([-half, half], 1) + ((path.min(0) + path.max(0)) / 2)[:, None]).tolist()
        left = 0.52 if number else 0.0
        fig.update_layout({
            f"xaxis{number}": {"visible": False, "domain": [left, left + 0.48], "range": x},
            f"yaxis{number}": {"visible": False, "anchor": f"x{number}", "scaleanchor": f"x{number}", "range": y},
        })  # fmt: skip
        fig.add_annotation(text=title, xref=f"x{number} domain", yref="paper", x=0, y=1, yshift=26, xanchor="left",
                           showarrow=False, font={"size": 13})  # fmt: skip
    return fig.update_layout(meta={"rail": rail, "moves": moves})


def _add_route(fig: go.Figure, route: Route, first: bool) -> list[dict]:
    """Draw a run and give what the rail moves of it."""
    flat, moves = route.line.shape[1] == 2, []
    width, guess = 2 if flat else 4, theme.QUANTITY["x0"]
    _add(fig, route.x0, mode="lines", opacity=0.7 if first else 0.4,
         line={"color": guess, "width": width, "dash": "dot"}, **SILENT)  # fmt: skip
    _add(fig, route.line, mode="lines", opacity=0.3 if first else 0.6,
         line={"color": route.colour, "width": width}, **SILENT)  # fmt: skip
    if first:
        _add(fig, route.line, mode="lines", line={"color": route.colour, "width": 1.6 * width}, **SILENT)
        whole = _move(fig, route.line)
        parts = {axis: [whole[axis][:n] for n in route.walked.tolist()] for axis in "xyz" if axis in whole}
        moves.append(whole | parts)
    for quantity, symbol, points, colour in (("x0", GUESS, route.x0, guess), ("x_t", STATE, route.x, route.colour)):
        _add(fig, points, mode="markers", name=f"{quantity} {route.id}", meta={"rail": True},
             text=[f"{theme.words(route.name)}<br>{symbol} · {step}" for step in route.steps],
             hovertemplate="%{text}<extra></extra>",
             marker={"size": 6 if flat else 3, "color": colour, "opacity": 0.75 if first else 0.5})  # fmt: skip
        size = (13 if first else 10) if flat else 7
        _add(fig, points[-1:], mode="markers",
             marker={"size": size, "color": colour, "line": {"width": 2, "color": "white"}}, **SILENT)  # fmt: skip
        moves.append(_move(fig, points))
    return moves


def _add_names(fig: go.Figure, routes: list[Route], sheet: Sheet) -> None:
    placed = names(routes, sheet)
    flat = {"cliponaxis": False} if len(sheet.low) == 2 else {}
    _add(fig, np.stack([name.point for name in placed]), mode="markers+text", text=[name.text for name in placed],
         textposition=[name.place for name in placed], textfont={"size": 13, "color": [name.colour for name in placed]},
         marker={"size": 2 * GAP, "opacity": 0}, **SILENT, **flat)  # fmt: skip


def _add(fig: go.Figure, points: np.ndarray, **style) -> None:
    """A trace through points (N, 2) or (N, 3), in float32: the screen shows no more."""
    trace = go.Scatter if points.shape[1] == 2 else go.Scatter3d
    fig.add_trace(trace(**dict(zip("xyz", points.T.astype(np.float32), strict=False)), **style))


def _move(fig: go.Figure, points: np.ndarray) -> dict:
    """The rail moves the trace that was added last through points (P, d)."""
    return {"trace": len(fig.data) - 1, **dict(zip("xyz", np.round(points, 3).T.tolist(), strict=False))}


def _frame_flat(fig: go.Figure, chart: Chart, sheet: Sheet) -> None:
    origin = chart.guide is not None  # there the axes cross where the latent is 0
    for axis, title, span in zip(("xaxis", "yaxis"), chart.axes, sheet.ranges, strict=True):
        fig.update_layout({axis: {"title": {"text": title}, "range": span, "showticklabels": False, "showgrid": False,
                                  "zeroline": origin}})  # fmt: skip
    fig.update_layout(yaxis_scaleanchor="x" if chart.true else False, margin={"l": 28, "r": 8, "t": 8, "b": 28})
    width, height = (THUMB * sheet.pixel).tolist()
    for index, uri in chart.pictures.items():
        x, y = chart.cloud[index].tolist()
        fig.add_layout_image(source=uri, x=x, y=y, sizex=width, sizey=height, xref="x", yref="y", xanchor="center",
                             yanchor="middle", sizing="stretch", layer="above")  # fmt: skip


def _frame_solid(fig: go.Figure, axes: list[str]) -> None:
    quiet = {"showticklabels": False, "showbackground": False, "showspikes": False, "ticks": "", "zeroline": False}
    fig.update_layout(
        scene={axis: {**quiet, "title": {"text": title, "font": {"size": 11}}}
               for axis, title in zip(("xaxis", "yaxis", "zaxis"), axes, strict=True)},
        scene_aspectmode="data",
        scene_camera={"eye": {"x": 1.15, "y": -1.35, "z": 0.65}, "center": {"x": 0, "y": 0, "z": -0.08}},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode="turntable",
    )  # fmt: skip
