"""The map of pictures and words in CLIP's space, in 2 or 3 dimensions. Arrays in, go.Figure out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard import theme
from dashboard.figures.placement import Sheet, apart

PICTURES, WORDS, YOURS = "pictures", "words", "yours"  # names of the three traces
COLOURS = {PICTURES: theme.QUIET, WORDS: theme.QUANTITY["cond"], YOURS: theme.QUANTITY["guided"]}
THUMB = 36  # pixels a side, of a map about 560 by 400
MAX_THUMBS, MAX_NAMES = 110, 60
LETTER, LINE = 6.2, 15  # pixels, about


@dataclass(frozen=True)
class Atlas:
    """N pictures, M words and K words of the visitor, in d = 2 or 3 dimensions."""

    pictures: np.ndarray  # (N, d)
    words: np.ndarray  # (M, d)
    yours: np.ndarray  # (K, d)
    labels: list[str]  # (N,)
    names: list[str]  # (M,)
    typed: list[str]  # (K,), anybody's text
    axes: list[str]  # (d,) titles, escaped
    true: bool  # lengths mean something: one scale for all axes


def seen(atlas: Atlas) -> list[int]:
    """The pictures that fit on a flat map as thumbnails, none over another nor over a word of the visitor."""
    side = THUMB * _sheet(atlas).pixel
    return apart(atlas.pictures / side, atlas.yours / side)[:MAX_THUMBS]


def draw(atlas: Atlas, thumbs: dict[int, str], lasso: bool, fresh: str) -> go.Figure:
    """thumbs: data URIs of the pictures that seen() names. fresh: while it stays the same, so does the view."""
    flat = atlas.pictures.shape[1] == 2
    fig = theme.figure(uirevision=fresh)
    drawn = ((PICTURES, atlas.pictures, atlas.labels, "circle"), (WORDS, atlas.words, atlas.names, "diamond"),
             (YOURS, atlas.yours, atlas.typed, "diamond"))  # fmt: skip
    for name, points, texts, symbol in drawn:
        yours = name == YOURS
        marker = {
            "symbol": symbol,
            "color": COLOURS[name],
            "size": (13 if yours else 6) if flat else (7 if yours else 3),
        }
        if not yours:
            marker["opacity"] = 0.6 if name == WORDS else 0.75
        style = {"mode": "markers+text", "textposition": "top center", "textfont": {"size": 14, "color": COLOURS[name]}}
        _add(fig, points, name=name, text=[theme.words(text) for text in texts], marker=marker,
             hovertemplate=f"%{{text}}<extra>{name}</extra>", **(style if yours else {"mode": "markers"}))  # fmt: skip
    if flat:
        _flat(fig, atlas, thumbs, lasso)
    else:
        _solid(fig, atlas.axes)
    fig.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"})
    return fig


def _flat(fig: go.Figure, atlas: Atlas, thumbs: dict[int, str], lasso: bool) -> None:
    sheet = _sheet(atlas)
    for axis, title, span in zip(("xaxis", "yaxis"), atlas.axes, sheet.ranges, strict=True):
        fig.update_layout({axis: {"title": {"text": title}, "range": span, "showticklabels": False, "showgrid": False}})
    fig.update_layout(
        yaxis_scaleanchor="x" if atlas.true else False,
        margin={"l": 28, "r": 8, "t": 30, "b": 28},
        dragmode="lasso" if lasso else "pan",
        meta={"rail": None, "moves": [], "zoom": True},
    )
    width, height = (THUMB * sheet.pixel).tolist()
    for index, uri in thumbs.items():
        x, y = atlas.pictures[index].tolist()
        fig.add_layout_image(source=uri, x=x, y=y, sizex=width, sizey=height, xref="x", yref="y", xanchor="center",
                             yanchor="middle", sizing="stretch", layer="above")  # fmt: skip
    shown = _names(atlas, list(thumbs), sheet.pixel)
    _add(fig, atlas.words[shown], mode="text", name="names", text=[theme.words(atlas.names[i]) for i in shown],
         textfont={"size": 11, "color": COLOURS[WORDS]}, textposition="top center", hoverinfo="skip",
         showlegend=False)  # fmt: skip


def _names(atlas: Atlas, pictures: list[int], pixel: np.ndarray) -> list[int]:
    """The words whose names can be read: none over a thumbnail, another name or a word of the visitor."""
    boxes = [_box(point, pixel, THUMB, THUMB) for point in atlas.pictures[pictures]]
    boxes += [_box(point, pixel, 9 * len(text), 40) for point, text in zip(atlas.yours, atlas.typed, strict=True)]
    chosen = []
    for index, point in enumerate(atlas.words):
        box = _box(point + np.array([0, LINE]) * pixel, pixel, LETTER * len(atlas.names[index]), LINE)
        if not any(np.all((box[0] < other[1]) & (other[0] < box[1])) for other in boxes):
            chosen.append(index)
            boxes.append(box)
    return chosen[:MAX_NAMES]


def _box(centre: np.ndarray, pixel: np.ndarray, width: float, height: float) -> np.ndarray:
    half = np.array([width, height]) / 2 * pixel
    return np.stack([centre - half, centre + half])


def _sheet(atlas: Atlas) -> Sheet:
    points = np.concatenate([atlas.pictures, atlas.words, atlas.yours])
    return Sheet(points.min(0), points.max(0), atlas.true)


def _solid(fig: go.Figure, axes: list[str]) -> None:
    quiet = {"showticklabels": False, "showbackground": False, "showspikes": False, "ticks": "", "zeroline": False}
    fig.update_layout(
        scene={axis: {**quiet, "title": {"text": title, "font": {"size": 11}}}
               for axis, title in zip(("xaxis", "yaxis", "zaxis"), axes, strict=True)},
        scene_aspectmode="data", margin={"l": 0, "r": 0, "t": 30, "b": 0}, dragmode="turntable",
    )  # fmt: skip


def _add(fig: go.Figure, points: np.ndarray, **style) -> None:
    trace = go.Scatter if points.shape[1] == 2 else go.Scatter3d
    fig.add_trace(trace(**dict(zip("xyz", points.T.astype(np.float32), strict=False)), **style))
