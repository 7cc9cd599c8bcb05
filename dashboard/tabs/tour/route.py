"""The way through the tour: its pages in their order, under the chapters that they belong to."""

from __future__ import annotations

from core.types import RequestError
from dashboard.tabs.tour.process import PROCESS
from dashboard.tabs.tour.review import REVIEW
from dashboard.tabs.tour.steering import STEERING
from dashboard.tabs.tour.stop import Review, Stop
from dashboard.tabs.tour.wrong import WRONG

FILM: tuple[Stop, ...] = (*PROCESS, *STEERING)
STOPS: tuple[Stop, ...] = (*FILM, *WRONG)
CHAPTERS: tuple[tuple[str, tuple[Stop | Review, ...]], ...] = (
    ("How it works", FILM),
    ("What goes wrong", WRONG),
    ("Review", REVIEW),
)
SUMMARY = "Your summary"  # the last page
PAGES = [page for _, pages in CHAPTERS for page in pages]


def stop_named(id: object) -> Stop:
    """RequestError for anything but the id of a stop."""
    found = next((stop for stop in STOPS if stop.id == id), None)
    if found is None:
        raise RequestError("stop", id, f"one of {', '.join(stop.id for stop in STOPS)}")
    return found
