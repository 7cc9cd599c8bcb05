"""A sweep of guidance scales over prompts and seeds: what it will cost, its pictures, and what they show."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from PIL import Image

from core.measure import clip_score, diversity, jackknife
from core.text import lines, one_line
from core.types import MAX_GUIDANCE, MAX_SEED, OPEN, Request, RequestError, Trace
from core.updates import SAMPLERS
from dashboard.service import MAX_TOGETHER, Service
from dashboard.tabs.guidance.ranges import numbers

MAX_SECONDS = 600.0


@dataclass(frozen=True)
class Sweep:
    """The pictures of a grid: a column a scale, a row a prompt and seed; all else as in base.

    Pictures are numbered down the columns, so that those of one scale share batches.
    """

    model: str
    base: Request
    scales: tuple[float, ...]
    prompts: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def rows(self) -> list[tuple[str, int]]:
        return [(prompt, seed) for prompt in self.prompts for seed in self.seeds]

    @property
    def requests(self) -> list[Request]:
        return [
            replace(self.base, prompt=prompt, seed=seed, guidance=scale, branches=())
            for scale in self.scales
            for prompt, seed in self.rows
        ]

    def number(self, row: int, column: int) -> int:
        return column * len(self.rows) + row

    @property
    def measurable(self) -> bool:
        """Whether there is a trade-off to measure."""
        return len(self.scales) > 1 and len(self.seeds) > 1

    @property
    def evaluations(self) -> int:
        """Rows that go through the network in all."""
        steps = self.base.steps * SAMPLERS[self.base.sampler].calls
        return steps * len(self.rows) * sum(1 if scale in (0, 1) else 2 for scale in self.scales)


def plan(model: str, base: Request, scales: object, prompts: object, seeds: object) -> Sweep:
    """The sweep that texts from a browser ask for; RequestError names what is wrong with them, or too much."""
    if not isinstance(prompts, str):
        raise RequestError("prompts", prompts, "text, one prompt a line")
    base = replace(base, prompt=one_line(base.prompt))  # a prompt of two lines would be read back as two
    wanted = tuple(dict.fromkeys(lines(prompts))) or (base.prompt,)
    found = tuple(numbers("scales", scales, MAX_TOGETHER))
    for scale in found:
        if scale > MAX_GUIDANCE:
            raise RequestError("scales", scale, f"numbers from 0 to {MAX_GUIDANCE:g}")
    sweep = Sweep(model, base, found, wanted, tuple(numbers("seeds", seeds, MAX_TOGETHER, whole=True)))
    for seed in sweep.seeds:
        if seed > MAX_SEED:
            raise RequestError("seeds", seed, f"whole numbers from 0 to {MAX_SEED}")
    count = len(sweep.scales) * len(sweep.rows)
    if count > MAX_TOGETHER:
        allowed = f"at most {MAX_TOGETHER}: take fewer scales, prompts or seeds"
        raise RequestError("number of pictures", count, allowed)
    for prompt in wanted:
        replace(base, prompt=prompt)  # is checked as it is made
    return sweep


LARGE = 100_000_000  # numbers of a network of which eight pictures at once would keep everybody waiting


class Pace:
    """How fast this machine is: seconds a row of the network's input, measured once a model, then by each sweep."""

    def __init__(self, service: Service):
        self._service = service
        self._row: dict[str, float] = {}

    def seconds(self, sweep: Sweep) -> float:
        """Time a sweep will take; RequestError where that is more than MAX_SECONDS."""
        if sweep.model not in self._row or self._row[sweep.model] * sweep.evaluations > MAX_SECONDS:
            self._row[sweep.model] = self._measure(sweep)  # again before a refusal: it may have been a busy moment
        seconds = self._row[sweep.model] * sweep.evaluations
        if seconds > MAX_SECONDS:
            allowed = f"at most {MAX_SECONDS:.0f}: take fewer pictures or steps"
            raise RequestError("estimated time in seconds", round(seconds), allowed)
        return seconds

    def learn(self, sweep: Sweep, traces: list[Trace]) -> None:
        """Take over what a finished sweep took."""
        if all(trace.finished for trace in traces):
            self._row[sweep.model] = sum(trace.seconds for trace in traces) / sweep.evaluations

    def _measure(self, sweep: Sweep) -> float:
        """Two steps of a batch as large as the sweep's, or of one picture of a large network; the first warms up."""
        from core.lanes import MAX_BATCH, together  # imports torch, as above

        with self._service.turn(sweep.model) as engine:
            rows = 1 if engine.model.parameters > LARGE else MAX_BATCH
            size = {name: getattr(sweep.base, name) for name in OPEN}
            short = [Request(request.prompt, steps=2, **size) for request in sweep.requests[:rows]]
            run = together(engine, short)
            list(islice(run, 2))  # the noise and the first step
            began = time.perf_counter()
            list(run)
            return (time.perf_counter() - began) / (2 * len(short))  # both branches of guidance


