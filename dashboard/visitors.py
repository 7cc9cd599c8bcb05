"""`python -m core bench --visitors 1,4,8`: how long visitors wait who all draw at one time, in the real service."""

from __future__ import annotations

import resource
import sys
import threading
import time
from statistics import median

from core.types import Request
from dashboard.layers import Layer
from dashboard.service import Progress, Service

RUNS = 3  # of each visitor, one after another
PROMPTS = ("a red apple", "a fox", "a yellow taxi", "a cat and a dog", "a blue whale", "a rocket", "a piano", "")


def measure(engine, counts: list[int]) -> None:
    """Print a row for each number of visitors, as soon as it is measured. Ratios are to the first row."""
    service, first = Service(lambda name: engine, lambda: [engine.name]), None
    _visit(service, engine.name, 0, [])
    print(f"{engine.name}, 25 steps with guidance, {RUNS} pictures a visitor, one after another; medians")
    print("visitors  pictures/min  first guess  picture  a picture's layer  memory of the process")
    for count in counts:
        seen: list[tuple[float, float, int]] = []
        threads = [threading.Thread(target=_visit, args=(service, engine.name, n, seen)) for n in range(count)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = 60 * len(seen) / (time.perf_counter() - began)
        first = first or rate
        guess, whole, held = (median(column) for column in zip(*seen, strict=True))
        print(
            f"{count:8}  {rate:5.0f} ({rate / first:.2f})  {guess:9.2f} s  {whole:5.2f} s  {held / 2**20:14.1f} MB"
            f"  {_memory():18.0f} MB",
            flush=True,
        )


def _visit(service: Service, model: str, visitor: int, seen: list[tuple[float, float, int]]) -> None:
    for run in range(RUNS):
        request = Request(PROMPTS[visitor % len(PROMPTS)], seed=RUNS * visitor + run)
        began, guess = time.perf_counter(), None
        for item in service.stream(model, request, f"visitor {visitor}"):
            if isinstance(item, Progress) and item.x0 is not None and guess is None:
                guess = time.perf_counter() - began
            elif isinstance(item, Layer):
                seen.append((guess, time.perf_counter() - began, item.size))


def _memory() -> float:
    """MB that the process had at most so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
