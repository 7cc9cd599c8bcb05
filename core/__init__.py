"""Driftscope's engine: watch a diffusion model work.

import core
engine = core.load()
trace = engine.trace(core.Request(prompt="a red apple"))
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelError, RequestError
from core.types import Request, Step, Trace
from core.version import VERSION

if TYPE_CHECKING:
    from core.before import About
    from core.engine import Engine

__version__ = VERSION
__all__ = ["ModelError", "Request", "RequestError", "Step", "Trace", "__version__", "about", "load", "models", "videos"]


def models() -> list[str]:
    """Names of the models that can be loaded now, best default first."""
    from core.networks import store  # here and below: torch and transformers take seconds to import

    return store.names()


def videos() -> list[str]:
    """Those of models() that draw videos."""
    from core.before import videos

    return videos()


def about(name: str | Path | None = None, device: str = "auto", dtype: str = "auto") -> About:
    """What is known of a model before it is loaded: its own settings, its size, the memory it takes, its licence."""
    from core.before import about
    from core.model import place

    return about(name, place(device, dtype))


def load(
    name: str | Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    judge: str = "",
    replicas: tuple[int, int] | None = None,
) -> Engine:
    """The engine of a model: a name from models(), a model's folder, or the best default.

    device: auto, cpu, cuda or mps; dtype of the network: auto, float32, bfloat16 or float16.
    judge: a CLIP that scores pictures where the model brings none: a folder, or a hub id in the local cache.
    replicas: let Ray Serve compute it, in so many processes at least and at most (core.replicas); ModelError where that
    is not installed.
    """
    if replicas:
        from core.replicas import load

        return load(name, device, dtype, judge, *replicas)
    from core.engine import Engine

    return Engine.load(name, device, dtype, judge)
