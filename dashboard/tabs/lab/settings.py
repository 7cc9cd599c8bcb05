"""What the laboratory is set to: validated, and carried by a link. Imports neither gradio nor torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from core.settings import like
from core.toy import data
from core.types import RequestError

VIEWS = {
    "noise": "Forward process", "field": "Score field", "train": "Training", "back": "Sampling", "density": "Density",
    "guidance": "Guidance",
}  # fmt: skip
SCHEDULES = ("linear", "cosine", "flow")  # names in core.schedule
SETS = {name: one.label for name, one in data.SETS.items()} | {"own": "Your own"}
PREFIX = "lab-"  # of the names in a link, where the sidebar has a seed and steps of its own
CHOICES = {
    "view": tuple(VIEWS), "data": tuple(SETS), "schedule": SCHEDULES, "score": ("exact", "learned"),
    "kind": ("eps", "x0", "v"), "width": (32, 64, 128),
}  # fmt: skip
RANGES = {  # the training's own numbers are checked in core.toy.mlp too
    "points": (data.MIN_POINTS, data.MAX_POINTS), "seed": (0, 99_999), "steps": (2, 250), "eta": (0, 1),
    "training": (50, 10_000), "rate": (1e-4, 0.03), "wanted": (0, data.MAX_CLASSES - 1),
    "negative": (-1, data.MAX_CLASSES - 1), "scale": (0, 10),
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    view: str = "noise"
    data: str = "spirals"
    points: int = 400
    seed: int = 0
    schedule: str = "linear"
    score: str = "exact"
    steps: int = 50
    eta: float = 0.5
    kind: str = "eps"
    width: int = 64
    training: int = 2000  # steps of it
    rate: float = 0.003
    told: bool = True  # the network is told the time
    wanted: int = 0  # the class that guidance asks for
    negative: int = -1  # the class it leads away from; -1: all of them
    scale: float = 3.0

    def __post_init__(self):
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if isinstance(value, (list, dict)) or value not in allowed:
                raise RequestError(name, value, f"one of {', '.join(map(str, allowed))}")
        for name, (low, high) in RANGES.items():
            value, whole = getattr(self, name), isinstance(DEFAULTS[name], int)
            right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not right or not low <= value <= high:  # NaN fails both comparisons
                raise RequestError(name, value, f"a {'whole ' if whole else ''}number from {low} to {high}")
        if not isinstance(self.told, bool):
            raise RequestError("told", self.told, "true or false")

    def to_query(self) -> dict[str, str | None]:
        """Names and values for the address; None takes a name out, where its value is the default."""
        told = {name: None if value == DEFAULTS[name] else str(value) for name, value in asdict(self).items()}
        return {PREFIX + name: value for name, value in told.items()}


DEFAULTS = {field.name: field.default for field in fields(Settings)}


def from_query(query: Mapping[str, str]) -> Settings:
    """The settings that an address names, anybody's text; RequestError where one of them is rubbish.

    A drawing does not travel: a link to one opens the default data (see lost).
    """
    settings = Settings()
    for name, default in DEFAULTS.items():
        if (text := query.get(PREFIX + name)) is not None:
            settings = replace(settings, **{name: like(name, text, default)})
    return replace(settings, data=DEFAULTS["data"]) if settings.data == "own" else settings


def lost(query: Mapping[str, str]) -> bool:
    """Whether an address was made over a visitor's own points, which it does not carry."""
    return query.get(f"{PREFIX}data") == "own"


def from_controls(values: Mapping[str, object]) -> Settings:
    """Settings from a browser's controls, whose sliders give 3 or 3.0 as they please."""
    read = {}
    for name, value in values.items():
        whole = isinstance(DEFAULTS[name], int) and isinstance(value, float) and value.is_integer()
        read[name] = int(value) if whole else value
    return Settings(**read)
