"""Words in the picture: the network's attention to each token of the prompt, step by step, beside the run's rail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np

from core.types import Request, RequestError
from dashboard import pictures
from dashboard.components.heat import Group, Heat, HeatMaps, pack, stretched
from dashboard.layers import Layer, Layers
from dashboard.service import MAX_RUNNING
from dashboard.shell import Shell, guard, heading

HEAD = (
    "Words in the picture",
    "Which places of the picture read which word of the prompt, at the step in view.",
    "softmax(QK<sup>T</sup> / √<var>d</var>), mean over the heads of a block",
    ("2210.04885", "Tang et al. 2022"),
)
MAX_BYTES = 1_500_000  # of maps for the browser; beyond them only the average over the blocks is sent
FRAME = 128
TOLD = (
    "Each tile has one scale for the whole run, from 0 to its own largest share; below it stands the share of all "
    "attention that the token gets. Besides the words there are the tokens that the text encoder puts around them, and "
    "those that would hold a CLIP image and mean “no picture” here: attention must go somewhere, and rests on them."
)


def build(shell: Shell, rail: str) -> None:
    """A panel that asks the network nothing before it is switched on."""
    with gr.Column(elem_classes=["ds-panel"]):
        gr.HTML(heading(*HEAD))
        wanted = gr.Checkbox(False, label="Look inside the network", elem_id="words-on", elem_classes=["ds-check"])
        with gr.Column(visible=False, min_width=0) as inside:
            other = gr.Textbox(
                label="Replace a word", max_lines=1, container=False, elem_id="words-other",
                placeholder="The prompt with a word replaced: both runs, side by side",
            )  # fmt: skip
            status = gr.HTML("", elem_id="words-status")
            maps = HeatMaps(elem_id="words-maps")
            gr.HTML(f'<div class="ds-told"><p>{TOLD}</p></div>')

    @guard
    def look(layers: Layers, on: object, text: object, visit: gr.Request) -> Iterator[dict]:
        shown = layers.shown
        yield {inside: gr.Column(visible=bool(on))}
        if not on or shown is None:
            yield {maps: None, status: ""}
            return
        mine, blocks = tiles(shell, shown, None)
        yield {maps: Heat([mine], blocks, rail), status: ""}
        if isinstance(text, str) and (text := text.strip()) and text != shown.trace.request.prompt:
            request: Request = replace(shown.trace.request, prompt=text)
            for item in shell.service.stream(shown.model, request, f"{visit.session_hash} words"):
                if isinstance(item, Layer):
                    theirs, others = tiles(shell, item, [pictures.uri(frame, FRAME) for frame in item.film.x0])
                    mine = replace(mine, title=shown.trace.request.prompt)
                    yield {maps: Heat([mine, theirs], min(blocks, others, key=len), rail), status: ""}
                else:
                    yield {status: f'<p class="ds-quiet">The other prompt: step {item.index} of {item.total}</p>'}

    quiet = {"show_progress": "hidden"}
    inputs, outputs = [shell.layers, wanted, other], [inside, maps, status]
    for event in (wanted.input, other.submit, shell.layers.change):
        event(look, inputs, outputs, trigger_mode="always_last", concurrency_limit=MAX_RUNNING, **quiet)


def tiles(shell: Shell, layer: Layer, frames: list[str] | None) -> tuple[Group, list[str]]:
    """The tiles of one run over frames (None: the rail's), and what they can show: the average, then each block."""
    from core.probe import attention  # here, since torch takes seconds to import

    steps = layer.film.positions[:-1]  # the result is read by no step
    if len(steps) == 0:
        raise RequestError("run", "without a step", "one that took a step at least")
    with shell.service.turn(layer.model) as engine:
        reading = attention(engine, layer.trace, steps)
    side = max(block.shape[-1] for block in reading.maps)
    average = reading.mean(side)  # (P, M, side, side)
    layers, names = [average], ["average of all"]
    if average.size * (len(reading.maps) + 1) <= MAX_BYTES:
        layers += reading.enlarged(side)
        names += [f"{i + 1} · {block.shape[-1]}×{block.shape[-1]}" for i, block in enumerate(reading.maps)]
    shown = stretched(np.stack(layers), (1, 3, 4), zero=True)
    shares = [f"{share:.1%} of attention" for share in average.mean((0, 2, 3))]
    title = layer.trace.request.prompt if frames else ""
    return Group(title, reading.tokens, shares, frames, pack(shown), side, len(steps)), names
