"""The atlas: every picture of the gallery and every word on one map, yours among them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr
import numpy as np

from core import projection
from core.advice import unread
from core.meaning import shared_by
from core.types import RequestError
from dashboard import pictures
from dashboard.address import FirstView, keep, query, restored
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.events import QUIET
from dashboard.figures import clip_atlas as figures
from dashboard.figures.placement import SCREEN
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard, sent
from dashboard.tabs.clip import atlas_views as views
from dashboard.tabs.clip.spaces import Space
from dashboard.tabs.clip.views import Room, files, setting, told, wide

TITLE = "Atlas"
VIEWS = {"UMAP": "umap", "PCA": "pca", "Your axes": "axes"}
DIMS = {"2-D": 2, "3-D": 3}
AXES = ("dog - cat", "red - blue")
PATIENCE = 2.0  # seconds to wait for work in the background; beyond them the map looks again and again
THUMB = 56
LABEL, HEIGHT = "Map of the gallery's pictures and of words", 560


class Card(gr.HTML):
    """Event draw: the visitor wants to see this text generated."""

    def __init__(self, value: str = "", **kwargs):
        super().__init__(
            value,
            js_on_load="""element.addEventListener('click', (event) => {
                const prompt = event.target.closest('[data-prompt]')?.dataset.prompt;
                if (prompt) trigger('draw', { prompt });
            });""",
            **kwargs,
        )


def build(room: Room) -> None:
    gr.HTML(heading(*views.HEAD))
    with gr.Row(elem_classes=["ds-map-controls"]):
        look = {"elem_classes": ["ds-segmented"], "min_width": 0}
        view = gr.Radio(list(VIEWS.items()), value="umap", label="Projection", elem_id="atlas-view", **look)
        dims = gr.Radio(list(DIMS.items()), value=2, label="Dimensions", elem_id="atlas-dims", **look)
        hand = gr.Radio(["Move", "Lasso"], value="Move", label="The mouse", elem_id="atlas-hand", **look)
        closed = gr.Checkbox(
            False, label="Close the gap", elem_id="atlas-closed", elem_classes=["ds-check"], min_width=0
        )
    with gr.Row(elem_classes=["ds-clip-row"], visible=False, elem_id="atlas-axes") as axes:
        across = gr.Textbox(AXES[0], label="Across", max_lines=1, elem_id="atlas-across")
        up = gr.Textbox(AXES[1], label="Upwards, if you like", max_lines=1, elem_id="atlas-up")
    with gr.Row(elem_classes=["ds-map"]):
        with gr.Column(elem_classes=["ds-map-plot"], min_width=0):
            plot = PlotlyHTML(height=HEIGHT, label=LABEL, elem_id="atlas")
            sentences = gr.HTML(paragraphs([views.READING]), elem_id="atlas-told", elem_classes=["ds-told"])
            save = files("atlas")
        with gr.Column(elem_classes=["ds-map-side"], min_width=0):
            typed = gr.Textbox(label="Your own words", placeholder="kitten, crown, something warm", max_lines=2,
                               elem_id="atlas-typed")  # fmt: skip
            card = Card(views.HINT, elem_id="atlas-card")
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
        shut, flat = bool(shut), count == 2
        own = views.words(words)
        placed = space.place(space.clip.text(own), shut) if own else np.empty((0, space.pictures.shape[1]))

        def frame(coordinates: np.ndarray, yours: np.ndarray, titles: list[str], true: bool, lines: list[str]) -> dict:
            n = len(space.pictures)
            atlas = figures.Atlas(coordinates[:n], coordinates[n:], yours, space.labels, space.names, own, titles, true)
            thumbs = {i: pictures.uri(space.thumbs[i], THUMB) for i in figures.seen(atlas)} if flat else {}
            fresh = f"{name} {count} {shut} {ends if name == 'axes' else ''} {source}"
            trust = projection.trustworthiness(space.points(shut), coordinates)
            lines = [*unread(space.clip, own), *lines, views.trust(trust), views.gap(space, shut)]
            return {plot: figures.draw(atlas, thumbs, mouse == "Lasso", fresh), sentences: paragraphs(lines)}

        if count not in (2, 3) or name not in VIEWS.values():
            raise RequestError("view", (name, count), f"one of {', '.join(VIEWS)}, in 2 or 3 dimensions")
        points = space.points(shut)
        if name == "axes":
            coordinates, yours, titles, lines = by_axes(space, shut, placed, ends, count)
            yield frame(coordinates, yours, titles, True, lines)
            return
        laid = room.spaces.umap(space, count, shut) if name == "umap" else None
        if laid is None:
            fitted = projection.pca(points, count)
            shares = fitted.explained(points)
            titles = [f"PC {i + 1} · {share:.0%}" for i, share in enumerate(shares)]
            waiting = [views.WAITING] if name == "umap" else []
            yours = fitted.transform(placed) if own else np.empty((0, count))
            yield frame(fitted.transform(points), yours, titles, True, [*waiting, views.shares(shares.sum(), count)])
            if name == "umap":
                yield {clock: gr.Timer(active=True)}
        if laid is not None:
            yours = projection.Umap(points, laid).transform(placed) if own else np.empty((0, count))
            yield frame(laid, yours, [f"UMAP {i + 1}" for i in range(count)], False, [views.BENT])

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

    def by_axes(space: Space, shut: bool, placed: np.ndarray, ends: tuple, count: int):
        """Everything by its dot product with the visitor's directions; what they leave out is drawn widest first."""
        named = [text.strip() for text in ends if isinstance(text, str) and text.strip()]
        if not named:
            raise RequestError("axis", "empty", "a difference of two words, as in dog - cat")
        directions = np.stack([views.direction(space, text) for text in named])  # (1 or 2, D)
        points = space.points(shut)
        flat = np.linalg.qr(directions.T)[0].T
        rest = points - points.mean(0)
        rest = projection.pca(rest - rest @ flat.T @ flat, count).basis if len(named) < count else []
        basis = np.vstack([directions, *rest])[:count]
        titles = [views.axis_title(text) for text in named] + ["the rest, widest"] * (count - len(named))
        lines = [views.axes_told(directions)]
        return points @ basis.T, placed @ basis.T, titles, lines

    @guard
    def click(model, source, words, event: gr.EventData):
        name, index = sent(event).get("name"), sent(event).get("index")
        return views.card(room.spaces.get(model, source), name, index, views.words(words))

    @guard
    def select(model, source, event: gr.EventData):
        space = room.spaces.get(model, source)
        rows = views.group(space, sent(event).get("points"))
        vectors = np.stack([space.pictures[i] if kind == figures.PICTURES else space.texts[i] for kind, i in rows])
        shared = shared_by(vectors, np.concatenate([space.pictures, space.texts]))
        return views.group_card(space, rows, shared)

    @guard
    def ask(event: gr.EventData):
        prompt = sent(event).get("prompt")
        if not isinstance(prompt, str) or len(prompt) > 200:
            raise RequestError("prompt", prompt, "at most 200 characters")
        return prompt

    inputs = [*room.inputs, view, dims, hand, closed, typed, across, up]
    raw = {"preprocess": False, "trigger_mode": "always_last", **QUIET}
    outputs = [plot, sentences, axes, clock]
    keep(settings, opened)
    room.offer(save, "atlas", sheet, room.shell.layers, *inputs)
    opened.first_view(start, None, [one.control for one in (*settings, room.another)], **QUIET).then(
        draw, inputs, outputs, **raw
    )
    for event in (view.input, dims.input, hand.input, closed.input, typed.submit, across.submit, up.submit,
                  room.source.submit):  # fmt: skip
        event(draw, inputs, outputs, **raw)
    clock.tick(again, inputs, outputs, **raw)
    plot.point_click(click, [*room.inputs, typed], card, preprocess=False, **QUIET)
    plot.points_select(select, room.inputs, card, preprocess=False, **QUIET)
    prompt = room.shell.controls.fields["prompt"]
    card.draw(ask, None, prompt, **QUIET).success(None, None, None, js="() => driftscope.openTab('generate')")
