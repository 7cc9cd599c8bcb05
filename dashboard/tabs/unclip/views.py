"""The HTML of the unCLIP tab, and what its rails play. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from core.types import Trace
from dashboard import pictures
from dashboard.components.rail import Reel
from dashboard.service import Progress

if TYPE_CHECKING:
    from dashboard.tabs.unclip.drawn import Shot

THUMB = 200


@dataclass(frozen=True)
class Layout:
    """How pictures stand: rows of a title (plain text or '') and their numbers; one may stand in several rows."""

    rows: list[tuple[str, list[int]]]

    def html(self, drawn: list[Shot], notes: list[str] | None = None, live: list[str] | None = None) -> Markup:
        """Every picture, its title and a note below it; the rail fills them in. A click opens one in Generate.

        live: of pictures that stand elsewhere, the address that a click leads to, '' for none.
        """
        out = Markup("")
        for title, numbers in self.rows:
            figures = Markup("").join(
                _shot(number, drawn[number], notes, None if live is None else live[number]) for number in numbers
            )
            head = Markup("<h3>{}</h3>").format(title) if title else ""
            out += Markup('{}<div class="ds-shots" style="--count: {}">{}</div>').format(head, len(numbers), figures)
        return out


def _shot(number: int, shot: Shot, notes: list[str] | None, live: str | None) -> Markup:
    told = Markup("<small>{}</small>").format(notes[number]) if notes else ""
    image = Markup('<img data-frame="x0:{}" alt="{}">').format(number, shot.title)
    if live is None:
        opens = Markup(' data-open="{}" title="Open in Generate"').format(number) if notes else Markup(" disabled")
        image = Markup('<button type="button"{}>{}</button>').format(opens, image)
    elif live:
        image = Markup('<a href="{}" title="Open it live">{}</a>').format(live, image)
    return Markup('<figure class="ds-shot">{}<figcaption>{}{}</figcaption></figure>').format(image, shot.title, told)


def slug(title: str) -> str:
    """A panel's name in the address, by its title."""
    return title.lower().replace(" ", "-")


def live(drawn: list[Shot], latest: dict[int, Progress], seen: dict[int, str], live: bool = True) -> Reel:
    """Where every picture is while they are drawn."""
    step = min((one.index for one in latest.values()), default=0)
    total = max((one.total for one in latest.values()), default=0)
    told = f"Step {step} of {total}" if total else "starting"
    return Reel([0], {f"x0:{i}": [seen.get(i)] for i in range(len(drawn))}, {"step": [told]}, live=live)


def ended(ends: list[str], walk: list[str], trace: Trace) -> Reel:
    """The finished pictures, while those of the way there are decoded."""
    return reel(np.array([], int), [[] for _ in ends], ends, walk, len(trace.x0))


def reel(at: np.ndarray, frames: list[list[str]], ends: list[str], walk: list[str], steps: int) -> Reel:
    """The walk (its pictures are not begun), then the guesses at the steps `at`, and last the pictures: data URIs."""
    blank: list[str | None] = [None] * len(walk)
    texts = [*walk, *(f"Step {k} of {steps}" for k in [*at.tolist(), steps])]
    uris = {f"x0:{i}": [*blank, *row, end] for i, (row, end) in enumerate(zip(frames, ends, strict=True))}
    return Reel(list(range(len(texts))), uris, {"step": texts})


def summary(traces: list[Trace], seconds: float) -> str:
    request, count = traces[0].request, len(traces)
    stopped = "" if traces[0].finished else f", stopped after {len(traces[0].x0)} of {request.steps} steps"
    return (
        f"{count} picture{'s' if count > 1 else ''} in {seconds:.1f} s of work{stopped}. A click opens one in Generate."
    )


def portrait(name: str, picture: np.ndarray | None, facts: list[str]) -> Markup:
    """What a panel begins with: a picture or None, its name, and what is known of it."""
    image = Markup("")
    if picture is not None:
        image = Markup('<img src="{}" alt="{}">').format(pictures.uri(picture, THUMB), name)
    lines = Markup("").join(Markup("<p>{}</p>").format(fact) for fact in facts)
    return Markup('<figure class="ds-portrait">{}<figcaption><b>{}</b>{}</figcaption></figure>').format(
        image, name, lines
    )
