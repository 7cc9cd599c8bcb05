"""Texts by pictures: CLIP's contrastive objective, drawn."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import numpy as np

from core.advice import unread
from core.meaning import contrast, softmax
from core.types import RequestError
from dashboard.address import FirstView, keep, query, restored
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.uploaded import File
from dashboard.events import QUIET, at_last
from dashboard.figures import matrix as figures
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard, sent
from dashboard.tabs.clip import matrix_views as views
from dashboard.tabs.clip.views import (
    MAX_PICTURES,
    Room,
    choices,
    files,
    from_files,
    from_gallery,
    from_runs,
    lines,
    setting,
    told,
    wide,
)

TITLE = "Similarity"
VALUES = {"Cosine": "cosine", "Softmax over pictures": "pictures", "Softmax over texts": "texts"}
LABEL, HEIGHT, WIDTH = "Similarity of every text with every picture", 460, 720
ORDERS = {"As given": "given", "Best matches first": "sorted"}


def build(room: Room) -> None:
    gr.HTML(heading(*views.HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        texts = gr.Textbox(
            "\n".join(views.TEXTS), label="Texts, one a line", lines=5, max_lines=10, elem_id="matrix-texts"
        )
        with gr.Column(min_width=0):
            gallery = gr.Dropdown(
                [], value=[], multiselect=True, allow_custom_value=True, label="Pictures of the gallery",
                elem_id="matrix-gallery",
            )  # fmt: skip
            paths = File(
                label="Your pictures", file_count="multiple", height=64, elem_id="matrix-files",
                elem_classes=["ds-drop"],
            )  # fmt: skip
            runs = gr.Checkbox(False, label="The runs of this page", elem_id="matrix-runs", elem_classes=["ds-check"])
    with gr.Row(elem_classes=["ds-map-controls"]):
        look = {"elem_classes": ["ds-segmented"], "min_width": 0}
        value = gr.Radio(list(VALUES.items()), value="cosine", label="Values", elem_id="matrix-value", **look)
        order = gr.Radio(list(ORDERS.items()), value="given", label="Order", elem_id="matrix-order", **look)
    with gr.Column(elem_classes=["ds-scroll-x"], min_width=0):
        plot = PlotlyHTML(height=HEIGHT, label=LABEL, elem_id="matrix")
    sentences = gr.HTML("", elem_id="matrix-told", elem_classes=["ds-told"])
    cell = gr.HTML(views.HINT, elem_id="matrix-cell")
    save = files("matrix")
    opened = FirstView(elem_id="matrix-opened")
    drawn = gr.State()  # what the matrix on the screen is made of
    settings = [
        setting("texts", texts, views.TEXTS_JOINED), setting("gallery", gallery, views.LABELS),
        setting("runs", runs, False, (True, False)), setting("values", value, "cosine", tuple(VALUES.values())),
        setting("order", order, "given", tuple(ORDERS.values())),
    ]  # fmt: skip

    @guard
    def start(model, source, event: gr.EventData):
        """What the address asks for, else a square to begin with."""
        asked = restored([*settings, room.another], query(event))
        space = room.spaces.get(model)  # whose gallery every CLIP reads
        first = [label for label in views.LABELS if label in space.labels] or list(dict.fromkeys(space.labels))[:6]
        known = len(first) == len(views.LABELS)
        shown = {gallery: first, texts: views.TEXTS_JOINED if known else "\n".join(first)} | asked
        chosen = [label for label in shown[gallery] if label in space.labels]
        return shown | {gallery: gr.Dropdown(choices(space)[1:], value=chosen)}

    @guard
    def draw(layers, model, source, typed, chosen, given, with_runs, kind, ordering):
        if kind not in VALUES.values() or ordering not in ORDERS.values():
            raise RequestError("values", (kind, ordering), f"one of {', '.join(VALUES)}")
        space, rows = room.spaces.get(model, source), lines(typed)
        columns = [*from_gallery(space, (chosen or [])[:MAX_PICTURES]), *(from_runs(layers) if with_runs else [])]
        columns += from_files(given)
        if not rows or not columns:
            return {plot: None, drawn: None, sentences: paragraphs(["Add at least one text and one picture."])}
        if len(columns) > MAX_PICTURES:
            raise RequestError("pictures", f"{len(columns)} of them", f"at most {MAX_PICTURES}")
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)):
            cosines = space.clip.text(rows) @ space.clip.image([picture.image for picture in columns]).T
        square = len(rows) == len(columns)
        paired = np.eye(len(rows), dtype=bool) if square else np.zeros(cosines.shape, bool)
        loss = contrast(cosines, space.clip.temperature) if square else None
        if ordering == "sorted":
            down, along = views.matched(cosines)
            cosines, paired = cosines[down][:, along], paired[down][:, along]
            rows, columns = [rows[i] for i in down], [columns[j] for j in along]
        shares = {axis: softmax(space.clip.temperature * cosines, axis) for axis in (0, 1)}
        values = {"cosine": cosines, "pictures": shares[1], "texts": shares[0]}[kind]
        uris = [picture.uri(96) for picture in columns]
        figure = figures.draw(values, rows, uris, kind != "cosine", paired)
        facts = [*unread(space.clip, rows), *views.verdicts(cosines, paired, loss, space.clip.temperature)]
        kept = (rows, columns, cosines, shares)
        return {plot: figure, drawn: kept, sentences: paragraphs(facts), cell: views.HINT}

    @guard
    def follow(layers, model, source, typed, chosen, given, with_runs, *look) -> Iterator[dict]:
        """The runs of the page are others now."""
        if with_runs:
            yield draw(layers, model, source, typed, chosen, given, with_runs, *look)

    def sheet(layers, model, source, typed, chosen, given, with_runs, kind, ordering, page):
        shown = draw(layers, model, source, typed, chosen, given, with_runs, kind, ordering)
        if shown[plot] is None:
            raise RequestError("texts and pictures", "none", "there before they can be saved")
        name = next(label for label, value in VALUES.items() if value == kind)
        set_to = zip(settings, (typed, chosen or [], with_runs, kind, ordering), strict=True)
        body = heading(*views.HEAD) + wide(shown[plot], LABEL, HEIGHT, WIDTH) + told(shown[sentences])
        return room.sheet(TITLE, name.lower(), body, layers, set_to, (model, source, page))

    @guard
    def click(kept, event: gr.EventData):
        if kept is None or sent(event).get("name") != figures.CELLS:
            return gr.skip()
        return views.cell(kept, sent(event).get("index"))

    inputs = [room.shell.layers, *room.inputs, texts, gallery, paths, runs, value, order]
    outputs = [plot, drawn, sentences, cell]
    keep(settings, opened)
    room.offer(save, "similarity", sheet, *inputs)
    opened.first_view(start, room.inputs, [one.control for one in (*settings, room.another)], **QUIET).then(
        draw, inputs, outputs, **QUIET
    )
    changes = [*(one.input for one in (gallery, runs, value, order)), paths.change, room.source.submit, texts.blur]
    at_last(changes, draw, inputs, outputs)
    room.follow(follow, inputs, outputs)
    plot.point_click(click, drawn, cell, **QUIET)
