"""What models trained here learn to draw: names, by category, and the sprites that show them (concepts.txt)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FEW, MORE = (Path(__file__).with_name(name) for name in ("concepts.txt", "more_concepts.txt"))


@dataclass(frozen=True)
class Listed:
    """A thing: its name in captions, the labels of its sprites, and its category."""

    name: str
    sprites: tuple[str, ...]
    category: str


@lru_cache(maxsize=2)
def listed(more: bool) -> tuple[Listed, ...]:
    """The things of concepts.txt, with more those of more_concepts.txt too."""
    found = []
    for path in (FEW, MORE) if more else (FEW,):
        _, *sections = path.read_text("utf-8").split("\n\n# ")  # before the first category the file says what it is
        for section in sections:
            category, *lines = section.strip().splitlines()
            for line in lines:
                name, _, labels = line.partition(":")
                found.append(Listed(name, tuple(one.strip() for one in (labels or name).split(",")), category))
    return tuple(found)
