"""Edit by words: the difference of two texts, applied to the embedding of a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core.errors import RequestError
from core.meaning import edited
from dashboard.controls import Advice
from dashboard.markup import heading, note, paragraphs
from dashboard.tabs.unclip import measures, views
from dashboard.tabs.unclip.drawn import Around, Found, Judged, Shot
from dashboard.tabs.unclip.panel import captions, opens, setting
from dashboard.tabs.unclip.source import Room, Source, world
from dashboard.tabs.unclip.stage import Stage

TITLE = "Edit by words"
NAME = "edit"
HEAD = (
    "Edit a picture by the difference of two texts",
    "The difference of two texts' embeddings is added to a picture's embedding, more of it with each picture; the "
    "noise stays the same. Notice how far it can go before the thing itself is lost.",
    "<var>z</var>(<var>s</var>) = slerp(<var>z</var>, (<var>t</var>₁ − <var>t</var>₀) / ‖<var>t</var>₁ − "
    "<var>t</var>₀‖, <var>s</var>)",
    ("2204.06125", "Ramesh et al. 2022, section 3.3"),
)
TEXTS = "a fox", "a fox on a blue background"
STRENGTH = 0.35  # where the words have changed the background of every picture, and the thing is kept by most
MEASURED = (  # of broad: by the judge, 12 steps, guidance 4; backgrounds of 8 things x 2 seeds, colours of 9 x 4
    "Measured with the model “broad”: at a strength of 0.35 the background had changed in all pictures, and the judge "
    "still named the thing in 69 % of them (75 % before the edit). Changing the colour of the thing itself takes "
    "0.4, and only 17 % then show that thing in that colour."
)
COUNT = 8


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        source = Source(room, "edit", "edited")
        with gr.Column(min_width=0):
            advice = {}
            for text, label, name in zip(TEXTS, ("From the text", "To the text"), ("from", "to"), strict=True):
                field = gr.Textbox(text, label=label, max_lines=2, elem_id=f"unclip-edit-{name}")
                advice[field] = Advice(elem_id=f"unclip-edit-{name}-advice")
            before, after = advice
        strength = gr.Slider(
            0.1, 1, STRENGTH, step=0.05, label="Strength of the last picture", elem_id="unclip-strength",
            info="0 leaves the picture, 1 is the difference of the texts alone",
        )  # fmt: skip
    captions(shell, advice)
    gr.HTML(note(MEASURED))
    settings = [
        *source.settings,
        setting("from", before, TEXTS[0]), setting("to", after, TEXTS[1]), setting("strength", strength, STRENGTH),
    ]  # fmt: skip
    with gr.Row(elem_classes=["ds-unclip"]):
        portrait = gr.HTML("", elem_id="unclip-edit-source")
        with gr.Column(min_width=0):
            stage = Stage(shell, NAME, TITLE, HEAD, "Draw the edit", settings)
    told = gr.HTML("", elem_id="unclip-edit-told", elem_classes=["ds-told"])
    stage.files()

    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        last, texts = values[strength], [values[before], values[after]]
        if not isinstance(last, (int, float)) or not 0 < last <= 1:
            raise RequestError("strength", last, "a number above 0, at most 1")
        for name, text in zip(("from the text", "to the text"), texts, strict=True):
            if not isinstance(text, str) or not text.strip():
                raise RequestError(name, text, "some words")
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            origin = source.origin(space, engine, values[shell.layers], values[source.chosen], values[source.brought])
            start, end = engine.clip.text(texts)
        shares = np.linspace(0, last, COUNT)
        rows = edited(origin.embedding, start, end, shares)
        above = views.portrait(origin.name, origin.picture, world(space, origin))
        yield {portrait: above}
        shots = [
            Shot("as it is" if share == 0 else f"strength {share:.2f}",
                 replace(base, prompt="", embedding=tuple(row.tolist())))
            for share, row in zip(shares, rows, strict=True)
        ]  # fmt: skip

        def judge(engine, found: Found) -> Judged:
            names, way = measures.named(space, found.embeddings), found.embeddings @ (end - start)
            kept = found.embeddings @ origin.embedding
            notes = [f"{name}, {gain:+.2f} towards" for name, gain in zip(names, way - way[0], strict=True)]
            table = [{"strength": share, "nearest_name": name, "gain_towards_text": gain, "cosine_to_source": cosine}
                     for share, name, gain, cosine in zip(shares, names, way - way[0], kept, strict=True)]  # fmt: skip
            return Judged(notes, table, {told: paragraphs(sentences(names, way, kept, texts))})

        yield from stage.draw(
            model, shots, base, values, visit, judge,
            Around(f"{origin.name}, from “{texts[0]}” to “{texts[1]}”", above),
            kept=source.kept(values[source.chosen], origin.embedding),
        )  # fmt: skip

    inputs = {*shell.controls.inputs, shell.layers, *source.inputs, before, after, strength}
    outputs = [portrait, told]
    events = [stage.run.click, before.submit, after.submit, strength.release, *source.connect(shell.controls.model)]
    stage.starts(events, work, inputs, outputs)
    stage.connect()
    opens(shell, stage, source.first, work, inputs, outputs)


def sentences(names: list[str], way: np.ndarray, kept: np.ndarray, texts: list[str]) -> list[str]:
    """How far the edit went, and how long the thing stayed what it was; way, kept: (N,)."""
    lost = next((i for i, name in enumerate(names) if name != names[0]), None)
    stays = (
        f"CLIP calls all of them “{names[0]}”." if lost is None
        else f"CLIP calls the first {lost} of them “{names[0]}”, and then “{names[lost]}”."
    )  # fmt: skip
    return [
        f"“Towards” is how much nearer a picture has come to “{texts[1]}” than to “{texts[0]}”, as a difference of two "
        f"cosines, beside the first picture: {way[-1] - way[0]:+.2f} at the end.",
        f"{stays} To the original their cosine falls from {kept[0]:.2f} to {kept[-1]:.2f}.",
    ]
