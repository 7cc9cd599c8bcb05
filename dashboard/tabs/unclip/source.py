"""The picture, or the embedding of one, that a panel begins with: from the gallery, a run, a file or a link."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
import numpy as np

from core.measure import unit
from core.types import Request, RequestError
from dashboard import lacks, links
from dashboard.address import Setting
from dashboard.components.uploaded import File
from dashboard.events import QUIET
from dashboard.layers import Layers
from dashboard.shell import Shell, guard
from dashboard.tabs.clip.spaces import Space, Spaces
from dashboard.tabs.clip.views import opened
from dashboard.tabs.unclip.panel import setting

RUN, BROUGHT = "The run in view", "The embedding brought along"
FIRST = ("fox", "panda", "robot", "cat")  # what a fresh page begins with, the first that the gallery has
NEAREST = 3


@dataclass(frozen=True)
class Room:
    """What every panel of the tab is given."""

    shell: Shell
    spaces: Spaces


@dataclass(frozen=True, eq=False)
class Origin:
    """Where pictures come from: an embedding (D,), and where it is that of a picture at hand, the picture."""

    name: str
    embedding: np.ndarray
    picture: np.ndarray | None = None  # (h, w, 3) uint8

    @property
    def numbers(self) -> tuple[float, ...]:
        return tuple(self.embedding.tolist())


class Source:
    """A list of pictures and a place for a file of one's own; `brought` holds an embedding as links.from_embedding has
    it, of a file or a link, '' for none."""

    def __init__(self, room: Room, name: str, field: str, label: str = "Picture"):
        """field: what the list is called in the address; the embedding's is the same with -e."""
        self._room, self._field = room, field
        self.chosen = gr.Dropdown([RUN], label=label, allow_custom_value=True, elem_id=f"unclip-{name}-picture")
        self._file = File(
            label="Or your own picture", height=64, elem_id=f"unclip-{name}-file", elem_classes=["ds-drop"]
        )
        self.brought = gr.Textbox("", label="Embedding", elem_id=f"unclip-{name}-brought",
                                  elem_classes=["ds-out-of-sight"])  # fmt: skip

    @property
    def settings(self) -> list[Setting]:
        return [setting(self._field, self.chosen, ""), setting(f"{self._field}-e", self.brought, "")]

    def kept(self, chosen: object, embedding: np.ndarray) -> dict[str, str | None]:
        """What the address says of an embedding (D,): all of it, unless it is that of a gallery picture."""
        told = links.from_embedding(tuple(embedding.tolist())) if chosen in (RUN, BROUGHT) else None
        return {self.settings[1].name: told}

    @property
    def inputs(self) -> list:
        return [self.chosen, self.brought]

    def connect(self, model: gr.Dropdown) -> list:
        """Wire both; returns the events upon which the panel is to draw anew."""
        self.chosen.input(self._clear, self.chosen, self.brought, **QUIET)
        shown = [self.brought, self.chosen, self._file]
        taken = self._file.upload(guard(self._take), [model, self._file], shown, **QUIET)
        return [self.chosen.input, taken.success]

    def _clear(self, chosen: object):
        return gr.skip() if chosen == BROUGHT else ""

    def _take(self, model: object, path: str):
        """The embedding of an uploaded picture: the picture itself goes no further, and leaves room for another one."""
        service = self._room.shell.service
        with service.turn(service.check(model or service.default)) as engine:
            lacks.need(engine, "space", "a picture cannot lead it")
            row = engine.clip.image([opened(path)])[0]
        return links.from_embedding(tuple(row.tolist())), BROUGHT, None

    def first(self, model: str, asked: dict, place: int = 0) -> dict:
        """The list as a fresh page or a link has it, of which asked is what it sets; place: of panels of several."""
        chosen, brought = asked.get(self.chosen), asked.get(self.brought)
        names = list(dict.fromkeys(self._room.spaces.get(model).labels))
        usual = sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
        value = chosen if chosen in names or chosen == RUN else usual[place % len(usual)]
        value = BROUGHT if brought else value
        return {self.chosen: gr.Dropdown([RUN, BROUGHT, *names], value=value)}

    def origin(self, space: Space, engine, layers: Layers, chosen: object, brought: object) -> Origin:
        """What is asked for; RequestError where it is nothing that there is."""
        lacks.need(engine, "space", "a picture cannot lead it")
        if chosen == BROUGHT:
            if not isinstance(brought, str) or not brought:
                raise RequestError("picture", BROUGHT, "there: drop your own picture first, or open a link with one")
            numbers = Request(embedding=links.to_embedding(brought)).embedding
            if len(numbers) != engine.space:
                raise RequestError("embedding", f"{len(numbers)} numbers", f"{engine.space} numbers")
            return Origin("An embedding", unit(np.array(numbers)))
        if chosen == RUN:
            if layers.shown is None:
                raise RequestError("picture", RUN, "there: generate one first")
            image = layers.shown.trace.image.convert("RGB")
            return Origin(layers.shown.title, engine.clip.image([image])[0], np.asarray(image))
        if chosen not in space.labels:
            raise RequestError("picture", chosen, f"the label of a gallery picture, or “{RUN}”")
        index = space.labels.index(chosen)
        return Origin(str(chosen), space.pictures[index], space.thumbs[index])


def world(space: Space, origin: Origin) -> list[str]:
    """What is nearest to an embedding among what the model knows, and whether that is near at all."""
    cosines = space.pictures @ origin.embedding
    order = np.argsort(-cosines, kind="stable")
    names = list(dict.fromkeys(space.labels[i] for i in order[:50]))[:NEAREST]
    best, usual = float(cosines[order[0]]), usual_nearness(space)
    told = f"Nearest gallery pictures: {', '.join(names)} (cosine {best:.2f} to the first)."
    share = float(np.mean(usual > best))
    if share > 0.99:
        far = (
            f"That is far: half of the gallery's pictures have a neighbour at {np.median(usual):.2f} or nearer. The "
            "model knows nothing but its gallery's kind, so expect a thing of that world."
        )
        return [told, far]
    return [told]


def usual_nearness(space: Space) -> np.ndarray:
    """Of each gallery picture, the cosine to its nearest other one, (N,)."""
    cosines = space.pictures @ space.pictures.T
    np.fill_diagonal(cosines, -1)
    return cosines.max(1)