@dataclass(frozen=True, eq=False)
class Swept:
    """A sweep and its pictures; after Stop they are the last guesses."""

    sweep: Sweep
    pictures: np.ndarray  # (N, size, size, 3) uint8
    steps: tuple[int, ...]  # (N,) that each went through
    scores: np.ndarray  # (N,) CLIP score with the cell's own prompt
    embeddings: np.ndarray  # (N, D) CLIP

    @property
    def finished(self) -> bool:
        return min(self.steps) == self.sweep.base.steps

    @property
    def stopped_at(self) -> int | None:
        """After how many steps, of all pictures together, it was stopped; None where it ran to its end."""
        return None if self.finished else sum(self.steps)

    def stopped(self, number: int) -> str:
        """Where a picture is a guess: the step it was stopped at."""
        done, asked = self.steps[number], self.sweep.base.steps
        return f"step {done} of {asked}" if done < asked else ""


def judge(engine, sweep: Sweep, traces: list[Trace]) -> Swept:
    """The pictures of a sweep as CLIP sees them."""
    images = [trace.image for trace in traces]
    seen = engine.clip.image(images)
    meant = clip_score(seen, engine.clip.text(list(sweep.prompts)))  # (N, prompts)
    which = [sweep.prompts.index(trace.request.prompt) for trace in traces]
    pictures = np.stack([np.asarray(image.convert("RGB")) for image in images])
    return Swept(sweep, pictures, tuple(len(t.x0) for t in traces), meant[np.arange(len(which)), which], seen)


@dataclass(frozen=True)
class Tradeoff:
    """Fit and diversity at each scale; the errors are standard errors over the seeds, NaN where too few."""

    scales: tuple[float, ...]
    score: np.ndarray  # (G,) mean CLIP score
    score_error: np.ndarray
    diversity: np.ndarray  # (G,) mean CLIP distance between pictures of one prompt from different seeds
    diversity_error: np.ndarray

    def rows(self) -> list[dict]:
        """A row a scale, for a table."""
        columns = vars(self) | {"scales": np.array(self.scales)}
        return [
            {"guidance" if name == "scales" else name: float(values[i]) for name, values in columns.items()}
            for i in range(len(self.scales))
        ]


def tradeoff(swept: Swept) -> Tradeoff:
    """What a sweep says of each scale: means over its prompts, errors by leaving one seed out at a time."""
    sweep = swept.sweep
    grid = (len(sweep.scales), len(sweep.prompts), len(sweep.seeds))
    scores, seen = swept.scores.reshape(grid), swept.embeddings.reshape(*grid, -1)
    n = len(sweep.seeds)

    def rows() -> Iterator[tuple[float, float, float, float]]:
        for fit, embedded in zip(scores, seen, strict=True):

            def score(seeds: np.ndarray, fit=fit) -> float:
                return float(fit[:, seeds].mean())

            def spread(seeds: np.ndarray, embedded=embedded) -> float:
                return float(np.mean([diversity(of_prompt[seeds]) for of_prompt in embedded]))

            every = np.arange(n)
            yield (
                score(every),
                jackknife(score, n) if n > 1 else np.nan,
                spread(every) if n > 1 else np.nan,
                jackknife(spread, n) if n > 2 else np.nan,
            )

    order = np.argsort(sweep.scales)
    table = np.array(list(rows()))[order]
    return Tradeoff(tuple(np.array(sweep.scales)[order].tolist()), *table.T)


def thumbnails(pictures: np.ndarray, side: int) -> list[np.ndarray]:
    """(N, h, w, 3) enlarged smoothly to (side, side, 3) each."""
    resized = (Image.fromarray(one).resize((side, side), Image.Resampling.LANCZOS) for one in pictures)
    return [np.asarray(one) for one in resized]
