"""What the tabs ask of the engine, free of any screen: loading, running, stopping, decoding for view."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.types import ModelError, Request, RequestError, Step, Trace
from dashboard import ondisk, pictures
from dashboard.engines import Engines
from dashboard.layers import Film, Layer, positions
from dashboard.limits import USUAL, Limits
from dashboard.runqueue import REPLACED, Notice, RunQueue, of_tab

if TYPE_CHECKING:
    from core.before import About

PREVIEW_SECONDS = 0.08, 0.3  # between pictures for the eye: they cost time that a long run wants for itself
MAX_TOGETHER = 64  # requests of one run
MAX_DRAWN = 1024  # pictures of one run that keeps nothing else


@dataclass(frozen=True)
class Progress:
    """One step as the page shows it while a run goes on; the pictures are None where the step is not drawn."""

    index: int
    total: int
    seconds: float
    share: float = 0.0  # of all the steps of the requests that run side by side, 0 … 1
    t: float | None = None
    sigma: float | None = None
    x: np.ndarray | None = None  # (size, size, 3) uint8
    x0: np.ndarray | None = None  # (size, size, 3) uint8
    eps: np.ndarray | None = None  # (h, w, 3) uint8, in false colours
    latents: np.ndarray | None = None  # (C, …), the guess x̂_0 itself, where one request runs alone
    number: int = 0  # of the request, where several run side by side
    runs: int = 1  # how many do


@dataclass(frozen=True)
class Drawn:
    """How far a run of many pictures is, and, where a batch of them has just been finished, the batch."""

    share: float  # of all the steps, 0 … 1
    elapsed: float  # seconds since they began
    numbers: list[int] | None = None  # of the requests
    pictures: np.ndarray | None = None  # (B, size, size, 3) uint8
    embeddings: np.ndarray | None = None  # (B, D), CLIP's of the pictures, where there is one
    seconds: float = 0.0  # a picture, without decoding


class Turns:
    """A lock that serves in the order of asking: so many short pieces of work at a time, beside the runs."""

    def __init__(self, most: int = 1):
        self._most, self._waiting = most, list[object]()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: ticket in self._waiting[: self._most])
        try:
            yield
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()


class Service:
    """Loads engines when they are first asked for and lets visitors use them.

    Each run goes on in the thread of who asks for it; the engine makes one batch of what they ask the network at a time
    (core.batching), so that many go on side by side. Nothing else waits for them.

    load: name -> Engine, may raise ModelError; models: the names that can be loaded, best first.
    limits: how much it takes.
    videos: those of models that draw videos.
    about: name -> About, of a model that need not be loaded; None: it is loaded to be asked.
    prepare: makes a model's faster backend ready, in seconds, after which Engine.hastened finds it; None: nobody does.
    turns: how many short pieces of work it does at a time beside the runs: as many as there are replicas to do it.
    """

    def __init__(
        self,
        load: Callable[[str], object],
        models: Callable[[], list[str]],
        prepare: Callable[[str], None] | None = None,
        limits: Limits = USUAL,
        videos: Callable[[], list[str]] = list,
        about: Callable[[str], About] | None = None,
        turns: int = 1,
    ):
        self._engines, self._about = Engines(load, prepare), about
        self.models, self.videos = models, videos
        self._told: dict[str, About] = {}
        self._tints: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
        self._turns = Turns(turns)
        self.limits, self.queue = limits, RunQueue(limits)

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

    def about(self, model: str) -> About:
        """What is known of a model, loaded or not; ModelError where its files cannot be read."""
        if model not in self._told:
            self._told[model] = self._about(model) if self._about else self.engine(model).about
        return self._told[model]

    def engine(self, model: str):
        """The engine of this name, loaded if need be."""
        if not self.ready(model):
            self.check(model)
        return self._engines.get(model)

    @contextmanager
    def turn(self, model: str):
        """The engine, for one short piece of work; others wait until the block ends."""
        engine = self.engine(model)
        with self._turns.turn():
            yield engine

    def stream(
        self, model: str, request: Request, session: str = "", until: int | None = None
    ) -> Iterator[Notice | Progress | Layer]:
        """Run a request: Progress for each step, at last the Layer. Waits and ends as stream_many does."""
        for item in self.stream_many(model, [request], session, until):
            yield self.layer(item[0]) if isinstance(item, list) else item

    def stream_many(
        self, model: str, requests: list[Request], session: str = "", until: int | None = None
    ) -> Iterator[Notice | Progress | list[Trace]]:
        """Run requests side by side: Progress for each step of each, at last all their Traces, in their order.

        A Notice tells how far the model's loading is, or the place of a run that has to wait, and, last, why a run ends
        without a result.
        session: whose run it is. Its earlier run ends without a result; stop() ends this one with the steps so far,
        at least one of each request, or its waiting, or the loading. Closing the generator ends all at once.
        until: after so many steps, of all requests together, it ends as if it were stopped there: the steps come in one
        order whoever else runs, so that a run that was stopped ends as it did.
        Raises RequestError for none or more than MAX_TOGETHER or the limits, and where the traces would be too large to
        keep, and BusyError as RunQueue.place does.
        """
        from core.lanes import together  # here and below: torch takes seconds to import

        if not 1 <= len(requests) <= MAX_TOGETHER:
            raise RequestError("requests", len(requests), f"from 1 to {MAX_TOGETHER}")
        self.limits.check(requests)
        engine = yield from self._loaded(model, session)
        if engine is None:
            return
        run = together(engine, requests)
        kept: list[list[tuple[Step, int]]] = [[] for _ in requests]  # of each request: its steps, and its row there
        spent, drawn = [0.0] * len(requests), [-inf] * len(requests)  # seconds
        with self.queue.place(session, sum(request.steps for request in requests)) as me, closing(run):
            yield from self.queue.wait(me)
            if me.began is None:
                return
            began = time.perf_counter()
            while not me.replaced:
                asked = time.perf_counter()
                numbers, step = next(run, (None, None))
                if step is None:
                    break
                took, seconds = time.perf_counter() - asked, time.perf_counter() - began
                pause = np.clip(seconds / 15, *PREVIEW_SECONDS) * max(1, len(requests) / 4)
                due = step.index in (1, requests[numbers[0]].steps)  # the first guess and the last are always shown
                look = due or seconds - drawn[numbers[0]] >= pause
                pictures = self._pictures(engine, step, len(requests)) if look else [{}] * len(numbers)
                me.done += len(numbers) * (step.index > 0)
                for row, (number, shown) in enumerate(zip(numbers, pictures, strict=True)):
                    kept[number].append((step, row))
                    spent[number] += took / len(numbers)
                    drawn[number] = seconds if look else drawn[number]
                    yield Progress(
                        step.index, requests[number].steps, seconds, me.done / me.work, step.t, step.sigma,
                        number=number, runs=len(requests), **shown,
                    )  # fmt: skip
                if (me.stopped or me.done >= (until or inf)) and all(len(steps) > 1 for steps in kept):
                    break
        if me.replaced:
            yield REPLACED
            return
        if len(requests) == 1:  # alone it has used all the time, that of its pictures too
            spent = [time.perf_counter() - began]
        traces = []
        for request, steps, took in zip(requests, kept, spent, strict=True):
            with self._turns.turn():
                trace = engine.collect(request, [step for step, _ in steps], took, row=steps[0][1])
            arrays = {name: getattr(trace, name) for name in (*trace.ARRAYS, "frames")}
            traces.append(replace(trace, **ondisk.kept(arrays)))
        yield traces

    def draw(self, model: str, requests: list[Request], session: str = "") -> Iterator[Notice | Drawn]:
        """Pictures of many requests and nothing else of them, batch after batch, so that Stop keeps whole batches.

        session, Notice: as in stream_many. Raises RequestError for none or more than MAX_DRAWN, and BusyError.
        """
        from core.lanes import batches

        if not 1 <= len(requests) <= MAX_DRAWN:
            raise RequestError("pictures", len(requests), f"from 1 to {MAX_DRAWN}")
        self.limits.check(requests)
        engine, total = (yield from self._loaded(model, session)), sum(request.steps for request in requests)
        if engine is None:
            return
        with self.queue.place(session, total) as me:
            yield from self.queue.wait(me)
            if me.began is None:
                return
            first = time.perf_counter()
            for numbers in batches(requests):
                began = time.perf_counter()
                with closing(engine.run_many([requests[n] for n in numbers])) as run:
                    while True:
                        step = next(run, None)
                        if step is None:
                            break
                        if me.replaced:
                            yield REPLACED
                        if me.stopped or me.replaced:
                            return
                        last = step
                        me.done += (step.index > 0) * len(numbers)
                        yield Drawn(me.done / total, time.perf_counter() - first)
                seconds = (time.perf_counter() - began) / len(numbers)
                with self._turns.turn():
                    pixels = engine.preview(last.x)
                    images = [Image.fromarray(picture) for picture in pixels]
                    embeddings = engine.clip.image(images) if engine.clip else None
                yield Drawn(me.done / total, time.perf_counter() - first, numbers, pixels, embeddings, seconds)

    def busy(self, session: str) -> bool:
        """Whether a run of this session waits or is under way."""
        return self.queue.busy(session)

    def stop(self, session: str) -> None:
        """End the run of this session, in the queue or after its current step, or the loading that it waits for."""
        self._engines.stop(lambda one: one == session)
        self.queue.stop(session)

    def stop_all(self, tab: str) -> None:
        """End all that a browser tab has asked for, whichever panel asked."""
        self._engines.stop(lambda session: of_tab(session) == tab)
        self.queue.stop_all(tab)

    def _loaded(self, model: str, session: str) -> Generator[Notice, None, object | None]:
        """The engine, told before how far its loading is; None, after STOPPED, where that was stopped."""
        if not self.ready(model):
            self.check(model)
        yield from self._engines.wait(model, session)
        return self._engines.get(model) if self.ready(model) else None

    def layer(self, trace: Trace, id: str | None = None) -> Layer:
        """A trace with its film, whose pictures are decoded here, under a new id unless one is given."""
        at = positions(len(trace.x0))
        with self.turn(trace.model) as engine:
            x = engine.glance(trace.x[at])  # of noise there is little to see
            x0 = engine.preview(trace.guesses[at])
        drawn = ondisk.kept({"x": x, "x0": x0, "eps": self._tint(engine, trace.eps[at[:-1]])})
        return Layer(id or uuid.uuid4().hex[:8], trace, Film(at, **drawn), usual=engine.defaults)

    def _pictures(self, engine, step: Step, requests: int) -> list[dict[str, np.ndarray]]:
        """What a step shows of each of its rows: everything where one request runs alone, else the guess only."""
        drawn = {}
        if requests == 1:
            drawn["x"] = engine.glance(step.x)
        if step.x0 is not None:
            drawn["x0"] = engine.glance(step.x0)
            if requests == 1:
                drawn["eps"] = self._tint(engine, step.eps.cpu().numpy())
                drawn["latents"] = step.x0.float().cpu().numpy()
        return [{name: rows[row] for name, rows in drawn.items()} for row in range(len(step.x))]

    def _tint(self, engine, latents: np.ndarray) -> np.ndarray:
        """(N, C, h, w) in the false colours of the engine's gallery, (N, h, w, 3) uint8."""
        if engine.name not in self._tints:
            gallery = engine.gallery
            self._tints[engine.name] = pictures.tint(gallery.latents, gallery.thumbs) if gallery else pictures.plain
        return self._tints[engine.name](latents)
