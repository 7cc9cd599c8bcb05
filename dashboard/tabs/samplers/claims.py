"""What samplers claim, checked on pictures: step k of a long run, quality against steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from core.types import Request
from core.updates import SAMPLERS
from dashboard import theme
from dashboard.figures.claims import Series

if TYPE_CHECKING:
    from core.quality import Curves

LONG = 50
SHORT = (1, 2, 5, 10, 25, 50)
HERE = (2, 4, 8, 16)  # steps that are measured again on the page
HERE_PICTURES = 16


def long_and_short(base: Request) -> list[Request]:
    """One run of LONG steps, and separate runs of SHORT steps, all from one noise."""
    base = replace(base, branches=())
    return [replace(base, steps=LONG), *(replace(base, steps=steps) for steps in SHORT)]


@dataclass
class Gathered:
    """Pictures of many requests as they come in."""

    rows: dict[int, np.ndarray] = field(default_factory=dict)  # number of the request -> CLIP's embedding
    pictures: dict[int, np.ndarray] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def add(self, drawn) -> None:
        for row, number in enumerate(drawn.numbers):
            self.rows[number], self.pictures[number] = drawn.embeddings[row], drawn.pictures[row]
            self.seconds[number] = drawn.seconds

    def last(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the last requests by number, so many: embeddings, pictures and milliseconds."""
        numbers = range(len(self.rows) - count, len(self.rows))
        kept = (self.rows, self.pictures, self.seconds)
        embeddings, pictures, seconds = (np.array([of[number] for number in numbers]) for of in kept)
        return embeddings, pictures, 1000 * seconds


def series(points: list[dict], label: str = "{}", faint: bool = False) -> list[Series]:
    """The points of eval.json, or of a measurement on the page, a sampler a line."""
    from core import quality

    out = []
    measured = [sampler for sampler, row in SAMPLERS.items() if row.measured]
    colours = dict(zip(measured, theme.processes(measured), strict=True))
    for sampler, row in SAMPLERS.items():
        mine = sorted((p for p in points if p["sampler"] == sampler), key=lambda p: p["steps"])
        if mine:
            bands = {metric: np.array([p[metric] for p in mine], float) for metric in quality.METRICS}
            steps = np.array([p["steps"] for p in mine])
            colour = colours.get(sampler, theme.process(sampler))
            out.append(Series(label.format(row.label), steps, bands, colour, row.dash, faint))
    return out


def both(curves: Curves, here: list[dict]) -> list[Series]:
    """The curves that came with a model, then the points that were measured here."""
    return series(curves.results["points"]) + series(here, "{}, here", faint=True)


def quality_rows(points: list[dict]) -> list[dict]:
    """Every measure with its band, a row for each sampler and number of steps."""
    from core import quality

    return [
        {"sampler": p["sampler"], "steps": p["steps"]}
        | {f"{m}{end}": v for m in quality.METRICS for end, v in zip(("", "_low", "_high"), p[m], strict=True)}
        for p in points
    ]
