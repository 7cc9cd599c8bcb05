"""What a stop of the tour is made of: words, a question, and what a measurement answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.types import RequestError


@dataclass(frozen=True)
class Choices:
    """Answers to choose from; the measurement says which of them is right."""

    labels: tuple[str, ...]

    def checked(self, guess: object) -> int:
        return _whole(guess, len(self.labels) - 1)

    def said(self, answer: float) -> str:
        return self.labels[int(answer)]

    def right(self, guess: float, answer: float) -> bool:
        return guess == answer


@dataclass(frozen=True)
class Scale:
    """A guess on a slider, in whole units; one that is at most `near` away counts as right."""

    most: int
    near: int
    unit: str = ""

    def checked(self, guess: object) -> int:
        return _whole(guess, self.most)

    def said(self, answer: float) -> str:
        return f"{answer:.0f}{self.unit}"

    def right(self, guess: float, answer: float) -> bool:
        return abs(guess - round(answer)) <= self.near


def _whole(guess: object, most: int) -> int:
    if isinstance(guess, bool) or not isinstance(guess, int) or not 0 <= guess <= most:
        raise RequestError("guess", guess, f"a whole number from 0 to {most}")
    return guess


@dataclass(frozen=True)
class Try:
    """Something to do in another tab: what its address says beside the run, the panel to look at, and what to do."""

    words: str
    address: Mapping[str, str]
    panel: str  # a CSS selector


@dataclass(frozen=True)
class Source:
    """Where a stop can be checked: the equation (HTML of our own), its paper, and the line of code that computes it."""

    equation: str
    paper: tuple[str, str]  # arXiv id, name
    file: str  # from the root of the project
    line: str  # a part of it that is found once in the file


@dataclass(frozen=True)
class Fault:
    """What goes wrong, for whoever builds: how it shows, why, and what helps."""

    symptom: str
    cause: str
    fix: str


DRAWN = "Measured just now with the model “{model}”, on “{prompt}” and seed {seed}."
EXACT = "Computed just now with the exact score of these points; no network takes part."


@dataclass(frozen=True)
class Stop:
    """A page of the tour.

    measure: "module.function" of dashboard.tabs.tour.measures, since those import torch, which takes seconds.
    told, take: what is said of the measurement, and its one number to take along; both are filled with its numbers.
    own: whether it is measured on the visitor's prompt and seed. made: on what it was measured.
    cases: what is said instead of told where the measurement names such a case.
    """

    id: str
    title: str
    text: tuple[str, ...]
    question: str
    answers: Choices | Scale
    measure: str
    told: tuple[str, ...]
    take: str
    attempt: Try
    source: Source
    own: bool = True
    made: str = DRAWN
    fault: Fault | None = None
    cases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    words: str
    true: bool
    why: str


@dataclass(frozen=True)
class Review:
    """A question at the end: statements to choose from, and the stops that show the answer."""

    id: str
    title: str
    question: str
    statements: tuple[Statement, ...]
    answer: str
    stops: tuple[str, ...]


@dataclass(frozen=True)
class Shot:
    """A picture with a caption, in which {k} stands for k. shown: a data URI, or SVG of our own."""

    caption: str
    shown: str
    k: float = 0


@dataclass(frozen=True)
class Grid:
    """Cosines (M, N) of M texts and N pictures, whose data URIs are given."""

    cosines: list[list[float]]
    texts: list[str]
    pictures: list[str]


@dataclass(frozen=True)
class Found:
    """What was measured: the answer (which choice, or where on the scale) and all numbers that are told of it."""

    answer: float
    numbers: Mapping[str, object]
    shots: tuple[Shot, ...] = ()
    grid: Grid | None = None
    case: str = ""
