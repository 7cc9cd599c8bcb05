"""Data in the plane: the laboratory's own sets, and a visitor's points from a drawing or a CSV file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.errors import RequestError
from core.toy import csv_file

MIN_POINTS, MAX_POINTS = 3, 1000
MAX_VALUE = 1e6  # of a visitor's coordinates
MAX_CLASSES = 5
FEW = 3  # points of a rare class that are kept however few are drawn
MAX_FILE = 200_000  # bytes of a CSV file
MAX_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Points:
    """N points, centred and scaled to a variance of 1 per coordinate, each with its class."""

    name: str
    x: np.ndarray  # (N, 2) float64
    label: np.ndarray  # (N,) int64, 0 … classes - 1
    notes: tuple[str, ...] = ()  # of a file: what was taken and what was not, plain text

    @property
    def classes(self) -> int:
        return int(self.label.max()) + 1

    def __len__(self) -> int:
        return len(self.x)


def make(name: str, count: int = 400, seed: int = 0) -> Points:
    """count points of the set SETS[name]; RequestError for another name, count or seed."""
    if not isinstance(name, str) or name not in SETS:
        raise RequestError("data", name, f"one of {', '.join(SETS)}")
    _check_count(count)
    x, label = SETS[name].draw(count, np.random.default_rng(seed))
    return Points(name, normalised("data", x), label)


def own(x: object, label: object = None, count: int = MAX_POINTS, seed: int = 0, source: str = "drawing") -> Points:
    """A visitor's points (M, 2), untrusted; of more than count a random count is kept, some of every class.

    RequestError(source) for fewer than MIN_POINTS, for anything but numbers up to MAX_VALUE, and for points that
    all lie in one place.
    """
    _check_count(count)
    try:
        points = np.asarray(x, np.float64)
        labels = np.zeros(len(points), np.int64) if label is None else np.asarray(label, np.int64)
    except (TypeError, ValueError, OverflowError):
        raise RequestError(source, "something else", "a list of points, two numbers each") from None
    pairs = points.ndim == 2 and points.shape[1:] == (2,)
    if not pairs or not MIN_POINTS <= len(points) <= MAX_ROWS or labels.shape != (len(points),):
        shown = f"{len(points)} points" if points.ndim == 2 or not points.size else points.shape
        raise RequestError(source, shown, f"{MIN_POINTS} to {MAX_ROWS} points, two numbers each")
    if not (np.abs(points) <= MAX_VALUE).all():  # NaN fails the comparison
        raise RequestError(source, "numbers too large, or none", f"numbers from -{MAX_VALUE:g} to {MAX_VALUE:g}")
    _, labels = np.unique(labels, return_inverse=True)
    if labels.max() >= MAX_CLASSES:
        raise RequestError(source, f"{labels.max() + 1} classes", f"of at most {MAX_CLASSES} classes")
    if len(points) > count:
        kept = _sampled(labels, count, np.random.default_rng(seed))
        points, labels = points[kept], labels[kept]
    return Points("own", normalised(source, points), labels.astype(np.int64))


def from_csv(content: bytes, count: int = MAX_POINTS, seed: int = 0) -> Points:
    """Points from a CSV file, as core.toy.csv_file reads it; their notes say what was taken and what was not.

    RequestError names the line that is wrong.
    """
    if len(content) > MAX_FILE:
        raise RequestError(csv_file.FIELD, f"{len(content)} bytes long", f"at most {MAX_FILE} bytes long")
    table = csv_file.read(content)
    if len(table.x) < MIN_POINTS:
        told = f" ({' '.join(table.notes)})" if table.notes else ""
        allowed = f"{MIN_POINTS} to {MAX_ROWS} points, two numbers each{told}"
        raise RequestError(csv_file.FIELD, f"{len(table.x)} points", allowed)
    known = {name: k for k, name in enumerate(sorted(set(table.classes), key=_by_value))}
    points = own(table.x, [known[name] for name in table.classes], count, seed, source=csv_file.FIELD)
    notes = table.notes
    if len(points) < len(table.x):
        notes += (f"{len(points)} of {len(table.x)} points were drawn at random, some of every class.",)
    return replace(points, notes=notes)


def _by_value(name: str) -> tuple[float, str]:
    """Classes that are numbers in the order of numbers, before all others."""
    value = csv_file.number(name)
    return math.inf if value is None else value, name


def _sampled(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of count points, rising: of each class its share, but at least FEW where there are so many.

    A count below the number of classes is raised to it.
    """
    sizes = np.bincount(labels)  # (K,), none empty
    count = max(count, len(sizes))
    least = np.minimum(sizes, max(min(FEW, count // len(sizes)), 1))
    exact = sizes * count / sizes.sum()
    taken = np.maximum(np.floor(exact).astype(int), least)
    while taken.sum() != count:
        step = 1 if taken.sum() < count else -1
        able = taken < sizes if step > 0 else taken > least
        taken[np.argmax(np.where(able, step * (exact - taken), -np.inf))] += step
    kept = [rng.choice(np.flatnonzero(labels == k), n, replace=False) for k, n in enumerate(taken)]
    return np.sort(np.concatenate(kept))


def normalised(source: str, x: np.ndarray) -> np.ndarray:
    """Centred, with a mean variance of 1 per coordinate; one scale for both, so that shapes stay what they are."""
    centred = x - x.mean(0)
    spread = math.sqrt(np.mean(centred**2))
    if not spread > 1e-9 * np.abs(x).max():
        raise RequestError(source, "all in one place", "points that lie apart")
    return centred / spread


def _check_count(count: object) -> None:
    if isinstance(count, bool) or not isinstance(count, int) or not MIN_POINTS <= count <= MAX_POINTS:
        raise RequestError("points", count, f"a whole number from {MIN_POINTS} to {MAX_POINTS}")


# The sets. Each draws x (N, 2), of any position and scale, and label (N,).

Draw = tuple[np.ndarray, np.ndarray]


def _arm(count: int, rng: np.random.Generator, turns: float, start: float, thick: float) -> np.ndarray:
    """An Archimedean spiral, evenly filled along its length."""
    angle = 2 * np.pi * turns * np.sqrt(rng.uniform(0.03, 1, count))
    return angle[:, None] * np.stack([np.cos(angle + start), np.sin(angle + start)], 1) + thick * rng.normal(
        size=(count, 2)
    )


def _one(x: np.ndarray) -> Draw:
    return x, np.zeros(len(x), np.int64)


def _spiral(count: int, rng: np.random.Generator) -> Draw:
    return _one(_arm(count, rng, 2.0, 0.0, 0.25))


def _three_spirals(count: int, rng: np.random.Generator) -> Draw:
    label = np.arange(count) % 3
    arms = [_arm(count, rng, 0.75, 2 * np.pi * k / 3, 0.12) for k in range(3)]
    return np.stack(arms)[label, np.arange(count)], label


def _moons(count: int, rng: np.random.Generator) -> Draw:
    label, angle = np.arange(count) % 2, rng.uniform(0, np.pi, count)
    upper, lower = np.stack([np.cos(angle), np.sin(angle)], 1), np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    return np.where(label[:, None] == 0, upper, lower) + 0.06 * rng.normal(size=(count, 2)), label


def _rings(count: int, rng: np.random.Generator) -> Draw:
    label = (np.arange(count) % 3 > 0).astype(np.int64)  # the outer ring is twice as long
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.where(label == 0, 1.0, 2.0) + 0.06 * rng.normal(size=count)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), label


def _checkerboard(count: int, rng: np.random.Generator) -> Draw:
    row = rng.integers(0, 4, count)
    column = 2 * rng.integers(0, 2, count) + row % 2
    return _one(np.stack([column, row], 1) + rng.uniform(0, 1, (count, 2)))


def _gaussians(count: int, rng: np.random.Generator) -> Draw:
    label = np.arange(count) % 5
    angle = 2 * np.pi * label / 5
    return 2 * np.stack([np.sin(angle), np.cos(angle)], 1) + 0.25 * rng.normal(size=(count, 2)), label


@dataclass(frozen=True)
class Set:
    label: str
    draw: Callable[[int, np.random.Generator], Draw]


SETS = {
    "spiral": Set("Spiral", _spiral),
    "spirals": Set("Three spirals", _three_spirals),
    "moons": Set("Two moons", _moons),
    "rings": Set("Rings", _rings),
    "checkerboard": Set("Checkerboard", _checkerboard),
    "gaussians": Set("Five Gaussians", _gaussians),
}
