"""`python -m core bench --visitors 1,4,8`: how long visitors wait who all draw at one time, in the real service."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from statistics import median

from core.engine import Engine
from core.types import Request
from dashboard.layers import Layer
from dashboard.service import Progress, Service

RUNS = 3  # of each visitor, one after another
PROMPTS = ("a red apple", "a fox", "a yellow taxi", "a cat and a dog", "a blue whale", "a rocket", "a piano", "")


def measure(load: Callable[[int], Engine], counts: list[int], replicas: Sequence[int] = (0,)) -> None:
    """Print a row for each number of replicas and of visitors, as soon as it is measured. Ratios are to the first row.

    load: the engine in so many replicas; 0 is that of this process.
    """
    first = None
    for number in replicas:
        engine = load(number)
        service = Service(lambda name, engine=engine: engine, lambda engine=engine: [engine.name], turns=number or 1)
        if first is None:
            print(f"{engine.name}, 25 steps with guidance, {RUNS} pictures a visitor, one after another; medians")
            print(
                "replicas  visitors  pictures/min  first guess  picture  a picture's layer  "
                "this process: a picture's processor time, memory"
            )
        for count in counts:
            _visited(service, count, 1)  # until all is warm
            worked = time.process_time()
            rate, seen = _visited(service, count, RUNS)
            worked = (time.process_time() - worked) / len(seen)
            first = first or rate
            guess, whole, held = (median(column) for column in zip(*seen, strict=True))
            print(
                f"{number or 'none':>8}  {count:8}  {rate:5.0f} ({rate / first:.2f})  {guess:9.2f} s  {whole:5.2f} s"
                f"  {held / 2**20:14.1f} MB  {worked:38.2f} s  {_memory():5.0f} MB",
                flush=True,
            )
        if number:
            from core.replicas import end  # imports much that is needed here alone

            end(engine)


def _visited(service: Service, count: int, runs: int) -> tuple[float, list[tuple[float, float, int]]]:
    """Pictures a minute of so many visitors at a time, and what each picture took."""
    seen: list[tuple[float, float, int]] = []
    threads = [threading.Thread(target=_visit, args=(service, visitor, runs, seen)) for visitor in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 60 * len(seen) / (time.perf_counter() - began), seen


def _visit(service: Service, visitor: int, runs: int, seen: list[tuple[float, float, int]]) -> None:
    for run in range(runs):
        request = Request(PROMPTS[visitor % len(PROMPTS)], seed=RUNS * visitor + run)
        began, guess = time.perf_counter(), None
        for item in service.stream(service.default, request, f"visitor {visitor}"):
            if isinstance(item, Progress) and item.x0 is not None and guess is None:
                guess = time.perf_counter() - began
            elif isinstance(item, Layer):
                seen.append((guess, time.perf_counter() - began, item.size))


def _memory() -> float:
    """MB that the process had at most so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
