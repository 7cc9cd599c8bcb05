"""Settings that travel: in the page's address and inside a PNG. Both come back as text that anybody may write."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlencode

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

PNG_SIDE = 512  # the model's picture, enlarged smoothly
DESCRIPTION = "Description"  # PNG's own name for a text that says what it shows, as picture viewers do
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


def to_png(trace: Trace, side: int = PNG_SIDE) -> bytes:
    """The picture, enlarged to a longer side where it is smaller, with its settings inside.

    side: 1 leaves every pixel as the model drew it. A run that was stopped says where.
    """
    size = enlarged(trace.image.size, side)
    image = trace.image if size == trace.image.size else trace.image.resize(size, Image.Resampling.LANCZOS)
    return with_settings(image, trace, f"{as_text(trace)}\nsize: {sized(trace.image.size, size)}")


def enlarged(size: tuple[int, int], side: int) -> tuple[int, int]:
    """A picture's width and height, times as much as its longer side takes to be this; none is made smaller."""
    times = max(1, side / max(size))
    return round(times * size[0]), round(times * size[1])


def sized(native: tuple[int, int], size: tuple[int, int]) -> str:
    """In words how large a picture is that the model drew in its native size."""
    drawn, saved = (f"{width} × {height} pixels" for width, height in (native, size))
    return f"{drawn}, as the model drew them" if native == size else f"{saved}, enlarged smoothly from {drawn}"


def with_settings(image: Image.Image, trace: Trace, description: str) -> bytes:
    """An image as a PNG with a run's settings inside, and where the run was stopped if it was."""
    at = stopped_at(trace)
    return as_png(image, trace, trace.request, description, **({} if at is None else {STOPPED: at}))


def as_png(image: Image.Image, trace: Trace, request: Request, description: str, **more: object) -> bytes:
    """An image as a PNG that asks for this request, of the model and the weights that made a run, and more inside."""
    info = png_info(trace.model, request, weights=trace.weights, **more)
    info.add_itxt(DESCRIPTION, description)
    image.save(buffer := io.BytesIO(), "PNG", pnginfo=info)
    return buffer.getvalue()


def from_png(path: str | Path) -> tuple[str, Request]:
    """The model and request a PNG carries; RequestError says what is wrong with any other file."""
    settings = read_png(path)
    return settings["model"], settings["request"]


def file(layer: Layer, kind: str) -> tuple[str, bytes]:
    """Name and bytes of a run: "png", enlarged, and "native", a PNG too, with its settings, or "npz", the trace."""
    if kind == "native":
        return file_name(layer.trace.request, "native.png"), to_png(layer.trace, side=1)
    if kind == "png":
        data = to_png(layer.trace)
    else:
        layer.trace.save(buffer := io.BytesIO())
        data = buffer.getvalue()
    return file_name(layer.trace.request, kind), data


def file_name(request: Request, kind: str) -> str:
    words = "-".join(re.findall(r"[a-z0-9]+", request.prompt.lower()))[:40] or "picture"
    return f"{words}-{request.seed}.{kind}"
