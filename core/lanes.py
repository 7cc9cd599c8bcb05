"""Many requests side by side: those that match share one batch of the network, and all lose their noise together."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import inf

from core.engine import Engine, alike
from core.errors import RequestError
from core.types import Request, Step, Trace

MAX_BATCH = 8  # twice as many gain little more, and a step takes so long that others feel it


@dataclass(eq=False)
class _Lane:
    """One batch under way: which requests, their steps to come, and the noise level of the last prediction."""

    numbers: list[int]
    steps: Generator[Step, None, None]
    sigma: float = inf


def together(engine: Engine, requests: list[Request]) -> Iterator[tuple[list[int], Step]]:
    """Run all requests to their ends: yields the numbers of the requests in a batch, and its Step (B, C, H, W).

    Requests that are alike share a batch of up to MAX_BATCH. The next step always is that of the batch with the most
    noise left, so that runs of 10 and of 1000 steps are at one noise level at any time, and all begin at once.
    Closing the generator ends every run. Raises RequestError where their traces would be too large to keep.
    """
    need = sum(Trace.size(request.steps, engine.model.shape(request)) for request in requests)
    if need > Trace.MAX_BYTES:
        allowed = f"fewer, or of fewer steps: {need >> 20} MiB of states are more than {Trace.MAX_BYTES >> 20}"
        raise RequestError("requests", len(requests), allowed)
    lanes = [_Lane(numbers, engine.run_many([requests[n] for n in numbers])) for numbers in batches(requests)]
    try:
        while lanes:
            lane = max(lanes, key=lambda one: one.sigma)  # the first of equals
            step = next(lane.steps, None)
            if step is None:
                lanes.remove(lane)
                continue
            lane.sigma = inf if step.sigma is None else step.sigma
            yield lane.numbers, step
    finally:
        for lane in lanes:
            lane.steps.close()


def batches(requests: list[Request]) -> list[list[int]]:
    """The numbers of the requests that share a batch; batches in the order of their first, so that kinds take turns."""
    groups: dict[tuple, list[int]] = {}
    for number, request in enumerate(requests):
        groups.setdefault(tuple(alike(request).values()), []).append(number)
    return sorted(group[i : i + MAX_BATCH] for group in groups.values() for i in range(0, len(group), MAX_BATCH))
