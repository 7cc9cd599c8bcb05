"""A request as text: in an address, on a command line, inside a PNG. What comes back is text that anybody may write."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image, PngImagePlugin

from core.errors import RequestError
from core.types import MAX_SPACE, Request
from core.version import VERSION

PNG_KEY = "driftscope"
MAX_FILE = 32 << 20
MAX_PIXELS = 40_000_000  # of a PNG whose settings stand behind its pixels, which must then be unpacked
WELCOME = Request("a red apple", seed=1)  # the run that is there before anybody asks for one
DEFAULTS = {f.name: f.default for f in fields(Request)}
WHOLE = re.compile(r"[+-]?[0-9]+(?:\.0*)?")
PAIR = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")


def told(name: str, value: Any) -> str:
    """A field's value as text that parsed reads back to the same value."""
    if name == "branches":
        return ",".join(f"{step}:{seed}" for step, seed in value)
    if name == "embedding":
        return from_embedding(value)
    return number_told(value) if isinstance(value, float) else str(value)


def parsed(name: str, text: str) -> object:
    """The value that a text names for a field of a Request, its range unchecked; RequestError where it is none."""
    if name == "branches":
        return branches(text)
    if name == "embedding":
        return to_embedding(text)
    return like(name, text, DEFAULTS[name])


def like(name: str, text: str, default: object) -> object:
    """A text as a value of the default's kind: yes or no, a whole number, a number, or text."""
    if isinstance(default, bool):
        return flag(name, text)
    return number(name, text, isinstance(default, int)) if isinstance(default, (int, float)) else text


def flag(name: str, text: str) -> bool:
    """Yes or no, as people and programs write it."""
    found = {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
    if found is None:
        raise RequestError(name, text, "true or false")
    return found


def number(name: str, text: str, whole: bool) -> int | float:
    """A number; a whole one may be written as 25.0."""
    text = text.strip()
    if whole:
        if len(text) > 20 or not WHOLE.fullmatch(text):
            raise RequestError(name, text, "a whole number")
        return int(text.partition(".")[0])
    try:
        if "_" in text:  # as in Python's own code, and nowhere else
            raise ValueError
        return float(text)
    except ValueError:
        allowed = "a number with a point for its decimals" if "," in text else "a number"
        raise RequestError(name, text, allowed) from None


def number_told(value: float) -> str:
    """The shortest text that names exactly this number: 0.0625, 4, 0.3333333333333333."""
    text = np.format_float_positional(value, trim="-")
    return text if len(text) <= 24 else repr(value)  # with an exponent


def branches(text: str) -> tuple[tuple[int, int], ...]:
    """ "3:9,7:11": after steps 3 and 7, new noise of the seeds 9 and 11."""
    asked = text.split(",") if len(text) < 1000 else [""]
    found = [pair.groups() for one in asked if (pair := PAIR.fullmatch(one.strip()))]
    if len(found) < len(asked):
        raise RequestError("branches", text, "step:seed pairs, such as 3:9,7:11")
    return tuple((int(step), int(seed)) for step, seed in found)


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


def stop(value: object, *requests: Request, name: str = "stopped") -> int | None:
    """After how many steps, of all the requests together, a run was stopped, as a file or a link says.

    None where it ran to its end.
    """
    if value is None:
        return None
    fewest, all_of_them = len(requests), sum(request.steps for request in requests)
    if type(value) is not int or not fewest <= value <= all_of_them:
        raise RequestError(name, value, f"a whole number from {fewest} to {all_of_them}")
    return value if value < all_of_them else None


def png_info(model: str, request: Request, **more: object) -> PngImagePlugin.PngInfo:
    """For a PNG's tEXt chunk: ASCII JSON, {"model": …, "request": {…}, "version": …} and what else is known."""
    info = PngImagePlugin.PngInfo()
    info.add_text(PNG_KEY, json.dumps({"model": model, "request": request.to_dict(), "version": VERSION, **more}))
    return info


def read_png(path: str | Path) -> dict:
    """All that a PNG carries: model, request, stopped (see stop), and whatever else is there, unchecked.

    Raises RequestError for a file that is no PNG with settings, and for what is no path.
    """
    try:
        if Path(path).stat().st_size > MAX_FILE:
            raise ValueError("too large")
        image = cast("PngImagePlugin.PngImageFile", Image.open(path, formats=["PNG"]))
        with image:  # whose header and whose text before the pixels are read, no pixel
            text = image.info.get(PNG_KEY)
            if text is None:  # other programs write it behind them
                if image.width * image.height > MAX_PIXELS:
                    raise ValueError("too many pixels")
                text = image.text[PNG_KEY]
        settings = json.loads(text)
        if not isinstance(settings["model"], str):
            raise TypeError("the model is no text")
        request = Request.from_dict(settings["request"])
        return settings | {"request": request, "stopped": stop(settings.get("stopped"), request)}
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
        allowed = "a PNG that was saved here, with its settings inside"
        name = Path(path).name if isinstance(path, (str, Path)) else path
        raise RequestError("file", name, allowed) from error
