"""From words: a caption to an embedding of a picture, by the prior, and from there to a picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core import projection
from core.types import RequestError
from dashboard import maps, pictures, theme
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.figures.placement import Route, thin
from dashboard.figures.trajectory import Chart
from dashboard.figures.unclip import crossing
from dashboard.markup import heading, paragraphs
from dashboard.tabs.unclip import measures
from dashboard.tabs.unclip.drawn import Around, Found, Judged, Plot, Shot
from dashboard.tabs.unclip.panel import opens, prior_of
from dashboard.tabs.unclip.source import Room
from dashboard.tabs.unclip.stage import Stage

TITLE = "From words"
NAME = "words"
HEAD = (
    "From words to a picture by way of an embedding",
    "This is how DALL·E 2 works: a prior walks from noise to the CLIP embedding of a picture of the sidebar's prompt, "
    "and the decoder, which learned from such embeddings, draws it. Notice on the map that a gap lies between all "
    "texts and all pictures, whatever they show: the prior crosses it.",
    "p(<var>x</var> | <var>y</var>) = p(<var>x</var> | <var>z</var>) p(<var>z</var> | <var>y</var>), "
    "<var>y</var> the caption, <var>z</var> the embedding of a picture",
    ("2204.06125", "Ramesh et al. 2022, section 2"),
)
MAP = (
    "The prior at work",
    "Its walk through CLIP's space, over the pictures and the names it knows: first the prior walks, then the pictures "
    "are drawn. Drag the rail and notice that the walk ends among the pictures, not among the names.",
)
LABEL, HEIGHT = "The prior's path from noise to a picture's embedding", 430
WAYS = ("By way of the prior", "By the prior and the text", "From the text", "From the text's own embedding")


def build(room: Room) -> None:
    shell = room.shell
    gr.HTML(heading(*HEAD))
    stage = Stage(shell, NAME, TITLE, HEAD, "Draw the prompt both ways", [])
    gr.HTML(heading(*MAP))
    plot = PlotlyHTML(height=HEIGHT, label=LABEL, elem_id="unclip-map")
    told = gr.HTML("", elem_id="unclip-words-told", elem_classes=["ds-told"])
    stage.files()

    def work(values: dict, visit: gr.Request) -> Iterator[dict]:
        model, base = shell.asked(values)
        if not base.prompt.strip():
            raise RequestError("prompt", base.prompt, "some words, for the prior to begin with")
        space = room.spaces.get(model)
        with shell.service.turn(model) as engine:
            prior = prior_of(engine)
            steps = list(prior.run([base.prompt], base.seed))
            states = np.concatenate([prior.points(step.x) for step in steps])  # (S + 1, D)
            guesses = np.concatenate([prior.points(step.x0) for step in steps[1:]] + [states[-1:]])
            drawn, caption = prior.embeddings(steps[-1].x)[0], engine.clip.text([base.prompt])[0]
        figure = draw_map(space, states, guesses, caption, base.prompt, stage.rail)
        yield {plot: figure}
        bare = replace(base, prompt="")
        by_prior = replace(bare, embedding=tuple(drawn.tolist()))
        both = replace(by_prior, prompt=base.prompt)  # as DALL·E 2's decoder may be told
        asked = [by_prior, both, base, replace(bare, embedding=tuple(caption.tolist()))]
        walk = [f"Prior, step {k} of {len(steps) - 1}" for k in range(len(steps))]
        shots = [Shot(title, request) for title, request in zip(WAYS, asked, strict=True)]

        def judge(engine, found: Found) -> Judged:
            names, fits = measures.named(space, found.embeddings), found.embeddings @ caption
            notes = [f"{name}, CLIP score {fit:.2f}" for name, fit in zip(names, fits, strict=True)]
            near = found.embeddings @ drawn
            rows = [
                {"way": way, "nearest_name": name, "clip_score": fit, "cosine_to_prior": cosine}
                for way, name, fit, cosine in zip(WAYS, names, fits, near, strict=True)
            ]
            return Judged(notes, rows, {told: paragraphs(sentences(space, drawn, caption, found))})

        around = Around(f"“{base.prompt}”", plots=(Plot(heading(*MAP), figure, LABEL, HEIGHT),))
        yield from stage.draw(model, shots, base, values, visit, judge, around, walk=walk)

    inputs, outputs = {*shell.controls.inputs, shell.layers}, [plot, told]
    stage.starts([stage.run.click], work, inputs, outputs)
    stage.connect()
    opens(shell, stage, lambda model, asked: {}, work, inputs, outputs)


def draw_map(space, states: np.ndarray, guesses: np.ndarray, caption: np.ndarray, prompt: str, rail: str):
    """The prior's states and guesses (S + 1, D) among pictures and names, on the axes that tell those apart most."""
    fitted = projection.pca(space.points(False), 2)
    line, count = fitted.transform(states), len(states)
    steps = [f"step {k} of {count - 1}" for k in range(count)]
    route = Route("prior", "the prior's picture", theme.QUANTITY["x_t"], line, np.arange(count) + 1,
                  fitted.transform(guesses), steps)  # fmt: skip
    cloud, shares = fitted.transform(space.pictures), fitted.explained(space.points(False))
    thumbs = {i: pictures.uri(space.thumbs[i], maps.THUMB) for i in thin(cloud, [route], True)}
    axes = [f"PC {i + 1} · {maps.percent(share)}" for i, share in enumerate(shares)]
    chart = Chart([route], cloud, space.labels, thumbs, axes, True)
    return crossing(chart, fitted.transform(space.texts), space.names, fitted.transform(caption[None])[0], prompt, rail)


def sentences(space, drawn: np.ndarray, caption: np.ndarray, found: Found) -> list[str]:
    """Where the prior landed and where the caption lies, measured; and what was drawn from either."""
    by_prior, by_text = (float((space.pictures @ point).max()) for point in (drawn, caption))
    return [
        f"The prior's embedding has a cosine of {by_prior:.2f} to the gallery picture nearest to it, the text's own "
        f"one of {by_text:.2f} to its nearest, though both are about the same thing: that is the modality gap. The "
        "decoder was trained on pictures' embeddings alone, so from the text's own it often draws something else.",
        "Told the prompt as well, as DALL·E 2's decoder may be, it knows the thing from the words and takes from the "
        "embedding how it looks.",
        f"To each other the two embeddings have a cosine of {float(drawn @ caption):.2f}. The picture drawn by way of "
        f"the prior comes back at {float(found.embeddings[0] @ drawn):.2f} to what the prior asked for.",
    ]
