"""Arithmetic over words and pictures, and what lies nearest to the result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.advice import unread
from core.expression import FIELD, Term, parse, total
from core.meaning import modality_gap
from core.types import RequestError
from dashboard import links, onefile
from dashboard.address import FirstView, keep, query, restored
from dashboard.components.downloads import Downloads
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.markup import heading, paragraphs
from dashboard.runs import RUN as RUNS
from dashboard.runs import said_of
from dashboard.shell import guard, sent
from dashboard.tabs.clip.spaces import Space
from dashboard.tabs.clip.views import Room, nearest, setting, told

TITLE = "Arithmetic"
ARTICLE = re.compile(r"^(an?|the) ")
HEAD = (
    "Arithmetic with meaning",
    "Words and pictures are added and subtracted as vectors; below is what lies nearest to the result. Notice how "
    "close it stays to its first term: where the rest changes little, so does the answer.",
    "e = Σ w<sub>i</sub> e<sub>i</sub> / ‖Σ w<sub>i</sub> e<sub>i</sub>‖, every e<sub>i</sub> a unit vector",
    ("1301.3781", "the idea: Mikolov et al. 2013"),
)
HAT = '"a person with a hat" - "a person"'
PRESETS = (  # the first five succeed with the shipped default; the last is the famous one, and fails
    "prince - man + woman",
    HAT,
    '"a police car" - police + fire',
    "fire + truck",
    'dog - "a dog face" + "a cat face"',
    "king - man + woman",
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
    with gr.Row(elem_classes=["ds-files"]):
        pictured = gr.Button("Draw this", size="sm", min_width=0, elem_id="sum-draw")
        files = Downloads(name="sum", kinds=onefile.KIND)
    worked = gr.State()  # the result as the embedding of a picture, and the CLIP it is of: its own or another
    found = gr.HTML("", elem_id="sum-found")
    opened = FirstView(elem_id="sum-opened")
    settings = [setting("sum", text, PRESETS[0])]

    def start(event: gr.EventData):
        return restored([*settings, room.another], query(event)) or gr.skip()

    @guard
    def work(layers, model, source, expression):
        terms, space = parse(expression), room.spaces.get(model, source)
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)) as engine:
            said = [term.name for term in terms if not term.picture and engine.vocabulary]  # None: nobody knows
            unmet = [word for text in said for word in engine.vocabulary.unknown(text)]
            vectors, used = embedded(terms, space, layers)
        result = total(terms, vectors)
        told_of = {ARTICLE.sub("", term.name.lower()) for term in terms if not term.picture}
        skip = [("pictures", i) for i in used] + [("words", i) for i, n in enumerate(space.names) if n in told_of]
        lines = answered(space, result, vectors[terms[0]], skip)
        if unmet and space.own:
            named = ", ".join(f"“{word}”" for word in dict.fromkeys(unmet))
            lines.append(f"No caption of this model held {named}: what CLIP makes of it means little here.")
        lines += unread(space.clip, [term.name for term in terms if not term.picture])
        if expression.strip() == HAT:
            lines.append(hat(space, result))
        gap = modality_gap(space.pictures, space.texts)  # every text crosses it, to where pictures are
        there = {term: vector if term.picture else vector + gap for term, vector in vectors.items()}
        return paragraphs(lines), nearest(space, result, skip), (total(terms, there), space.own)

    def sheet(layers, model, source, expression, page):
        said, near, _ = work(layers, model, source, expression)
        body = heading(*HEAD) + told(said) + Markup(near)
        set_to = [(settings[0], expression)]
        return room.sheet(TITLE, expression.strip(), body, layers, set_to, (model, source, page))

    @guard
    def draw(values: dict, visit: gr.Request) -> Iterator[dict]:
        """The result's picture, in Generate, with the sidebar's other settings."""
        controls, service = room.shell.controls, room.shell.service
        model, base = room.shell.asked(values)
        if values[worked] is None:
            raise RequestError(FIELD, "none", "worked out before it can be drawn")
        embedding, own = values[worked]
        if not own:
            raise RequestError("CLIP", "another one", "the model's own for a drawing: its network reads no other")
        request = replace(base, prompt="", embedding=tuple(embedding.tolist()))
        yield controls.show(model, request) | {room.shell.address: links.written(model, request)}
        for item in service.stream(model, request, visit.session_hash):
            yield said_of(room.shell, item)

    def choose(event: gr.EventData):
        text = sent(event).get("text")
        return text if text in PRESETS else PRESETS[0]

    inputs, outputs = [room.shell.layers, *room.inputs, text], [answer, found, worked]
    keep(settings, opened)
    room.offer(files, "arithmetic", sheet, *inputs)
    opened.first_view(start, None, [text, room.source], **QUIET).then(work, inputs, outputs, **QUIET)
    for event in (text.submit, room.source.submit):
        event(work, inputs, outputs, **QUIET)
    presets.select(choose, None, text, **QUIET).then(work, inputs, outputs, **QUIET)
    controls = room.shell.controls
    pictured.click(
        draw,
        {*controls.inputs, worked},
        [*controls.inputs, controls.status, room.shell.finished, room.shell.address],
        preprocess=False,
        **RUNS,
    ).success(None, None, None, js="() => driftscope.openTab('generate')")


def embedded(terms: tuple[Term, ...], space: Space, layers: Layers) -> tuple[dict[Term, np.ndarray], list[int]]:
    """The terms' unit vectors, and which pictures of the gallery are among them."""
    vectors, used = {}, []
    for term in terms:
        if not term.picture:
            vectors[term] = space.clip.text([term.name])[0]
        elif term.name == RUN and layers.shown:
            vectors[term] = space.clip.image([layers.shown.trace.image])[0]
        elif term.name in space.labels:
            used.append(space.labels.index(term.name))
            vectors[term] = space.pictures[used[-1]]
        else:
            raise RequestError("picture", term.name, f"[{RUN}] or the label of a gallery picture, as [red apple]")
    return vectors, used


def answered(space: Space, result: np.ndarray, first: np.ndarray, skip: list[tuple[str, int]]) -> list[str]:
    """The word nearest to the result, but for those to skip, and how far it went from its first term."""
    cosines = space.texts @ result
    best = next(i for i in np.argsort(-cosines, kind="stable").tolist() if ("words", i) not in skip)
    answer = '<span class="ds-answer">Nearest word that you did not write: <b>{}</b>, cosine {:.2f}.</span>'
    return [
        Markup(answer).format(space.names[best], cosines[best]),
        f"The result keeps a cosine of {result @ first:.2f} with its first term: near 1 means that the rest changed "
        "little.",
    ]


def hat(space: Space, result: np.ndarray) -> str:
    """The film's experiment, and what this model makes of it."""
    wanted = [i for i, name in enumerate(space.names) if "hat" in name.split()]
    order = np.argsort(-(space.texts @ result), kind="stable").tolist()
    if not wanted:
        return (
            "The film by Welch Labs on 3Blue1Brown finds “hat” nearest to this difference of two photographs. This "
            "model has no word for hats."
        )
    best = min(wanted, key=order.index)
    return (
        "In Welch Labs' film on 3Blue1Brown, the same man photographed with and without a hat, subtracted, comes out "
        "nearest to “hat”. "
        f"Here the two are texts, and “{space.names[best]}” comes out {order.index(best) + 1}. of "
        f"{len(order)} words: this small model learned its words from pictures of one thing each."
    )
