"""The runs a browser tab holds: each new run is a temporary layer, a padlock keeps it for comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.types import Trace

MAX_KEPT = 8
MAX_POSITIONS = 61  # of the step rail: the noise and up to 60 steps


@dataclass(frozen=True)
class Film:
    """A run as pictures, at P positions of the step rail: the state before each step and what the network made of it.

    At position p the state is x_k, k = positions[p]; x0 and eps are predicted from it. The last state, x_S, is
    the result: nothing is predicted from it, so x0 shows it again (in a run that was stopped: the last guess) and eps
    has one picture fewer.
    """

    positions: np.ndarray  # (P,) steps 0 … S, evenly chosen where there are more than MAX_POSITIONS
    x: np.ndarray  # (P, size, size, 3) uint8, decoded
    x0: np.ndarray  # (P, size, size, 3) uint8, decoded
    eps: np.ndarray  # (P - 1, h, w, 3) uint8, the latent in false colours


def positions(steps: int) -> np.ndarray:
    """The steps 0 … S that a rail shows, at most MAX_POSITIONS, both ends included."""
    return np.unique(np.linspace(0, steps, min(steps + 1, MAX_POSITIONS)).round().astype(int))


@dataclass(frozen=True, eq=False)
class Layer:
    """One run: its trace, its film, and whether the visitor keeps it."""

    id: str
    trace: Trace
    film: Film
    kept: bool = False

    @property
    def model(self) -> str:
        return self.trace.model

    @property
    def title(self) -> str:
        """Plain text a visitor wrote: escape it."""
        request = self.trace.request
        name = request.prompt.strip() or "no prompt"
        branch = "".join(f" · branch at {step}" for step, _ in request.branches)
        like = " · like a picture" if request.embedding else ""
        return f"{name}{like} · seed {request.seed}{branch}"


@dataclass(frozen=True)
class Layers:
    """The layers of one browser tab, oldest first; changed by making a new one, so that gr.State sees the change.

    current is the id of the run in view. Every layer but that one is kept.
    """

    entries: tuple[Layer, ...] = ()
    current: str | None = None

    def add(self, layer: Layer) -> Layers:
        """Show a new run; the one in view before it goes unless it is kept."""
        return Layers((*(old for old in self.entries if old.kept), layer), layer.id)

    def view(self, id: str) -> Layers:
        """Bring a layer back; an unknown id changes nothing."""
        if self.find(id) is None:
            return self
        return Layers(tuple(old for old in self.entries if old.kept or old.id == id), id)

    def toggle(self, id: str) -> Layers:
        """Keep a layer or let it go; what is let go stays until another run comes into view.

        The oldest kept one goes where MAX_KEPT would be passed.
        """
        changed = [replace(old, kept=not old.kept) if old.id == id else old for old in self.entries]
        kept = [old.id for old in changed if old.kept]
        dropped = set(kept[: max(0, len(kept) - MAX_KEPT)])
        left = [old for old in changed if old.id == self.current or (old.kept and old.id not in dropped)]
        return Layers(tuple(left), self.current)

    def find(self, id: str | None) -> Layer | None:
        return next((layer for layer in self.entries if layer.id == id), None)

    @property
    def shown(self) -> Layer | None:
        return self.find(self.current)

    @property
    def kept(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.entries if layer.kept)
