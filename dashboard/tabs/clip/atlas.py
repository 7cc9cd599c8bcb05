"""The atlas: every picture of the gallery and every word on one map, yours among them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import gradio as gr
import numpy as np

from core import projection
from core.advice import unread
from core.types import RequestError
from dashboard import pictures
from dashboard.address import FirstView, keep, query, restored
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET, at_last
from dashboard.figures import clip_atlas as figures
from dashboard.figures.placement import SCREEN
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard
from dashboard.tabs.clip import atlas_card
from dashboard.tabs.clip import atlas_views as views
from dashboard.tabs.clip.spaces import Space, Spaces
from dashboard.tabs.clip.views import Room, files, setting, told, wide

TITLE = "Atlas"
VIEWS = {"UMAP": "umap", "PCA": "pca", "Your axes": "axes"}
DIMS = {"2-D": 2, "3-D": 3}
AXES = ("dog - cat", "red - blue")
PATIENCE = 2.0  # seconds to wait for work in the background; beyond them the map looks again and again
THUMB = 56
LABEL, HEIGHT = "Map of the gallery's pictures and of words", 560


def build(room: Room) -> None:
    gr.HTML(heading(*views.HEAD))
    with gr.Row(elem_classes=["ds-map-controls"]):
        look = {"elem_classes": ["ds-segmented"], "min_width": 0}
        view = gr.Radio(list(VIEWS.items()), value="umap", label="Projection", elem_id="atlas-view", **look)
        dims = gr.Radio(list(DIMS.items()), value=2, label="Dimensions", elem_id="atlas-dims", **look)
        hand = gr.Radio(["Move", "Lasso"], value="Move", label="The mouse", elem_id="atlas-hand", **look)
        closed = gr.Checkbox(
            False, label="Remove modality gap", elem_id="atlas-closed", elem_classes=["ds-check"], min_width=0
        )
    with gr.Row(elem_classes=["ds-clip-row"], visible=False, elem_id="atlas-axes") as axes:
        across = gr.Textbox(AXES[0], label="Across", max_lines=1, elem_id="atlas-across")
        up = gr.Textbox(AXES[1], label="Upwards (optional)", max_lines=1, elem_id="atlas-up")
    with gr.Row(elem_classes=["ds-map"]):
        with gr.Column(elem_classes=["ds-map-plot"], min_width=0):
            plot = PlotlyHTML(height=HEIGHT, label=LABEL, elem_id="atlas")
            sentences = gr.HTML(paragraphs([views.READING]), elem_id="atlas-told", elem_classes=["ds-told"])
            save = files("atlas")
        with gr.Column(elem_classes=["ds-map-side"], min_width=0):
            typed = gr.Textbox(label="Your own words", placeholder="kitten, crown, something warm", max_lines=2,
                               elem_id="atlas-typed")  # fmt: skip
            card = atlas_card.Card(views.HINT, elem_id="atlas-card")
    opened, clock = FirstView(elem_id="atlas-opened"), gr.Timer(1.0, active=False)
    settings = [
        setting("view", view, "umap", tuple(VIEWS.values())), setting("dims", dims, 2, tuple(DIMS.values())),
        setting("gap-closed", closed, False, (True, False)), setting("words", typed, ""),
        setting("across", across, AXES[0]), setting("up", up, AXES[1]),
    ]  # fmt: skip

    @guard
    def draw(model, source, name, count, mouse, shut, words, *ends) -> Iterator[dict]:
        yield {axes: gr.Row(visible=name == "axes"), clock: gr.Timer(active=False)}
        ends_at = time.monotonic() + PATIENCE
        for space in room.spaces.wait(model, source):
            if isinstance(space, float) and time.monotonic() > ends_at:
                yield {sentences: paragraphs([f"{views.READING} {space:.0%}"]), clock: gr.Timer(active=True)}
                return
        yield {sentences: paragraphs([views.computing(space, name)])}
        shut, own = bool(shut), views.words(words)
        laid = laid_out(room.spaces, space, name, count, shut, own, ends)
        n = len(space.pictures)
        atlas = figures.Atlas(laid.all[:n], laid.all[n:], laid.yours, space.labels, space.names, own, laid.titles,
                              laid.true)  # fmt: skip
        thumbs = {i: pictures.uri(space.thumbs[i], THUMB) for i in figures.seen(atlas)} if count == 2 else {}
        fresh = f"{name} {count} {shut} {ends if name == 'axes' else ''} {source}"
        trust = projection.trustworthiness(space.points(shut), laid.all)
        lines = [*unread(space.clip, own), *laid.lines, views.trust(trust), views.gap(space, shut)]
        yield {plot: figures.draw(atlas, thumbs, mouse == "Lasso", fresh), sentences: paragraphs(lines)}
        if laid.waiting:
            yield {clock: gr.Timer(active=True)}

    def sheet(layers, *values):
        """The map as it is, but flat."""
        *asked, page = values
        model, source, name, count, _, shut, typed_words, *ends = asked
        shown = {}
        for now in draw(model, source, name, 2, "Move", shut, typed_words, *ends):
            shown |= now
        if plot not in shown:
            raise RequestError("map", "none", "there before it can be saved: CLIP still reads the gallery")
        body = heading(*views.HEAD) + wide(shown[plot], LABEL, SCREEN[1]) + told(shown[sentences])
        set_to = zip(settings, (name, count, bool(shut), typed_words, *ends), strict=True)
        return room.sheet(TITLE, typed_words.strip(), body, layers, set_to, (model, source, page))

    @guard
    def again(model, source, name, count, mouse, shut, *rest) -> Iterator[dict]:
        """What the map was waiting for, once it is there."""
        space = next(room.spaces.wait(model, source))
        if name == "umap" and not isinstance(space, float) and room.spaces.umap(space, count, bool(shut)) is None:
            return
        yield from draw(model, source, name, count, mouse, shut, *rest)

    def start(event: gr.EventData):
        return restored([*settings, room.another], query(event)) or gr.skip()

    inputs = [*room.inputs, view, dims, hand, closed, typed, across, up]
    raw = {"preprocess": False, "trigger_mode": "always_last", **QUIET}
    outputs = [plot, sentences, axes, clock]
    keep(settings, opened)
    room.offer(save, "atlas", sheet, room.shell.layers, *inputs)
    opened.first_view(start, None, [one.control for one in (*settings, room.another)], **QUIET).then(
        draw, inputs, outputs, **raw
    )
    fields = (typed, across, up, room.source)
    changes = [*(one.input for one in (view, dims, hand, closed)), *(one.submit for one in fields)]
    at_last(changes, draw, inputs, outputs, preprocess=False)
    clock.tick(again, inputs, outputs, **raw)
    atlas_card.wire(room, plot, typed, card)


class Laid(NamedTuple):
    """Where everything lies on the map, and what is to be said of it."""

    all: np.ndarray  # (N + M, 2 or 3): the pictures, then the names
    yours: np.ndarray  # (K, 2 or 3): the visitor's words
    titles: list[str]  # of the axes
    true: bool  # whether distances on the map are those of a plane through the space
    lines: list[str]
    waiting: bool = False  # for a better one


def laid_out(
    spaces: Spaces, space: Space, name: object, count: object, shut: bool, own: list[str], ends: tuple
) -> Laid:
    """The view of this name; UMAP's is the principal components until it has been computed."""
    if count not in (2, 3) or name not in VIEWS.values():
        raise RequestError("view", (name, count), f"one of {', '.join(VIEWS)}, in 2 or 3 dimensions")
    points = space.points(shut)
    placed = space.place(space.clip.text(own), shut) if own else np.empty((0, points.shape[1]))
    if name == "axes":
        return by_axes(space, points, placed, ends, count)
    bent = spaces.umap(space, count, shut) if name == "umap" else None
    if bent is not None:
        yours = projection.Umap(points, bent).transform(placed) if own else np.empty((0, count))
        return Laid(bent, yours, [f"UMAP {i + 1}" for i in range(count)], False, [views.BENT])
    fitted = projection.pca(points, count)
    shares = fitted.explained(points)
    titles = [f"PC {i + 1} · {share:.0%}" for i, share in enumerate(shares)]
    yours = fitted.transform(placed) if own else np.empty((0, count))
    lines = [*([views.WAITING] if name == "umap" else []), views.shares(shares.sum(), count)]
    return Laid(fitted.transform(points), yours, titles, True, lines, name == "umap")


def by_axes(space: Space, points: np.ndarray, placed: np.ndarray, ends: tuple, count: int) -> Laid:
    """Everything by its dot product with the visitor's directions; what they leave out is drawn widest first."""
    named = [text.strip() for text in ends if isinstance(text, str) and text.strip()]
    if not named:
        raise RequestError("axis", "empty", "a difference of two words, as in dog - cat")
    directions = np.stack([views.direction(space, text) for text in named])  # (1 or 2, D)
    flat = np.linalg.qr(directions.T)[0].T
    rest = points - points.mean(0)
    rest = projection.pca(rest - rest @ flat.T @ flat, count).basis if len(named) < count else []
    basis = np.vstack([directions, *rest])[:count]
    titles = [views.axis_title(text) for text in named] + ["the rest, widest"] * (count - len(named))
    return Laid(points @ basis.T, placed @ basis.T, titles, True, [views.axes_told(directions)])
