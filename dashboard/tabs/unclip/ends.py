"""The two ends of an interpolation: two pictures, two captions or two noises."""

from __future__ import annotations

from dataclasses import dataclass, replace

import gradio as gr
import numpy as np

from core.types import MAX_SEED, Request, RequestError
from dashboard.address import Setting
from dashboard.controls import Advice
from dashboard.events import QUIET
from dashboard.tabs.clip.spaces import Space
from dashboard.tabs.unclip.panel import captions, prior_of, setting
from dashboard.tabs.unclip.source import Room, Source

KINDS = {"Two pictures": "pictures", "Two captions": "captions", "Two noises": "noises"}
CAPTIONS = "a red apple", "a green apple"
OTHER = 2  # the seed of the other noise; the run that greets has 1


@dataclass(frozen=True, eq=False)
class Ends:
    """What lies at both ends, in words and in numbers, (D,) each; noises are not of unit length."""

    names: tuple[str, str]
    a: np.ndarray
    b: np.ndarray


class Form:
    """Of which kind both are, and the fields of that kind; those of the others are out of sight."""

    def __init__(self, room: Room):
        self._layers = room.shell.layers
        with gr.Row(elem_classes=["ds-map-controls"]):
            self.kind = gr.Radio(list(KINDS.items()), value="pictures", label="Between", elem_id="unclip-kind",
                                 elem_classes=["ds-segmented"], min_width=0)  # fmt: skip
        with gr.Row(elem_classes=["ds-clip-row"], elem_id="unclip-ends-pictures") as of_pictures:
            self._sources = []
            for end, label in (("a", "From"), ("b", "To")):
                with gr.Column(min_width=0):  # each with its own place for a file
                    self._sources.append(Source(room, f"end-{end}", f"end-{end}", label))
        with gr.Row(elem_classes=["ds-clip-row"], visible=False) as of_captions:
            advice = {}
            for end, label, text in zip("ab", ("From", "To"), CAPTIONS, strict=True):
                with gr.Column(min_width=0):
                    caption = gr.Textbox(text, label=label, max_lines=2, elem_id=f"unclip-caption-{end}")
                    advice[caption] = Advice(elem_id=f"unclip-caption-{end}-advice")
            self._captions = list(advice)
            captions(room.shell, advice)
        with gr.Row(elem_classes=["ds-clip-row"], visible=False) as of_noises:
            self.seed = gr.Number(OTHER, label="From the sidebar's seed to this one", minimum=0, maximum=MAX_SEED,
                                  elem_id="unclip-seed-b", min_width=0)  # fmt: skip
        self._rows = {"pictures": of_pictures, "captions": of_captions, "noises": of_noises}

    @property
    def settings(self) -> list[Setting]:
        return [
            setting("between", self.kind, "pictures", tuple(KINDS.values())),
            *(one for source in self._sources for one in source.settings),
            *(setting(f"caption-{e}", c, t) for e, c, t in zip("ab", self._captions, CAPTIONS, strict=True)),
            setting("seed-b", self.seed, OTHER),
        ]

    @property
    def inputs(self) -> list:
        return [self.kind, self.seed, *self._captions, *(one for source in self._sources for one in source.inputs)]

    @property
    def rows(self) -> list[gr.Row]:
        return list(self._rows.values())

    def connect(self, model: gr.Dropdown) -> list:
        """Wire the fields; returns the events upon which the panel is to draw anew."""
        self.kind.change(self._turn, self.kind, self.rows, **QUIET)
        taken = [event for source in self._sources for event in source.connect(model)]
        return [self.kind.input, *taken, *(caption.submit for caption in self._captions), self.seed.submit]

    def _turn(self, kind: object) -> dict:
        return {row: gr.Row(visible=kind == name) for name, row in self._rows.items()}

    def first(self, model: str, asked: dict) -> dict:
        """The fields as a fresh page or a link has them, of which asked is what it sets."""
        shown = {}
        for place, source in enumerate(self._sources):
            shown |= source.first(model, asked, place)
        return shown | (self._turn(asked[self.kind]) if self.kind in asked else {})

    def chosen(self, values: dict) -> str:
        """The kind; RequestError where it is none."""
        kind = values[self.kind]
        if kind not in KINDS.values():
            raise RequestError("between", kind, f"one of {', '.join(KINDS.values())}")
        return kind

    def read(self, values: dict, engine, space: Space, base: Request) -> Ends:
        """What is asked for; RequestError where it is nothing that there is."""
        kind = self.chosen(values)
        if kind == "pictures":
            a, b = (one.origin(space, engine, values[self._layers], values[one.chosen], values[one.brought])
                    for one in self._sources)  # fmt: skip
            return Ends((a.name, b.name), a.embedding, b.embedding)
        if kind == "captions":
            texts = [values[one] for one in self._captions]
            for text in texts:
                if not isinstance(text, str) or not text.strip():
                    raise RequestError("caption", text, "some words at both ends")
            return Ends(tuple(texts), *prior_of(engine).sample(texts, base.seed))
        other = replace(base, seed=values[self.seed])
        noises = [next(engine.run(one)).x.numpy().ravel() for one in (base, other)]
        return Ends((f"noise of seed {base.seed}", f"noise of seed {other.seed}"), *noises)

    def kept(self, values: dict, both: Ends) -> dict[str, str | None]:
        """What the address says of the pictures at both ends, where these are pictures."""
        told = {}
        if self.chosen(values) == "pictures":
            for source, end in zip(self._sources, (both.a, both.b), strict=True):
                told |= source.kept(values[source.chosen], end)
        return told
