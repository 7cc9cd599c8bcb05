"""How far the loading of a model is, told before each of its parts to whoever waits for it, who may end it there.

A loader lies some calls below whoever waits: what watches it stands beside the calls, for the thread that makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Loading(NamedTuple):
    """The part that comes next, and how many bytes of weights lie before it, of how many."""

    part: str
    done: int
    total: int


_watching: ContextVar[Callable[[Loading], None]] = ContextVar("watching", default=lambda now: None)


@contextmanager
def watched(watch: Callable[[Loading], None]) -> Iterator[None]:
    """Call watch before each part of what is loaded in this block and thread; what it raises ends the loading."""
    before = _watching.set(watch)
    try:
        yield
    finally:
        _watching.reset(before)


def tell(now: Loading) -> None:
    """A loader's word before each part."""
    _watching.get()(now)
