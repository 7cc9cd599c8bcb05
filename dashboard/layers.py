"""The runs a browser tab holds: the last ones by themselves, pinned ones until they are unpinned."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from core.types import Request, RequestError, Trace
from dashboard.ondisk import is_kept

MAX_RUNS = 16  # of a browser tab, pinned ones included
MAX_KEPT = 8  # pinned
MAX_BYTES = 64 << 20  # that the runs of a tab may hold together, but the one in view stays whatever its size
DISK = 8  # bytes on disk count as one in memory
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
    """One run: its trace, its film, whether the visitor has pinned it, and what its model is meant to be run with."""

    id: str
    trace: Trace
    film: Film
    kept: bool = False
    usual: Request = field(default_factory=Request)

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

    @cached_property
    def memory(self) -> int:
        """Bytes of memory that it holds."""
        return sum(array.nbytes for array in self._arrays if not is_kept(array))

    @cached_property
    def size(self) -> int:
        """Bytes that it takes of what may be held."""
        return self.memory + sum(array.nbytes for array in self._arrays if is_kept(array)) // DISK

    @property
    def _arrays(self) -> list[np.ndarray]:
        trace, film = self.trace, self.film
        found = [*(getattr(trace, name) for name in trace.ARRAYS), trace.frames, film.x, film.x0, film.eps]
        return [array for array in found if array is not None]


@dataclass(frozen=True)
class Layers:
    """The runs of one browser tab, oldest first; changed by making a new one, so that gr.State sees the change.

    current is the id of the run in view. Beyond MAX_RUNS or MAX_BYTES the oldest go that are neither in view nor
    pinned; gone counts them. deleted is the run that was deleted last, and the place where it stood.
    """

    entries: tuple[Layer, ...] = ()
    current: str | None = None
    gone: int = 0
    deleted: tuple[int, Layer] | None = None

    def add(self, layer: Layer) -> Layers:
        """Show a new run."""
        return replace(self, entries=(*self.entries, layer), current=layer.id)._bounded()

    def view(self, id: object) -> Layers:
        """Bring a run back into view; an unknown id changes nothing."""
        return self if self.find(id) is None else replace(self, current=id)

    def toggle(self, id: object) -> Layers:
        """Pin a run, or unpin it; RequestError where that would be too many."""
        changed = tuple(replace(one, kept=not one.kept) if one.id == id else one for one in self.entries)
        pinned = [one for one in changed if one.kept]
        if len(pinned) > max(MAX_KEPT, len(self.kept)):
            raise RequestError("pinned runs", len(pinned), f"at most {MAX_KEPT}: unpin one first")
        if len(pinned) > len(self.kept) and (held := sum(one.size for one in pinned)) > MAX_BYTES:
            raise RequestError("pinned runs", f"{held >> 20} MB", f"at most {MAX_BYTES >> 20} MB: unpin one first")
        return replace(self, entries=changed)._bounded()

    def delete(self, id: object) -> Layers:
        """Take a run out; the newest of the others comes into view in its place. The only one stays."""
        layer = self.find(id)
        if layer is None or len(self.entries) == 1:
            return self
        place = self.entries.index(layer)
        left = self.entries[:place] + self.entries[place + 1 :]
        current = left[-1].id if id == self.current else self.current
        return replace(self, entries=left, current=current, deleted=(place, layer))

    def undo(self) -> Layers:
        """Put the run back that was deleted last, into view."""
        if self.deleted is None:
            return self
        place, layer = self.deleted
        entries = (*self.entries[:place], layer, *self.entries[place:])
        return replace(self, entries=entries, current=layer.id, deleted=None)._bounded()

    def pinned(self) -> Layers:
        """The pinned runs alone, of which the newest is in view where the one that was is gone."""
        kept = self.kept
        current = self.current if any(one.id == self.current for one in kept) else kept[-1].id if kept else None
        return Layers(kept, current, self.gone + len(self.entries) - len(kept))

    def find(self, id: object) -> Layer | None:
        return next((layer for layer in self.entries if layer.id == id), None)

    @property
    def shown(self) -> Layer | None:
        return self.find(self.current)

    @property
    def kept(self) -> tuple[Layer, ...]:
        return tuple(layer for layer in self.entries if layer.kept)

    @property
    def held(self) -> tuple[Layer, ...]:
        """All that takes memory: what was deleted last can come back."""
        return (*self.entries, self.deleted[1]) if self.deleted else self.entries

    @property
    def compared(self) -> tuple[Layer, ...]:
        """What other tabs set side by side: the pinned runs and the one in view."""
        return tuple(layer for layer in self.entries if layer.kept or layer.id == self.current)

    def _bounded(self) -> Layers:
        """Without the oldest runs that there is no room for."""
        entries, held = list(self.entries), sum(one.size for one in self.entries)
        for one in self.entries:
            if len(entries) <= MAX_RUNS and held <= MAX_BYTES:
                break
            if not one.kept and one.id != self.current:
                entries.remove(one)
                held -= one.size
        return replace(self, entries=tuple(entries), gone=self.gone + len(self.entries) - len(entries))
