"""Settings that travel: in the page's address and inside a PNG. Both come back as text that anybody may write."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from PIL import Image

from core.settings import (
    DEFAULTS,
    PNG_KEY,
    from_embedding,
    number,
    parsed,
    png_info,
    read_png,
    stop,
    to_embedding,
    told,
)
from core.types import Request, Trace
from dashboard.layers import Layer

__all__ = ["DEFAULTS", "PNG_KEY", "from_embedding", "read_png", "to_embedding"]  # core.settings's

PNG_SIDE = 512  # the model's picture, enlarged smoothly as on the page
WEIGHTS, DIGITS = "weights", 12  # in an address: the first digits of the SHA-256 of the weights
LONGEST = 8000  # characters of an address: nginx and Apache refuse more, as static/address.js has it too
STOPPED = "stopped"  # in an address: the step after which the run was stopped


def written(
    model: str | None, request: Request, stopped: int | None = None, weights: str = ""
) -> dict[str, str | None]:
    """What the address of a run says of each setting: prompt and seed always, others where they differ (else None)."""
    settings = {f.name: getattr(request, f.name) for f in fields(Request)}
    named = {name: value for name, value in settings.items() if name in ("prompt", "seed") or value != DEFAULTS[name]}
    more = stop_told(stopped) | {WEIGHTS: weights[:DIGITS] or None}
    return (
        {"model": model} | dict.fromkeys(DEFAULTS) | {name: told(name, value) for name, value in named.items()} | more
    )


def of_run(trace: Trace) -> dict[str, str | None]:
    """The same of a run as it went: where it was stopped and what it was made with too."""
    return written(trace.model, trace.request, stopped_at(trace), trace.weights)


def as_text(trace: Trace) -> str:
    """All that a run was made with, a line each, for people and other programs."""
    named = {
        f.name: told(f.name, value) for f in fields(Request) if (value := getattr(trace.request, f.name)) is not None
    }
    at = stopped_at(trace)
    more = {"model": trace.model, "weights": trace.weights, STOPPED: "" if at is None else f"after step {at}"}
    return "\n".join(f"{name}: {text}" for name, text in (named | more).items() if text)


def to_query(model: str | None, request: Request, stopped: int | None = None) -> str:
    """The same, as the query part of an address."""
    return query(written(model, request, stopped))


def query(settings: Mapping[str, str | None]) -> str:
    """Settings as the query part of an address; those that are None are left out."""
    return urlencode({name: text for name, text in settings.items() if text is not None})


def address(base: str, settings: Mapping[str, str | None]) -> str:
    """Where a page is asked for settings; '' where that is longer than servers between here and there take."""
    found = f"{base}?{query(settings)}"
    return found if len(found) <= LONGEST else ""


def stopped_at(*traces: Trace) -> int | None:
    """After how many steps, of all these together, their run was stopped; None where it ran to its end."""
    return None if all(trace.finished for trace in traces) else sum(len(trace.x0) for trace in traces)


def from_query(query: Mapping[str, str]) -> tuple[str | None, Request] | None:
    """The model and request an address asks for; None where it asks for none, RequestError where it asks for rubbish.

    Names that belong to no setting are left alone: tabs keep their own there.
    """
    named = {name: query[name] for name in DEFAULTS if name in query}
    model = query.get("model")
    if not named and model is None:
        return None
    return model, Request(**{name: parsed(name, text) for name, text in named.items()})


def stop_told(at: int | None, name: str = STOPPED) -> dict[str, str | None]:
    """What an address says of where a run was stopped."""
    return {name: None if at is None else str(at)}


def stop_in(query: Mapping[str, str], *requests: Request, name: str = STOPPED) -> int | None:
    """After how many steps, of all the requests together, the run of an address is to stop."""
    text = query.get(name)
    return None if text is None else stop(number(name, text, whole=True), *requests, name=name)


def other_weights(trace: Trace, told: object) -> str:
    """A sentence where a link or a file was made with other weights than the run that it led to; else nothing."""
    if not isinstance(told, str) or not told or not trace.weights or trace.weights.startswith(told):
        return ""
    return (
        f"It was made with other weights of “{trace.model}” ({told[:DIGITS]}; here {trace.weights[:DIGITS]}): expect "
        "another picture."
    )


def to_png(trace: Trace) -> bytes:
    """The picture, enlarged, with its settings inside; a run that was stopped says where."""
    times = max(1, PNG_SIDE / max(trace.image.size))
    size = tuple(round(times * length) for length in trace.image.size)
    return with_settings(trace.image.resize(size, Image.Resampling.LANCZOS), trace)


def with_settings(image: Image.Image, trace: Trace) -> bytes:
    """An image as a PNG with a run's settings inside, and where the run was stopped if it was."""
    at = stopped_at(trace)
    return as_png(image, trace, trace.request, **({} if at is None else {STOPPED: at}))


def as_png(image: Image.Image, trace: Trace, request: Request, **more: object) -> bytes:
    """An image as a PNG that asks for this request, of the model and the weights that made a run, and more inside."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=png_info(trace.model, request, weights=trace.weights, **more))
    return buffer.getvalue()


def from_png(path: str | Path) -> tuple[str, Request]:
    """The model and request a PNG carries; RequestError says what is wrong with any other file."""
    settings = read_png(path)
    return settings["model"], settings["request"]


def to_webp(frames: np.ndarray, seconds: float = 3.0, side: int = 256) -> bytes:
    """An animation of the frames (N, h, w, 3) uint8, side their longer side; the last one held, repeated for ever."""
    height, width = frames.shape[1:3]
    size = round(side * width / max(height, width)), round(side * height / max(height, width))
    images = [Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS) for frame in frames]
    each = max(20, round(1000 * seconds / len(images)))
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=[each] * (len(images) - 1) + [1500],
        loop=0,
        quality=85,
        method=2,
    )
    return buffer.getvalue()


def file(layer: Layer, kind: str) -> tuple[str, bytes]:
    """Name and bytes of a run as "png" (with its settings), "webp" (the guesses, animated) or "npz" (the trace)."""
    if kind == "png":
        data = to_png(layer.trace)
    elif kind == "webp":
        data = to_webp(layer.film.x0)
    else:
        layer.trace.save(buffer := io.BytesIO())
        data = buffer.getvalue()
    return file_name(layer.trace.request, kind), data


def file_name(request: Request, kind: str) -> str:
    words = "-".join(re.findall(r"[a-z0-9]+", request.prompt.lower()))[:40] or "picture"
    return f"{words}-{request.seed}.{kind}"
