"""Zero-shot: a picture against a list of labels."""

from __future__ import annotations

import gradio as gr
import numpy as np

from core.meaning import TEMPLATES, phrase, prototypes, softmax
from dashboard.shell import guard, heading
from dashboard.tabs.clip.views import FirstView, Room, bars, choices, lines, one_picture, picker, told

TITLE = "Zero-shot"
MAX_LABELS = 64
HEAD = (
    "Which of these is it?",
    "CLIP never learned these classes as such: each label is a text, and the nearest one is its answer.",
    "softmax(τ cos(picture, label)), a label being one text, or the mean over several",
    ("2103.00020", "Radford et al. 2021, section 3.1"),
)
LABELS = "apple\ntomato\ncherries\nstrawberry\nballoon\nheart\nrose\nball"


def build(room: Room) -> None:
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        chosen, file = picker("labels")
        labels = gr.Textbox(LABELS, label="Labels, one a line", lines=5, max_lines=10, elem_id="labels-text")
    with gr.Row(elem_classes=["ds-map-controls"]):
        average = gr.Checkbox(
            False, label="Average over templates", elem_id="labels-average", elem_classes=["ds-check"]
        )
    found = gr.HTML("", elem_id="labels-found")
    sentences = gr.HTML("", elem_id="labels-told", elem_classes=["ds-told"])
    opened = FirstView(elem_id="labels-opened")

    @guard
    def start(model, source):
        return gr.Dropdown(choices(room.spaces.get(model, source)))

    @guard
    def draw(layers, model, source, label, path, typed, averaged):
        space, names = room.spaces.get(model, source), list(dict.fromkeys(lines(typed, "labels", MAX_LABELS)))
        if not names:
            return {found: "", sentences: told(["Type some labels, one a line."])}
        picture = one_picture(space, layers, label, path)
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)):
            image = space.clip.image([picture.image])[0]
            rows = prototypes(space.clip, names) if averaged else space.clip.text([phrase(name) for name in names])
        cosines = rows @ image
        shares = softmax(space.clip.temperature * cosines)
        order = np.argsort(-shares, kind="stable")
        best = [names[i] for i in order]
        tables = bars("Share by the softmax", best, shares[order], [""] * len(best), share=True)
        tables += bars("Cosine", best, cosines[order], [""] * len(best))
        head = f'<div class="ds-card-head"><img src="{picture.uri(160)}" alt=""></div>'
        told_of = (
            f"Each label is the mean of {len(TEMPLATES)} texts, “{TEMPLATES[1].format('a …')}” among them."
            if averaged
            else "Each label is one text: the label with its article."
        )
        note = "The shares only tell labels of this list apart: with none that fits, one still gets the most."
        return {found: f'{head}<div class="ds-two">{tables}</div>', sentences: told([told_of, note])}

    quiet = {"show_progress": "hidden"}
    inputs, outputs = [room.shell.layers, *room.inputs, chosen, file, labels, average], [found, sentences]
    opened.first_view(start, room.inputs, chosen, **quiet).then(draw, inputs, outputs, **quiet)
    for event in (chosen.change, file.change, labels.blur, average.input, room.source.submit):
        event(draw, inputs, outputs, trigger_mode="always_last", **quiet)
