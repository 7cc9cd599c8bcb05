"""Arithmetic over words and pictures, and what lies nearest to the result."""

from __future__ import annotations

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.expression import parse, total
from core.types import RequestError
from dashboard.address import FirstView, keep, query, restored
from dashboard.markup import heading, paragraphs
from dashboard.shell import QUIET, guard
from dashboard.tabs.clip.views import Room, nearest, setting

TITLE = "Arithmetic"
HEAD = (
    "Arithmetic with meaning",
    "Add and subtract words and pictures, and see what lies nearest to the result.",
    "e = Σ w<sub>i</sub> e<sub>i</sub> / ‖Σ w<sub>i</sub> e<sub>i</sub>‖, every e<sub>i</sub> a unit vector",
    ("1301.3781", "the idea: Mikolov et al. 2013"),
)
HAT = '"a person with a hat" - "a person"'
PRESETS = (
    "king - man + woman",
    HAT,
    '"a cat with a crown" - "a cat"',
    "[red apple] - red + green",
    '"a puppy" - "a dog" + "a cat"',
)
RUN = "run"  # the name of the run in view


def build(room: Room) -> None:
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        text = gr.Textbox(PRESETS[0], label="Expression", max_lines=2, elem_id="sum-text",
                          placeholder='words, "quoted words", [label of a gallery picture], [run]')  # fmt: skip
    presets = gr.HTML(
        list(PRESETS),
        html_template=(
            '<div class="ds-presets" aria-label="Examples">{{#each value}}'
            '<button type="button" class="ds-chip">{{this}}</button>{{/each}}</div>'
        ),
        js_on_load=(
            "element.addEventListener('click', (event) => { const chip = event.target.closest('button');"
            " if (chip) trigger('select', { text: chip.textContent }); });"
        ),
        elem_id="sum-presets",
    )
    answer = gr.HTML("", elem_id="sum-answer", elem_classes=["ds-told"])
    found = gr.HTML("", elem_id="sum-found")
    opened = FirstView(elem_id="sum-opened")
    settings = [setting("sum", text, PRESETS[0])]

    def start(event: gr.EventData):
        return restored([*settings, room.another], query(event)) or gr.skip()

    @guard
    def work(layers, model, source, expression):
        terms, space = parse(expression), room.spaces.get(model, source)
        vectors, used = {}, []
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)):
            for term in terms:
                if not term.picture:
                    vectors[term] = space.clip.text([term.name])[0]
                elif term.name == RUN and layers.shown:
                    vectors[term] = space.clip.image([layers.shown.trace.image])[0]
                elif term.name in space.labels:
                    used.append(space.labels.index(term.name))
                    vectors[term] = space.pictures[used[-1]]
                else:
                    raise RequestError(
                        "picture", term.name, f"[{RUN}] or the label of a gallery picture, as [red apple]"
                    )
        result = total(terms, vectors)
        told_of = {term.name.lower().removeprefix("a ").removeprefix("an ") for term in terms if not term.picture}
        skip = [("pictures", i) for i in used] + [("words", i) for i, n in enumerate(space.names) if n in told_of]
        best = [i for i in np.argsort(-(space.texts @ result), kind="stable") if ("words", int(i)) not in skip]
        kept = result @ vectors[terms[0]]
        lines = [
            Markup(
                '<span class="ds-answer">Nearest word that you did not write: <b>{}</b>, cosine {:.2f}.</span>'
            ).format(space.names[best[0]], space.texts[best[0]] @ result),
            f"The result keeps a cosine of {kept:.2f} with its first term: near 1 means that the rest changed little.",
        ]
        if expression.strip() == HAT:
            lines.append(hat(space, result))
        return paragraphs(lines), nearest(space, result, skip)

    def hat(space, result) -> str:
        """The film's experiment, and what this model makes of it."""
        wanted = [i for i, name in enumerate(space.names) if "hat" in name.split()]
        order = np.argsort(-(space.texts @ result), kind="stable").tolist()
        if not wanted:
            return (
                "The film finds “hat” nearest to this difference of two photographs. This model has no word for hats."
            )
        best = min(wanted, key=order.index)
        return (
            "In the film, the same man photographed with and without a hat, subtracted, comes out nearest to “hat”. "
            f"Here the two are texts, and “{space.names[best]}” comes out {order.index(best) + 1}. of "
            f"{len(order)} words: this small model learned its words from pictures of one thing each."
        )

    def choose(event: gr.EventData):
        text = getattr(event, "text", None)
        return text if text in PRESETS else PRESETS[0]

    inputs, outputs = [room.shell.layers, *room.inputs, text], [answer, found]
    keep(settings, opened)
    opened.first_view(start, None, [text, room.source], **QUIET).then(work, inputs, outputs, **QUIET)
    for event in (text.submit, room.source.submit):
        event(work, inputs, outputs, **QUIET)
    presets.select(choose, None, text, **QUIET).then(work, inputs, outputs, **QUIET)
