"""The video in view again with one setting changed: scales of guidance, samplers, a negative prompt, shared noise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import gradio as gr
import numpy as np
from markupsafe import Markup

from core.advice import of_guidance, of_negative
from core.types import MAX_SEED, Request, RequestError, Trace
from dashboard import links, onefile, pictures, videos
from dashboard.address import Setting, keep, query, restored
from dashboard.advising import beside
from dashboard.components.downloads import PAGE, Downloads
from dashboard.components.status import stop_button
from dashboard.controls import Advice
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.markup import heading
from dashboard.runqueue import Notice
from dashboard.runs import RUN, chosen
from dashboard.shell import Shell, guard, sent
from dashboard.standing import ended, standing
from dashboard.tabs.generate.seeds import Grid
from dashboard.tabs.video import sheets
from dashboard.tabs.video.footage import latest, measured

LOOK_SECONDS = 0.25  # between two updates of the page while videos are drawn
SIDE = 128  # pixels a frame's height
SCALES = (0.0, 1.0, 2.0, 4.0, 7.0)
NEGATIVE = "moving up"
WAN = (  # wan/configs/shared_config.py of Wan 2.1 (Apache-2.0): its default negative prompt
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，"
    "丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，"
    "杂乱的背景，三条腿，背景人很多，倒着走"
)
NEGATIVES = [NEGATIVE, "standing still", ("Wan 2.1's own (Chinese)", WAN)]


@dataclass(frozen=True)
class Comparison:
    """variants(request, negative prompt): what is drawn, with what is different about each."""

    title: str
    notice: str
    variants: Callable[[Request, str], list[tuple[str, Request]]]


COMPARISONS = {
    "guidance": Comparison(
        "Scales of guidance",
        "At 0 the prompt is ignored and a video is there all the same; more guidance makes it fit the prompt better.",
        lambda one, _: [  # at 0 the negative prompt alone would be drawn
            (f"guidance {g:g}", replace(one, guidance=g, negative_prompt=one.negative_prompt if g else ""))
            for g in SCALES
        ],
    ),
    "samplers": Comparison(
        "DDIM beside DDPM",
        "The same starting noise: DDIM adds none on the way, DDPM new noise at every step, of each frame its own.",
        lambda one, _: [(title, replace(one, sampler=name)) for name, title in (("ddim", "DDIM"), ("ddpm", "DDPM"))],
    ),
    "negative": Comparison(
        "A negative prompt",
        "The same noise without and with a negative prompt. Where the prompt leaves the motion open (“a rocket "
        "flying”), naming one as unwanted leads away from it.",
        lambda one, negative: [
            ("without", replace(one, negative_prompt="")), (negative, replace(one, negative_prompt=negative)),
        ],
    ),
    "prompt": Comparison(
        "No prompt at all",
        "With the prompt and without any: also a video of nothing in particular holds together.",
        lambda one, _: [(one.prompt or "no prompt", one), ("no prompt", replace(one, prompt="", guidance=1.0))],
    ),
    "noise": Comparison(
        "Noise shared by the frames",
        "How much of the starting noise is the same in every frame. All of it takes away what makes frames differ; the "
        "network learned from frames whose noise is their own.",
        lambda one, _: [(f"{share:.0%} shared", replace(one, shared_noise=share)) for share in (0.0, 0.5, 1.0)],
    ),
    "seeds": Comparison(
        "Other seeds",
        "What stays the same comes from the prompt, what changes from the noise.",
        lambda one, _: [
            (f"seed {seed}", replace(one, seed=seed)) for seed in ((one.seed + n) % (MAX_SEED + 1) for n in range(1, 5))
        ],
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Compared:
    """Videos that were drawn side by side: a row of COMPARISONS, the run that was changed, what is said of each."""

    name: str
    row: Comparison
    base: Trace
    titles: Sequence[str]
    traces: tuple[Trace, ...]
    notes: list[str]

    def tiles(self, live: list[str] | None = None) -> Markup:
        """live: where a click on each leads, of videos that stand elsewhere, '' for nowhere."""
        shown = [videos.strip(videos.some(trace.frames), SIDE) for trace in self.traces]
        frames = len(videos.some(self.base.frames))
        return tiles(self.titles, shown, frames, self.notes, live)


HEAD = heading(
    "Compare",
    "The video in view again with one thing changed, side by side. Notice what the change leaves alone. Click one to "
    "see its whole run.",
)


def build(shell: Shell) -> None:
    service, status = shell.service, shell.controls.status
    with gr.Column(elem_classes=["ds-panel"], elem_id="video-compare"):
        gr.HTML(HEAD)
        named = [(row.title, name) for name, row in COMPARISONS.items()]
        what = gr.Radio(named, value="guidance", label="What changes", elem_id="video-what",
                        elem_classes=["ds-segmented"], min_width=0)  # fmt: skip
        with gr.Column(visible=False, min_width=0) as negatives:
            negative = gr.Dropdown(NEGATIVES, value=NEGATIVE, label="Negative prompt", allow_custom_value=True,
                                   elem_id="video-negative")  # fmt: skip
            advice = Advice(elem_id="video-negative-advice")
        notice = gr.HTML(_notice("guidance"))
        with gr.Row(elem_classes=["ds-lane-buttons"]):
            run = gr.Button("Compare", elem_id="video-compare-run", min_width=0)
            stop = stop_button("video-compare-stop")
        grid = Grid(elem_id="video-compared")
        with gr.Row(elem_classes=["ds-files"], elem_id="video-compared-files", visible=False) as save_row:
            files = Downloads(name="video-compared", kinds=onefile.KIND)
    kept = gr.State()  # Compared
    settings = [Setting("compare-videos", what, "guidance", tuple(COMPARISONS))]

    @guard(status=status)
    def draw(layers: Layers, name: object, text: object, visit: gr.Request) -> Iterator[dict]:
        layer = latest(layers)
        if layer is None:
            raise RequestError("video", "none", "there before it is compared")
        base = replace(layer.trace.request, branches=())
        row = _row(name)
        titles, requests = zip(*row.variants(base, text if isinstance(text, str) else ""), strict=True)
        frames, told = len(videos.some(layer.trace.frames)), 0.0
        shown: list[str | None] = [None] * len(titles)
        yield {grid: tiles(titles, shown, frames), kept: None, save_row: gr.Row(visible=False)}
        for item in service.stream_many(layer.model, requests, visit.session_hash):
            if isinstance(item, list):
                with service.turn(layer.model) as engine:
                    notes = [_numbers(engine, trace) for trace in item]
                found = Compared(name, row, layer.trace, titles, tuple(item), notes)
                yield {grid: found.tiles(), kept: found, status: ended(item, "videos"),
                       save_row: gr.Row(visible=True)}  # fmt: skip
            elif isinstance(item, Notice):
                yield {status: standing(item)}
            elif item.x0 is not None:
                shown[item.number] = videos.strip(np.repeat(item.x0[None], frames, 0), SIDE)
                if time.perf_counter() - told > LOOK_SECONDS:
                    told = time.perf_counter()
                    yield {grid: tiles(titles, shown, frames), status: standing(item)}

    @guard
    def view(layers: Layers, found: Compared | None, event: gr.EventData) -> dict:
        return chosen(shell, layers, found.traces if found else (), sent(event).get("id"), "video")

    def file(kind: str, found: Compared | None, page: str) -> tuple[str, bytes]:
        if found is None:
            raise RequestError("videos", "none", "there before they can be saved")
        name = f"{found.name}-{links.file_name(found.base.request, kind)}"
        return name, onefile.page(sheets.of_comparison(found, page))

    def explain(name: object):
        known = name if name in COMPARISONS else "guidance"
        return {notice: _notice(known), negatives: gr.Column(visible=known == "negative")}

    def restore(visit: gr.Request):
        return restored(settings, query(visit)) or gr.skip()

    what.change(explain, what, [notice, negatives], **QUIET)
    beside(shell, {negative: advice}, shell.layers, drawn_by, says)
    keep(settings)
    run.click(draw, [shell.layers, what, negative], [grid, kept, status, save_row], trigger_mode="once", **RUN)
    shell.stops(stop)
    grid.view(view, [shell.layers, kept], [shell.layers, shell.finished, *shell.controls.inputs], **QUIET)
    files.offer(file, kept, PAGE)
    shell.demo.load(restore, None, what, **QUIET)


def drawn_by(layers: Layers) -> str | None:
    """The model of the video in view."""
    return layer.model if (layer := latest(layers)) else None


def says(engine, text: str, layers: Layers) -> list[str]:
    """What to know of a negative prompt for the video in view."""
    request = replace(latest(layers).trace.request, negative_prompt=text)
    return [*of_negative(engine, request), *of_guidance(request)]


def _row(name: object) -> Comparison:
    if name not in COMPARISONS:
        raise RequestError("what changes", name, f"one of {', '.join(COMPARISONS)}")
    return COMPARISONS[name]


def _notice(name: str) -> Markup:
    return Markup('<p class="ds-quiet">{}</p>').format(COMPARISONS[name].notice)


def _numbers(engine, trace: Trace) -> str:
    return " · ".join(f"{name} {value}" for name, value, _ in measured(engine, trace))


def tiles(
    titles: Sequence[str],
    shown: list[str | None],
    frames: int,
    notes: Sequence[str] = (),
    live: list[str] | None = None,
) -> Markup:
    """A video for each title as far as there are; those that are done have their numbers and can be chosen."""
    out = Markup("")
    for n, (title, uri) in enumerate(zip(titles, shown, strict=True)):
        loop = LOOPING.format(uri or pictures.BLANK)
        if live is None:
            loop = CHOICE.format(n, title, "" if notes else Markup(" disabled"), loop)
        elif live[n]:
            loop = Markup('<a href="{}" title="Open it live">{}</a>').format(live[n], loop)
        out += TILE.format(loop, title, notes[n] if notes else "")
    return Markup('<div class="ds-videos ds-shots" style="--frames: {}; --count: {}">{}</div>').format(
        frames, len(titles), out
    )


LOOPING = Markup('<div class="ds-loop"><img src="{}" alt=""></div>')
CHOICE = Markup('<button type="button" data-act="view" data-id="{}" aria-label="Show {}"{}>{}</button>')
TILE = Markup('<figure class="ds-shot">{}<figcaption>{}<small>{}</small></figcaption></figure>')
