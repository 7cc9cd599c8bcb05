"""Zero-shot: a picture against a list of labels."""

from __future__ import annotations

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.advice import unread
from core.meaning import TEMPLATES, phrase, prototypes, softmax
from dashboard.address import FirstView, keep, query, restored
from dashboard.events import QUIET, at_last
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard
from dashboard.tabs.clip.spaces import Space
from dashboard.tabs.clip.views import (
    RUN,
    Picture,
    Room,
    bars,
    choices,
    files,
    known,
    listed,
    one_picture,
    picker,
    setting,
    told,
)

TITLE = "Zero-shot"
MAX_LABELS = 64
SUGGESTION = "You typed no labels, so these are the concepts nearest to the {}; they change with it."
HEAD = (
    "Which of these is it?",
    "Zero-shot classification: each label is a text, and the one nearest to the picture is the answer. Notice that "
    "CLIP never learned these classes as such: another label is another text, and takes its share of the rest.",
    "softmax(τ cos(picture, label)), a label being one text, or the mean over several",
    ("2103.00020", "Radford et al. 2021, section 3.1"),
)
SUGGESTED = 8  # labels, where none are typed


def build(room: Room) -> None:
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        chosen, file = picker("labels")
        labels = gr.Textbox(
            "", label="Labels, one a line or with commas", lines=8,
            max_lines=10, elem_id="labels-text",
        )  # fmt: skip
    with gr.Row(elem_classes=["ds-map-controls"]):
        average = gr.Checkbox(False, label="Prompt ensembling", elem_id="labels-average", elem_classes=["ds-check"])
    found = gr.HTML("", elem_id="labels-found")
    sentences = gr.HTML("", elem_id="labels-told", elem_classes=["ds-told"])
    save = files("labels")
    opened = FirstView(elem_id="labels-opened")
    settings = [
        setting("labelled", chosen, RUN), setting("labels", labels, ""),
        setting("averaged", average, False, (True, False)),
    ]  # fmt: skip

    @guard
    def start(model, source, event: gr.EventData):
        asked = restored([*settings, room.another], query(event))
        space = room.spaces.get(model)  # whose gallery every CLIP reads
        return asked | {chosen: gr.Dropdown(choices(space), value=known(space, asked.get(chosen)))}

    @guard
    def draw(layers, model, source, label, path, typed, averaged):
        space, names = room.spaces.get(model, source), listed(typed, "labels", MAX_LABELS)
        picture = one_picture(space, layers, label, path)
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)):
            image = space.clip.image([picture.image])[0]
            own = names or suggested(space, picture, image)
            rows = prototypes(space.clip, own) if averaged else space.clip.text([phrase(name) for name in own])
        cosines = rows @ image
        shares = softmax(space.clip.temperature * cosines)
        order = np.argsort(-shares, kind="stable")
        best = [own[i] for i in order]
        tables = bars("Share by the softmax", best, shares[order], [""] * len(best), share=True)
        tables += bars("Cosine", best, cosines[order], [""] * len(best))
        head = f'<div class="ds-card-head"><img src="{picture.uri(160)}" alt=""></div>'
        told_of = (
            f"Each label is the mean of {len(TEMPLATES)} texts, “{TEMPLATES[1].format('a …')}” among them."
            if averaged
            else "CLIP reads each label with its article, as one text."
        )
        note = "The shares compare the labels of this list only: if none fits, one still gets the most."
        chosen_for = [] if names else [SUGGESTION.format("prompt" if picture.said.strip() else "picture")]
        facts = [*chosen_for, *unread(space.clip, names), told_of, note, *quality(space.measured, averaged)]
        hint = gr.skip() if names else gr.Textbox(placeholder="\n".join(own))
        return {found: f'{head}<div class="ds-two">{tables}</div>', sentences: paragraphs(facts), labels: hint}

    def sheet(layers, model, source, label, path, typed, averaged, page):
        shown = draw(layers, model, source, label, path, typed, averaged)
        body = heading(*HEAD) + Markup(shown[found]) + told(shown[sentences])
        set_to = zip(settings, (label or RUN, typed, averaged), strict=True)
        name = one_picture(room.spaces.get(model, source), layers, label, path).name
        return room.sheet(TITLE, name, body, layers, set_to, (model, source, page))

    inputs, outputs = [room.shell.layers, *room.inputs, chosen, file, labels, average], [found, sentences, labels]
    keep(settings, opened)
    room.offer(save, "zero-shot", sheet, *inputs)
    opened.first_view(start, room.inputs, [one.control for one in (*settings, room.another)], **QUIET).then(
        draw, inputs, outputs, **QUIET
    )
    at_last([chosen.input, file.change, labels.blur, average.input, room.source.submit], draw, inputs, outputs)
    room.follow(draw, inputs, outputs)


def suggested(space: Space, picture: Picture, image: np.ndarray) -> list[str]:
    """The concepts nearest to what a picture was drawn from or is called, else to the picture itself, (D,)."""
    point = space.clip.text([picture.said])[0] if picture.said.strip() else image
    return [space.names[i] for i in np.argsort(-(space.texts @ point), kind="stable")[:SUGGESTED]]


def quality(measured: dict, averaged: bool) -> list[str]:
    """How often the nearest of all concepts is the right one, for this CLIP; nothing where it was not measured."""
    way, found = "templates" if averaged else "phrase", measured.get("zero_shot", {})
    plain, scenes = (found.get(kind, {}).get(way) for kind in ("plain", "any scene"))
    if plain is None or scenes is None:
        return []
    return [
        f"Measured with the names of all concepts as labels: right for {plain:.1%} of new pictures of one thing on "
        f"white, and for {scenes:.1%} where its colour, size and place and the background vary."
    ]
