"""Variations: the embedding of a picture, drawn from several noises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core.meaning import slerp
from core.types import MAX_SEED, RequestError
from dashboard.markup import heading, paragraphs
from dashboard.tabs.unclip import measures, views
from dashboard.tabs.unclip.drawn import Around, Found, Judged, Shot
from dashboard.tabs.unclip.panel import opens, prior_of, setting
from dashboard.tabs.unclip.source import Origin, Room, Source, world
from dashboard.tabs.unclip.stage import Stage

TITLE = "Variations"
NAME = "variations"
HEAD = (
    "Variations of a picture",
    "CLIP turns a picture into one vector, its embedding. The decoder draws new pictures from this vector alone, each "
    "from noise of its own. Notice what all of them share: that was in the vector. What differs comes from the noise.",
    "<var>x</var> ~ p(<var>x</var> | <var>z</var>), <var>z</var> = CLIP(picture)",
    ("2204.06125", "Ramesh et al. 2022, section 3.1"),
)
COUNT = 8


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        source = Source(room, "variations", "of")
        blend = gr.Slider(
            0, 1, 0, step=0.05, label="Turn it towards the sidebar's prompt", elem_id="unclip-blend",
            info="0 is the picture's embedding, 1 the one that the prior draws for the prompt",
        )  # fmt: skip
    settings = [*source.settings, setting("blend", blend, 0.0)]
    with gr.Row(elem_classes=["ds-unclip"]):
        portrait = gr.HTML("", elem_id="unclip-variations-source")
        with gr.Column(min_width=0):
            stage = Stage(shell, NAME, TITLE, HEAD, "Draw variations", settings)
    told = gr.HTML("", elem_id="unclip-variations-told", elem_classes=["ds-told"])
    stage.files()

    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        share = values[blend]
        if not isinstance(share, (int, float)) or not 0 <= share <= 1:
            raise RequestError("blend", share, "a number from 0 to 1")
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            origin = source.origin(space, engine, values[shell.layers], values[source.chosen], values[source.brought])
            embedding = origin.embedding
            if share:
                embedding = slerp(embedding, prior_of(engine).sample([base.prompt], base.seed)[0], share)
        above = views.portrait(origin.name, origin.picture, world(space, origin))
        yield {portrait: above}
        plain = replace(base, prompt="", embedding=tuple(embedding.tolist()))
        shots = [Shot(f"seed {seed}", replace(plain, seed=seed)) for seed in seeds(base.seed)]
        kept = source.kept(values[source.chosen], origin.embedding)
        name = f"{origin.name}, turned {share:.0%} towards “{base.prompt}”" if share else origin.name
        yield from stage.draw(
            model,
            shots,
            base,
            values,
            visit,
            lambda engine, found: judge(space, origin, share, base.prompt, found),
            Around(name, above),
            kept=kept,
        )

    def judge(space, origin: Origin, share: float, prompt: str, found: Found) -> Judged:
        cosines, names = found.embeddings @ origin.embedding, measures.named(space, found.embeddings)
        notes = [f"{name}, cosine {cosine:.2f}" for name, cosine in zip(names, cosines, strict=True)]
        rows = [
            {"seed": shot.request.seed, "blend": share, "nearest_name": name, "cosine_to_source": cosine}
            for shot, name, cosine in zip(found.shots, names, cosines, strict=True)
        ]
        return Judged(notes, rows, {told: paragraphs(sentences(space, origin, share, prompt, found, cosines, names))})

    inputs = [*shell.controls.inputs, shell.layers, *source.inputs, blend]
    outputs = [portrait, told]
    stage.starts([stage.run.click, blend.release, *source.connect(shell.controls.model)], work, set(inputs), outputs)
    stage.connect()
    opens(shell, stage, source.first, work, set(inputs), outputs)


def seeds(first: int) -> list[int]:
    """As many as there are pictures, from the sidebar's on; past the largest they begin anew at 0."""
    return [(first + i) % (MAX_SEED + 1) for i in range(COUNT)]


def sentences(
    space, origin: Origin, share: float, prompt: str, found: Found, cosines: np.ndarray, names: list[str]
) -> list[str]:
    """What is kept and what changes, measured."""
    (name,) = measures.named(space, origin.embedding[None])
    told = [
        f"Kept: CLIP calls {names.count(name)} of the {len(names)} “{name}”, as it calls the original. Their "
        f"embeddings have a cosine of {cosines.mean():.2f} to the original's; two unrelated pictures of the gallery "
        f"have {measures.unrelated_cosine(space.pictures):.2f}.",
        f"Changed: two of them differ by {measures.pairs(found.pictures):.2f} in the root mean square of their pixels "
        f"(0 to 1), two unrelated pictures of the gallery by {measures.unrelated(space.thumbs):.2f}.",
    ]
    if share:
        told.append(
            f"The embedding was turned {share:.0%} of the way towards the one that the prior draws for “{prompt}”, "
            "along the sphere."
        )
    return told
