"""What the tabs ask of the engine, free of any screen: loading, running in turns, stopping, decoding for view."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from core.types import ModelError, Request, RequestError, Step, Trace
from dashboard import pictures
from dashboard.layers import Film, Layer, positions

PREVIEW_SECONDS = 0.08, 0.3  # between pictures for the eye: they cost time that a long run wants for itself
MAX_RUNNING = 4  # runs at once; more wait in the queue


@dataclass(frozen=True)
class Progress:
    """One step as the page shows it while a run goes on; the pictures are None where the step is not drawn."""

    index: int
    total: int
    seconds: float
    t: float | None = None
    sigma: float | None = None
    x: np.ndarray | None = None  # (size, size, 3) uint8
    x0: np.ndarray | None = None  # (size, size, 3) uint8
    eps: np.ndarray | None = None  # (h, w, 3) uint8, in false colours

    @property
    def remaining(self) -> float | None:
        """Seconds still to go at the pace so far; None before the first step."""
        return self.seconds / self.index * (self.total - self.index) if self.index else None


@dataclass(eq=False)
class Running:
    """What others may ask of a run that is under way."""

    stopped: bool = False  # end after this step, keep what there is
    replaced: bool = False  # end after this step, nobody looks any more


class Turns:
    """A lock that serves in the order of asking, so that runs at once advance step by step in turns."""

    def __init__(self):
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._waiting[0] is ticket)
        try:
            yield
        finally:
            with self._changed:
                self._waiting.popleft()
                self._changed.notify_all()


class Service:
    """Loads engines when they are first asked for and lets visitors use them one step at a time each.

    load: name -> Engine, may raise ModelError; models: the names that can be loaded, best first.
    """

    def __init__(self, load: Callable[[str], object], models: Callable[[], list[str]]):
        self._load = load
        self.models = models
        self._engines: dict[str, object] = {}
        self._loading = threading.Lock()
        self._tints: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
        self._turns = Turns()
        self._running: dict[str, Running] = {}

    @property
    def default(self) -> str:
        names = self.models()
        if not names:
            raise ModelError("There is no model: the folder assets/models is empty.")
        return names[0]

    def ready(self, model: str) -> bool:
        return model in self._engines

    def check(self, model: object) -> str:
        """The name of a model that can be loaded; RequestError for anything else."""
        if not isinstance(model, str) or model not in self.models():
            raise RequestError("model", model, f"one of {', '.join(self.models())}")
        return model

    def engine(self, model: str):
        """The engine of this name, loaded if need be."""
        if model not in self._engines:
            self.check(model)
            with self._loading:
                if model not in self._engines:
                    self._engines[model] = self._load(model)
        return self._engines[model]

    @contextmanager
    def turn(self, model: str):
        """The engine, for one short piece of work; others wait until the block ends."""
        engine = self.engine(model)
        with self._turns.turn():
            yield engine

    def stream(self, model: str, request: Request, session: str = "") -> Iterator[Progress | Layer]:
        """Run a request: Progress for each step, at last the Layer.

        session: whose run it is. Its earlier run ends without a Layer; stop() ends this one with the steps so far.
        Closing the generator ends the run at once.
        """
        engine = self.engine(model)
        if earlier := self._running.get(session):
            earlier.replaced = True
        me = self._running[session] = Running()
        run = engine.run(request)
        steps, began, drawn = [], time.perf_counter(), -1.0
        try:
            while not me.replaced:
                with self._turns.turn():
                    step = next(run, None)
                    if step is None:
                        break
                    steps.append(step)
                    seconds = time.perf_counter() - began
                    look = seconds - drawn >= np.clip(seconds / 15, *PREVIEW_SECONDS)
                    progress = self._progress(engine, request, step, seconds, look)
                drawn = seconds if look else drawn
                yield progress
                if me.stopped and step.x0 is not None:
                    break
        finally:
            run.close()
            if self._running.get(session) is me:
                del self._running[session]
        if not me.replaced:
            with self._turns.turn():
                trace = engine.collect(request, steps, time.perf_counter() - began)
            yield self.layer(trace)

    def stop(self, session: str) -> None:
        """End the run of this session after its current step; without one, nothing happens."""
        if running := self._running.get(session):
            running.stopped = True

    def layer(self, trace: Trace, id: str | None = None) -> Layer:
        """A trace with its film, whose pictures are decoded here, under a new id unless one is given."""
        at = positions(len(trace.x0))
        last = trace.x[-1:] if trace.finished else trace.x0[-1:]
        with self.turn(trace.model) as engine:
            x = engine.decode(trace.x[at])
            x0 = engine.decode(np.concatenate([trace.x0[at[:-1]], last]))
        return Layer(id or uuid.uuid4().hex[:8], trace, Film(at, x, x0, self._tint(engine, trace.eps[at[:-1]])))

    def _progress(self, engine, request: Request, step: Step, seconds: float, look: bool) -> Progress:
        drawn = {}
        if look or step.index == request.steps:
            drawn["x"] = engine.decode(step.x)[0]
            if step.x0 is not None:
                drawn |= {"x0": engine.decode(step.x0)[0], "eps": self._tint(engine, step.eps.numpy())[0]}
        return Progress(step.index, request.steps, seconds, step.t, step.sigma, **drawn)

    def _tint(self, engine, latents: np.ndarray) -> np.ndarray:
        """(N, C, h, w) in the false colours of the engine's gallery, (N, h, w, 3) uint8."""
        if engine.name not in self._tints:
            self._tints[engine.name] = pictures.tint(engine.gallery.latents, engine.gallery.thumbs)
        return self._tints[engine.name](latents)
