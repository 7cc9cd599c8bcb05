"""The run in view again from other noise: a few seeds side by side, each a click away from its whole run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.types import MAX_SEED, Request, RequestError, Trace
from dashboard import links, pictures, printed, wording
from dashboard.components.downloads import Downloads
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.markup import heading
from dashboard.printed import Cell, stopped
from dashboard.runqueue import Notice
from dashboard.runs import RUN, chosen
from dashboard.shell import Shell, guard, sent
from dashboard.standing import ended, standing

COUNTS = (4, 8)
LOOK_SECONDS = 0.2  # between two updates of the page while pictures are drawn
SIDE = 200  # pixels
HEAD = heading(
    "Other seeds",
    "The run in view with the seeds that follow its own. Notice what stays the same: it comes from the prompt; what "
    "changes comes from the noise. Click a picture to see its whole run.",
)


class Grid(gr.HTML):
    """Event view (id): the visitor chose the picture of this number."""

    def __init__(self, **kwargs):
        super().__init__("", js_on_load="driftscope.cards(element, ['view'], trigger)", **kwargs)


def build(shell: Shell) -> None:
    service, status = shell.service, shell.controls.status
    with gr.Column(elem_classes=["ds-panel"], elem_id="seeds-panel"):
        gr.HTML(HEAD)
        with gr.Row(elem_classes=["ds-files"]):
            buttons = {
                count: gr.Button(f"{count} seeds", elem_id=f"seeds-{count}", size="sm", min_width=0) for count in COUNTS
            }
        grid = Grid(elem_id="seeds")
        with gr.Row(elem_classes=["ds-files"], visible=False) as save_row:
            files = Downloads(name="seeds", kinds={"png": "Save the grid"})
    kept = gr.State(())  # the traces of the pictures

    def drawn(count: int) -> Callable:
        @guard(status=status)
        def draw(layers: Layers, visit: gr.Request) -> Iterator[dict]:
            """Stop, of the sidebar, ends it: its pictures then are as far as they came."""
            layer = layers.shown
            if layer is None:
                raise RequestError("run", "none", "there before its prompt is drawn with other seeds")
            asked, uris, told = following(layer.trace.request, count), [None] * count, 0.0
            yield {grid: tiles(asked, uris), kept: (), save_row: gr.Row(visible=False)}
            for item in service.stream_many(layer.model, asked, visit.session_hash):
                if isinstance(item, list):
                    uris = [pictures.uri(np.asarray(trace.image.convert("RGB")), SIDE) for trace in item]
                    yield {grid: tiles(asked, uris, done=True), kept: tuple(item), status: ended(item, "seeds"),
                           save_row: gr.Row(visible=True)}  # fmt: skip
                elif isinstance(item, Notice):
                    yield {status: standing(item)}
                elif item.x0 is not None:
                    uris[item.number] = pictures.uri(item.x0, SIDE)
                    if time.perf_counter() - told > LOOK_SECONDS:
                        told = time.perf_counter()
                        yield {grid: tiles(asked, uris), status: standing(item)}

        return draw

    @guard
    def view(layers: Layers, traces: tuple[Trace, ...], event: gr.EventData) -> dict:
        return chosen(shell, layers, traces, sent(event).get("id"), "picture")

    def file(kind: str, traces: tuple[Trace, ...]) -> tuple[str, bytes]:
        if not traces:
            raise RequestError("seeds", "none", "drawn before they can be saved")
        return links.file_name(traces[0].request, f"seeds.{kind}"), to_png(traces)

    files.offer(file, kept)
    for count, button in buttons.items():
        button.click(drawn(count), shell.layers, [grid, kept, status, save_row], trigger_mode="once", **RUN)
    grid.view(view, [shell.layers, kept], [shell.layers, shell.finished, *shell.controls.inputs], **QUIET)


def following(request: Request, count: int) -> list[Request]:
    """The request with the next seeds, and without branches, which are of its own path."""
    return [replace(request, seed=(request.seed + n) % (MAX_SEED + 1), branches=()) for n in range(1, count + 1)]


def to_png(traces: tuple[Trace, ...]) -> bytes:
    """The pictures in one, with the first one's settings inside."""
    cells = [Cell(np.asarray(one.image.convert("RGB")), f"seed {one.request.seed}", stopped(one)) for one in traces]
    first = traces[0].request
    image = printed.grid(
        first.prompt.strip() or "no prompt",
        [("", cells)],
        wording.settings(traces[0].model, first),
    )
    others = ", ".join(str(one.request.seed) for one in traces[1:])
    return links.with_settings(image, traces[0], f"{links.as_text(traces[0])}\nother seeds: {others}")


def tiles(asked: list[Request], uris: list[str | None], done: bool = False) -> Markup:
    """A picture for each seed as far as there are; one that is done can be chosen."""
    enabled = "" if done else Markup(" disabled")
    return GRID.format(
        asked[0].prompt.strip() or "no prompt",
        len(asked),
        Markup("").join(
            TILE.format(n=n, off=enabled, seed=one.seed, src=uri or pictures.BLANK)
            for n, (one, uri) in enumerate(zip(asked, uris, strict=True))
        ),
    )


GRID = Markup('<h3 class="ds-quiet">{}</h3><div class="ds-shots" style="--count: {}">{}</div>')
TILE = Markup(
    '<figure class="ds-shot"><button type="button" data-act="view" data-id="{n}" aria-label="Show seed {seed}"{off}>'
    '<img src="{src}" alt=""></button><figcaption>seed {seed}</figcaption></figure>'
)
