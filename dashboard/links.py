"""Settings that travel: in the page's address and inside a PNG. Both come back as text that anybody may write."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from PIL import Image, PngImagePlugin

from core.types import MAX_SPACE, Request, RequestError, Trace
from dashboard.layers import Layer

PNG_KEY = "driftscope"
PNG_SIDE = 512  # the model's picture, enlarged smoothly as on the page
MAX_FILE = 32 << 20
DEFAULTS = {f.name: f.default for f in fields(Request)}  # a Request itself would import torch


def to_query(model: str, request: Request) -> str:
    """The address of a run: prompt and seed always, other settings where they differ from the default."""
    settings = request.to_dict()
    told = {name: value for name, value in settings.items() if name in ("prompt", "seed") or value != DEFAULTS[name]}
    if "branches" in told:
        told["branches"] = ",".join(f"{step}:{seed}" for step, seed in request.branches)
    if "embedding" in told:
        told["embedding"] = from_embedding(request.embedding)
    return urlencode({"model": model, **told})


def from_embedding(embedding: tuple[float, ...]) -> str:
    """An embedding as it stands in an address: float16, low byte first, in base64 for addresses, unpadded."""
    return base64.urlsafe_b64encode(np.array(embedding, "<f2").tobytes()).decode().rstrip("=")


def to_embedding(text: str, field: str = "embedding") -> tuple[float, ...]:
    """What from_embedding wrote, its numbers unchecked; RequestError where it is not of that form."""
    try:
        if len(text) > 4 * MAX_SPACE:
            raise ValueError("too long")
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return tuple(np.frombuffer(data, "<f2").astype(float).tolist())
    except ValueError as error:  # binascii's too, and a number cut in half
        raise RequestError(field, text, "float16 numbers in base64, as a link of this page has them") from error


def address(trace: Trace) -> str:
    """What the page needs to put a run into its address: the names of all settings, and the query of this one."""
    return json.dumps({"fields": ["model", *DEFAULTS], "query": to_query(trace.model, trace.request)})


def from_query(query: Mapping[str, str]) -> tuple[str | None, Request] | None:
    """The model and request an address asks for; None where it asks for none, RequestError where it asks for rubbish.

    Names that belong to no setting are left alone: tabs keep their own there.
    """
    told = {name: query[name] for name in DEFAULTS if name in query}
    model = query.get("model")
    if not told and model is None:
        return None
    return model, Request(**{name: _parse(name, text) for name, text in told.items()})


def to_png(trace: Trace) -> bytes:
    """The picture with its settings in a tEXt chunk: ASCII JSON, {"model": …, "request": {…}}."""
    info = PngImagePlugin.PngInfo()
    info.add_text(PNG_KEY, json.dumps({"model": trace.model, "request": trace.request.to_dict()}))
    side = max(PNG_SIDE, *trace.image.size)
    buffer = io.BytesIO()
    trace.image.resize((side, side), Image.Resampling.LANCZOS).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def from_png(path: str | Path) -> tuple[str, Request]:
    """The model and request a PNG carries; RequestError says what is wrong with any other file."""
    settings = read_png(path)
    return settings["model"], settings["request"]


def read_png(path: str | Path) -> dict:
    """All that a PNG carries: its model, its request as one, and whatever else is there, unchecked.

    Raises RequestError as from_png does.
    """
    allowed = "a PNG that was saved here, with its settings inside"
    name = Path(path).name
    try:
        if Path(path).stat().st_size > MAX_FILE:
            raise ValueError("too large")
        with Image.open(path, formats=["PNG"]) as image:  # reads the header and the text before the pixels, no pixel
            settings = json.loads(image.info[PNG_KEY])
        if not isinstance(settings["model"], str):
            raise TypeError("the model is no text")
        return settings | {"request": Request.from_dict(settings["request"])}
    except RequestError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        SyntaxError,
        RecursionError,
        Image.DecompressionBombError,
    ) as error:
        raise RequestError("file", name, allowed) from error


def to_webp(frames: np.ndarray, seconds: float = 3.0, side: int = 256) -> bytes:
    """An animation of the frames (N, h, w, 3) uint8, the last one held, repeated for ever."""
    images = [Image.fromarray(frame).resize((side, side), Image.Resampling.LANCZOS) for frame in frames]
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
    request = layer.trace.request
    words = "-".join(re.findall(r"[a-z0-9]+", request.prompt.lower()))[:40] or "picture"
    if kind == "png":
        data = to_png(layer.trace)
    elif kind == "webp":
        data = to_webp(layer.film.x0)
    else:
        layer.trace.save(buffer := io.BytesIO())
        data = buffer.getvalue()
    return f"{words}-{request.seed}.{kind}", data


def _parse(name: str, text: str) -> object:
    if name == "embedding":
        return to_embedding(text)
    kind = type(DEFAULTS[name])
    try:
        if kind is tuple:  # the branches, as step:seed,step:seed
            return tuple(tuple(map(int, pair.split(":"))) for pair in text.split(","))
        return kind(text)
    except ValueError:
        raise RequestError(name, text, "step:seed pairs" if kind is tuple else "a number") from None
