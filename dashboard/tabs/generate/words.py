"""Words in the picture: the network's attention to each token of the prompt, step by step, beside the run's rail."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core.advice import of_prompts
from core.reading import END, NO_PICTURE, PICTURE, START, Reading
from core.text import plain
from core.types import Request, RequestError
from dashboard import exports, lacks, pictures
from dashboard.components.downloads import Downloads
from dashboard.components.heat import Group, Heat, HeatMaps, pack, stretched
from dashboard.components.plotly_html import PlotlyHTML
from dashboard.components.status import Status
from dashboard.events import at_last
from dashboard.figures.attention import draw
from dashboard.layers import Layer, Layers
from dashboard.markup import advised, heading, note
from dashboard.runs import RUN
from dashboard.shell import Shell, guard
from dashboard.standing import standing

HEAD = (
    "Cross-attention maps",
    "Which places of the picture read which word of the prompt, at the step in view. Notice how little attention the "
    "words get: most of it rests on tokens that say nothing.",
    "softmax(QK<sup>T</sup> / √<var>d</var>), mean over the heads of a block",
    ("2210.04885", "Tang et al. 2022"),
)
SHARES = (
    "Word by step",
    "How much of all attention each word gets along the run. Notice at which noise levels the network reads it most.",
)
MAX_BYTES = 1_500_000  # of maps for the browser; beyond them only the average over the blocks is sent
FRAME = 128
TOLD = (
    "Each tile has one scale for the whole run, from 0 to its own largest share, so that faint words are seen too; "
    "below it stands the token's share of all attention over the run. CLIP reads a text from left to right: the token "
    "of a word has read the words before it as well, and the end token all of them. Attention must go somewhere: what "
    "no word needs rests on the tokens for “no picture”."
)
HINTS = {
    START: "The token before every prompt: it has read nothing yet, and says the same of all of them.",
    END: "The token after the last word: it has read them all, and is what CLIP makes its embedding from.",
    NO_PICTURE: "Four tokens that could hold a CLIP embedding of a picture. Here they say that there is none.",
    PICTURE: "Four tokens made from the CLIP embedding of a picture that this run was given.",
}


def build(shell: Shell, rail: str) -> None:
    """A panel that asks the network nothing before it is switched on."""
    with gr.Column(elem_classes=["ds-panel"]):
        gr.HTML(heading(*HEAD))
        wanted = gr.Checkbox(False, label="Show cross-attention", elem_id="words-on", elem_classes=["ds-check"])
        with gr.Column(visible=False, min_width=0) as inside:
            other = gr.Textbox(
                label="Replace a word", max_lines=1, container=False, elem_id="words-other",
                placeholder="The prompt with a word replaced: both runs, side by side",
            )  # fmt: skip
            status = Status("words-status")
            maps = HeatMaps(elem_id="words-maps")
            gr.HTML(f'<div class="ds-told"><p>{TOLD}</p></div>')
        with gr.Column(elem_id="words-by-step", min_width=0):  # shown by its plot (static/clip.css)
            gr.HTML(heading(*SHARES))
            plot = PlotlyHTML(height=230, label=SHARES[1], elem_id="words-shares")
            told = gr.HTML("", elem_id="words-told")
            with gr.Row(elem_classes=["ds-files"]):
                files = Downloads(name="words", kinds=exports.named("Word by step"))
    kept = gr.State()  # what its files hold: a table's rows and what they are of

    @guard(status=status)
    def look(layers: Layers, on: object, text: object, visit: gr.Request) -> Iterator[dict]:
        shown = layers.shown
        yield {inside: gr.Column(visible=bool(on))}
        if not on or shown is None:
            yield {maps: None, status: "", plot: None, told: "", kept: None}
            return
        engine = shell.service.engine(shown.model)
        if not engine.model.attends:
            said = note(lacks.told(engine, "attention", "there is nothing to show"))
            yield {maps: None, status: said, plot: None, told: "", kept: None}
            return
        yield {status: note("Reading the attention at every step…")}
        read = reading(shell, shown)
        mine, blocks = tiles(read, shown, None)
        shares = read.shares()
        figure = draw(shares[:, :-1], read.tokens[:-1], shown.film.positions[:-1], rail)
        about = {"model": shown.model, "request": shown.trace.request.to_dict()}
        yield {maps: Heat([mine], blocks, rail), status: "", plot: figure, told: sentence(shares, read.tokens),
               kept: (rows(shares, read.tokens, shown.film.positions[:-1]), about)}  # fmt: skip
        if isinstance(text, str) and (text := plain(text).strip()) and text != shown.trace.request.prompt:
            request: Request = replace(shown.trace.request, prompt=text)
            for item in shell.service.stream(shown.model, request, f"{visit.session_hash} words"):
                if isinstance(item, Layer):
                    frames = [pictures.uri(frame, FRAME) for frame in item.film.x0]
                    theirs, others = tiles(reading(shell, item), item, frames)
                    mine = replace(mine, title=shown.trace.request.prompt)
                    said = advised(of_prompts(shell.service.engine(shown.model), request))
                    yield {maps: Heat([mine, theirs], min(blocks, others, key=len), rail), status: said}
                else:
                    yield {status: standing(item)}

    def file(kind: str, found: tuple[list[dict], dict] | None) -> tuple[str, bytes]:
        if found is None:
            raise RequestError("attention", "none", "shown before it can be saved")
        return f"word-by-step.{kind}", exports.table(*found, kind)

    inputs, outputs = [shell.layers, wanted, other], [inside, maps, status, plot, told, kept]
    for event in (wanted.input, other.submit):
        event(look, inputs, outputs, trigger_mode="always_last", **RUN)
    with inside:  # out of sight while it is off
        at_last([shell.layers.change], look, inputs, outputs, earlier=False, **RUN)
    files.offer(file, kept)


def reading(shell: Shell, layer: Layer) -> Reading:
    """The attention at every step that the film shows; the result is read by none."""
    from core.probe import attention  # here, since torch takes seconds to import

    steps = layer.film.positions[:-1]
    if len(steps) == 0:
        raise RequestError("run", "without a step", "one that took a step at least")
    with shell.service.turn(layer.model) as engine:
        return attention(engine, layer.trace, steps)


def tiles(read: Reading, layer: Layer, frames: list[str] | None) -> tuple[Group, list[str]]:
    """The tiles of one run over frames (None: the rail's), and what they can show: the average, then each block."""
    side = max(block.shape[-1] for block in read.maps)
    average = read.mean(side)  # (P, M, side, side)
    layers, names = [average], ["average of all"]
    if average.size * (len(read.maps) + 1) <= MAX_BYTES:
        layers += read.enlarged(side)
        names += [f"{i + 1} · {block.shape[-1]}×{block.shape[-1]}" for i, block in enumerate(read.maps)]
    shown = stretched(np.stack(layers), (1, 3, 4), zero=True)
    shares = [f"{share:.1%} of attention" for share in read.shares().mean(0)]
    title = layer.trace.request.prompt if frames else ""
    hints = [HINTS.get(token, "") for token in read.tokens]
    return Group(title, read.tokens, shares, frames, pack(shown), side, len(average), hints), names


def rows(shares: np.ndarray, tokens: list[str], steps: np.ndarray) -> list[dict]:
    """A row for each token at each step; shares (P, M) of 1 at the steps (P,)."""
    return [
        {"step": int(step), "place": place, "token": token, "share": float(share)}
        for step, here in zip(steps, shares, strict=True)
        for place, (token, share) in enumerate(zip(tokens, here, strict=True))
    ]


def sentence(shares: np.ndarray, tokens: list[str]) -> str:
    """How much the words get along the run, and which of them most; shares (P, M)."""
    words, names = shares[:, 1:-2], tokens[1:-2]
    if not names:
        return '<p class="ds-quiet">The prompt has no words.</p>'
    all_of_them, most = words.sum(1), int(words.mean(0).argmax())
    return (
        f'<p class="ds-quiet">The words get {all_of_them[0]:.1%} of all attention at the first step and '
        f"{all_of_them[-1]:.1%} at the last. “{html.escape(names[most])}” gets the most of it, "
        f"{words[:, most].max():.1%} where it peaks.</p>"
    )
