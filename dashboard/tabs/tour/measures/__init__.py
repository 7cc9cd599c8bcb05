"""What each stop measures: generators that return a Found. A stop names its own.

They yield how far they are, 0 to 1, or a sentence where they wait for other visitors' runs.

They import torch, so they are looked up when one is asked for, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def named(name: str) -> Callable:
    """The function that a stop names: "plane.walk" is walk of dashboard.tabs.tour.measures.plane."""
    module, _, function = name.partition(".")
    return getattr(import_module(f"{__name__}.{module}"), function)
