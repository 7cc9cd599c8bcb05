"""Where in the picture: how near each place of a picture is to each word of a text."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import numpy as np

from core.advice import unread
from core.text import plain
from core.types import MAX_PROMPT, RequestError
from dashboard.address import FirstView, keep, query, restored
from dashboard.components.heat import Group, Heat, HeatMaps, pack, still, stretched
from dashboard.events import QUIET, at_last
from dashboard.layers import Layers
from dashboard.markup import heading, paragraphs
from dashboard.shell import guard
from dashboard.tabs.clip.views import RUN, Room, choices, files, known, one_picture, picker, setting, told

TITLE = "Where"
WAYS = {"Sliding window": "windows", "Patches": "patches"}
SIDE = 16  # places a side of the map that the browser gets
MAX_WORDS = 16
TEXT = "a red apple"
HEAD = (
    "Where in the picture",
    "How near every part of a picture is to a text: the whole of it, and each of its words. Notice the words' "
    "highest cosines: even a word for something that is not there has a brightest place.",
    "cos(CLIP(part of the picture), CLIP(word))",
    ("2112.01071", "patches: Zhou et al. 2022"),
)
TOLD = {
    "windows": "A window half the picture wide slides over it, and CLIP reads each cut as a picture of its own: it "
    "tells which part of the picture fits the text, never its outline.",
    "patches": "One look at the whole picture: what each patch says by itself in the last layer, before attention "
    "mixes them. Faster, and coarser still.",
}
COMPUTED = {"windows": "CLIP reads every window of the picture…", "patches": "CLIP reads the patches of the picture…"}
SCALE = (
    "Each map has a scale of its own, from its least similar place to its most, with the cosines below it. Every word "
    "has a brightest place, even if its thing is absent: compare the highest cosines, not the colours."
)


def build(room: Room) -> None:
    gr.HTML(heading(*HEAD))
    with gr.Row(elem_classes=["ds-clip-row"]):
        chosen, file = picker("where")
        text = gr.Textbox(TEXT, label="Text", max_lines=2, elem_id="where-text")
    with gr.Row(elem_classes=["ds-map-controls"]):
        look = {"elem_classes": ["ds-segmented"], "min_width": 0}
        way = gr.Radio(list(WAYS.items()), value="windows", label="How", elem_id="where-way", **look)
    maps = HeatMaps(elem_id="where-maps")
    sentences = gr.HTML("", elem_id="where-told", elem_classes=["ds-told"])
    save = files("where")
    opened = FirstView(elem_id="where-opened")
    filled = gr.State()  # the prompt that the text was set to, by itself
    settings = [
        setting("picture", chosen, RUN), setting("where", text, TEXT),
        setting("way", way, "windows", tuple(WAYS.values())),
    ]  # fmt: skip

    @guard
    def start(layers, model, source, event: gr.EventData):
        """What the address asks for, else the picture in view with its own prompt."""
        asked = restored([*settings, room.another], query(event))
        space = room.spaces.get(model)  # whose gallery every CLIP reads
        own = prompt(layers)
        shown = {text: own, filled: own} | asked
        return shown | {chosen: gr.Dropdown(choices(space), value=known(space, asked.get(chosen)))}

    @guard
    def draw(layers, model, source, label, path, typed, kind) -> Iterator[dict]:
        if kind not in WAYS.values():
            raise RequestError("how", kind, f"one of {', '.join(WAYS)}")
        space = room.spaces.get(model, source)
        picture = one_picture(space, layers, label, path)
        names = texts_of(typed)
        if not names:
            yield {maps: None, sentences: paragraphs(["Type a text to look for."])}
            return
        yield {sentences: paragraphs([COMPUTED[kind]])}
        with room.shell.service.turn(room.shell.service.check(model or room.shell.service.default)):
            features = getattr(space.clip, kind)([picture.image])[0]  # (n, n, D)
            found = np.einsum("hwd,td->thw", features, space.clip.text(names))  # (T, n, n)
        fine = np.stack([spread(one, kind) for one in found])
        shown = stretched(fine, (1, 2), zero=False)[None, None]
        notes = [f"{one.min():.2f} to {one.max():.2f}" for one in found]
        group = Group("", names, notes, [picture.uri(256)], pack(shown), SIDE, 1)
        yield {
            maps: Heat([group], ["all"]),
            sentences: paragraphs([*unread(space.clip, names[:1]), TOLD[kind], *quality(space.measured, kind), SCALE]),
        }

    @guard
    def follow(before, layers, model, source, label, path, typed, kind) -> Iterator[dict]:
        """Another run is in view: its picture, and its prompt where none has been typed."""
        if path or label not in (None, RUN):
            return
        own = prompt(layers) if typed == before else typed
        if typed == before:
            yield {text: own, filled: own}
        yield from draw(layers, model, source, label, path, own, kind)

    def sheet(layers, model, source, label, path, typed, kind, page):
        shown = {}
        for now in draw(layers, model, source, label, path, typed, kind):
            shown |= now
        if shown[maps] is None:
            raise RequestError("text", typed, "there before its places can be saved")
        body = heading(*HEAD) + still(shown[maps]) + told(shown[sentences])
        set_to = zip(settings, (label or RUN, typed, kind), strict=True)
        return room.sheet(TITLE, typed.strip(), body, layers, set_to, (model, source, page))

    inputs, outputs = [room.shell.layers, *room.inputs, chosen, file, text, way], [maps, sentences]
    keep(settings, opened)
    room.offer(save, "where", sheet, *inputs)
    opened.first_view(
        start, [room.shell.layers, *room.inputs],
        [filled, *(one.control for one in (*settings, room.another))], **QUIET
    ).then(draw, inputs, outputs, **QUIET)  # fmt: skip
    room.follow(follow, [filled, *inputs], [*outputs, text, filled])
    at_last([chosen.input, file.change, text.submit, way.input, room.source.submit], draw, inputs, outputs)


def prompt(layers: Layers) -> str:
    """That of the run in view, TEXT where there is none."""
    return (layers.shown and layers.shown.trace.request.prompt.strip()) or TEXT


def quality(measured: dict, kind: str) -> list[str]:
    """How often the peak of such a map is right, of this CLIP; nothing where it was not measured."""
    found = measured.get("localisation", {})
    if not {kind, f"{kind}_chance", "count"} <= found.keys():
        return []
    return [
        f"Measured on pictures of two things side by side: asked for one of them, {found['count']} times, the map "
        f"peaked inside it in {found[kind]:.1%} (chance {found[f'{kind}_chance']:.0%})."
    ]


def texts_of(typed: object) -> list[str]:
    """The text as a whole, and its words."""
    if not isinstance(typed, str) or len(typed) > MAX_PROMPT:
        raise RequestError("text", typed, f"at most {MAX_PROMPT} characters of text")
    words = plain(typed).split()
    if len(words) > MAX_WORDS:
        raise RequestError("text", f"{len(words)} words long", f"at most {MAX_WORDS} words")
    return list(dict.fromkeys([" ".join(words), *words])) if words else []


def spread(cosines: np.ndarray, kind: str) -> np.ndarray:
    """(n, n) -> (SIDE, SIDE): of each place, the mean of the patches or windows that see it, the central ones most."""
    from core.networks.clip import STRIDE, WINDOW  # here, since torch takes seconds to import

    count = len(cosines)
    at = (np.arange(SIDE) + 0.5) / SIDE
    if kind == "windows":
        centres, reach = WINDOW / 2 + STRIDE * np.arange(count), WINDOW / 2
    else:
        centres, reach = (np.arange(count) + 0.5) / count, 1 / count
    weights = np.maximum(reach - np.abs(at[:, None] - centres), 0) + 1e-6  # (SIDE, n), at the rim the nearest counts
    weights /= weights.sum(1, keepdims=True)
    return weights @ cosines @ weights.T
