"""What samplers claim, checked on pictures: step k of a long run, the same destination, quality against steps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from core import measure, projection
from core.types import Request, RequestError
from core.updates import SAMPLERS
from dashboard import theme
from dashboard.figures.claims import Cloud, Series

LONG = 50
SHORT = (1, 2, 5, 10, 25, 50)
SETS = (  # name, sampler, steps, seeds start at, hollow
    ("DDIM", "ddim", 25, 0, False),
    ("DDPM", "ddpm", 100, 10_000, False),
    ("DDPM again", "ddpm", 100, 20_000, True),
)
MIN_PICTURES, MAX_PICTURES = 8, 64  # of a set
HERE = (2, 4, 8, 16)  # steps that are measured again on the page
HERE_PICTURES = 16


def long_and_short(base: Request) -> list[Request]:
    """One run of LONG steps, and separate runs of SHORT steps, all from one noise."""
    base = replace(base, branches=())
    return [replace(base, steps=LONG), *(replace(base, steps=steps) for steps in SHORT)]


def destination(base: Request, count: object) -> list[Request]:
    """count pictures of each set, the sets in turns, so that a stop leaves some of each.

    Guidance is 1 here: it changes the law that is sampled, and differently for each sampler.
    """
    if not isinstance(count, int) or not MIN_PICTURES <= count <= MAX_PICTURES:
        raise RequestError("pictures", count, f"a whole number from {MIN_PICTURES} to {MAX_PICTURES}")
    base = replace(base, branches=(), guidance=1.0, eta=0.0)
    return [
        replace(base, sampler=sampler, steps=steps, seed=(base.seed + offset + number) % 2**32)
        for number in range(count)
        for _, sampler, steps, offset, _ in SETS
    ]


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


@dataclass(frozen=True)
class Meeting:
    """Three sets of pictures in CLIP space, the first two compared with one another, the last two likewise."""

    clouds: list[Cloud]
    axes: list[str]
    counts: list[int]
    distance: float  # DDIM to DDPM
    null: float  # DDPM to DDPM
    chance: float  # the distance that 95 of 100 ways to deal out the pictures of DDIM and DDPM stay below
    p: float
    embeddings: list[np.ndarray]


def meet(gathered: Gathered) -> Meeting | None:
    """None while a set has fewer than MIN_PICTURES."""
    sets = [[gathered.rows[n] for n in sorted(gathered.rows) if n % len(SETS) == i] for i in range(len(SETS))]
    if min(map(len, sets)) < MIN_PICTURES:
        return None
    ddim, ddpm, again = (np.stack(rows) for rows in sets)
    distance, dealt, p = measure.energy_test(ddim, ddpm)
    everything = np.concatenate([ddim, ddpm, again])
    fitted = projection.pca(everything)
    colours = [theme.process(sampler) for _, sampler, *_ in SETS]
    drawn = [
        Cloud(name, fitted.transform(rows), colour, hollow)
        for (name, *_, hollow), colour, rows in zip(SETS, colours, (ddim, ddpm, again), strict=True)
    ]
    axes = [f"PC {i + 1} · {share:.0%}" for i, share in enumerate(fitted.explained(everything))]
    null = measure.energy_distance(ddpm, again)
    chance = float(np.quantile(dealt, 0.95))
    return Meeting(drawn, axes, [len(rows) for rows in sets], distance, null, chance, p, [ddim, ddpm, again])


def series(points: list[dict], label: str = "{}", faint: bool = False) -> list[Series]:
    """The points of eval.json, or of a measurement on the page, a sampler a line."""
    from core import quality

    out = []
    for sampler, row in SAMPLERS.items():
        mine = sorted((p for p in points if p["sampler"] == sampler), key=lambda p: p["steps"])
        if mine:
            bands = {metric: np.array([p[metric] for p in mine], float) for metric in quality.METRICS}
            steps = np.array([p["steps"] for p in mine])
            out.append(Series(label.format(row.label), steps, bands, theme.process(sampler), row.dash, faint))
    return out


def quality_rows(points: list[dict]) -> list[dict]:
    """Every measure with its band, a row for each sampler and number of steps."""
    from core import quality

    return [
        {"sampler": p["sampler"], "steps": p["steps"]}
        | {f"{m}{end}": v for m in quality.METRICS for end, v in zip(("", "_low", "_high"), p[m], strict=True)}
        for p in points
    ]


def cloud_rows(met: Meeting) -> list[dict]:
    """Every picture's place on the map."""
    return [
        {"set": cloud.name, "picture": number, "pc1": x, "pc2": y}
        for cloud in met.clouds
        for number, (x, y) in enumerate(cloud.points.tolist())
    ]
