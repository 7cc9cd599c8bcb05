"""A sweep as one picture: the grid with its scales above and its prompts and seeds beside it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from core.settings import number_told, png_info, read_png
from core.text import one_line, plain
from core.types import MAX_PROMPT, RequestError
from dashboard import links, theme
from dashboard.tabs.guidance.sweep import Sweep, Swept, thumbnails

CELL, GAP, PAD, HEAD, MARGIN = 128, 6, 16, 30, 190  # pixels
LABEL = 20  # pixels, over the foot of a picture that was stopped
LETTERS = 26  # of a prompt in a line of the margin
FIELDS = ("scales", "seeds", "prompts")  # of a sweep as text
MAX_TEXT = 64 * MAX_PROMPT  # as many prompts as a sweep may have
GROUND, INK, SOFT = (theme.INK[name][0] for name in ("raised", "ink", "ink-soft"))  # a saved grid is a light one


def to_png(swept: Swept) -> bytes:
    """The grid; its settings lie in a tEXt chunk: the first cell's, as every picture's, and the sweep's as typed."""
    sweep = swept.sweep
    rows, columns = len(sweep.rows), len(sweep.scales)
    stride = CELL + GAP
    image = Image.new("RGB", (2 * PAD + MARGIN + columns * stride, 2 * PAD + HEAD + rows * stride), GROUND)
    draw = ImageDraw.Draw(image)
    bold, regular = ImageFont.load_default(15), ImageFont.load_default(13)
    draw.text((PAD, PAD + HEAD / 2), "guidance", SOFT, regular, anchor="lm")
    for column, scale in enumerate(sweep.scales):
        middle = PAD + MARGIN + column * stride + CELL / 2
        draw.text((middle, PAD + HEAD / 2), f"{scale:g}", INK, bold, anchor="mm")
    cells = thumbnails(swept.pictures, CELL)
    for row, (prompt, seed) in enumerate(sweep.rows):
        top = PAD + HEAD + row * stride
        lines = _wrapped(prompt or "no prompt")
        for i, line in enumerate(lines):
            draw.text((PAD, top + 18 + 18 * i), line, INK, regular)
        draw.text((PAD, top + 20 + 18 * len(lines)), f"seed {seed}", SOFT, regular)
        for column in range(columns):
            number = sweep.number(row, column)
            corner = (PAD + MARGIN + column * stride, top)
            image.paste(Image.fromarray(cells[number]), corner)
            if where := swept.stopped(number):
                left, bottom = corner[0], top + CELL
                draw.rectangle((left, bottom - LABEL, left + CELL - 1, bottom - 1), GROUND)
                draw.text((left + CELL / 2, bottom - LABEL / 2), where, SOFT, regular, anchor="mm")
    first, steps = sweep.requests[0], swept.steps[0]
    stopped = {} if steps == first.steps else {links.STOPPED: steps}
    info = png_info(sweep.model, first, sweep=texts(sweep), **stopped)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def from_png(path: str | Path) -> dict[str, str] | None:
    """The sweep that a PNG carries, as texts for the fields; None where it carries none. Anybody may have written it.

    Raises RequestError for a file that is no PNG of this page.
    """
    told = read_png(path)
    found, prompt = told.get("sweep"), told["request"].prompt
    if not isinstance(found, dict):
        return None
    texts = {name: text for name in FIELDS if isinstance(text := found.get(name), str) and len(text) <= MAX_TEXT}
    if plain(texts.get("prompts", "")) == prompt:  # of two lines, as grids were once saved
        texts["prompts"] = one_line(prompt)
    return texts


def texts(sweep: Sweep) -> dict[str, str]:
    """A sweep as a visitor would type it."""
    return {
        "scales": ", ".join(number_told(scale) for scale in sweep.scales),
        "seeds": ", ".join(map(str, sweep.seeds)),
        "prompts": "\n".join(sweep.prompts),
    }


def rows(swept: Swept) -> list[dict]:
    """A row a picture, for a table."""
    return [
        {
            "prompt": r.prompt, "seed": r.seed, "guidance": r.guidance, "steps": steps, "steps_asked": r.steps,
            "clip_score": float(score),
        }
        for r, steps, score in zip(swept.sweep.requests, swept.steps, swept.scores, strict=True)
    ]  # fmt: skip


def cell(sweep: Sweep, number: object) -> int:
    """The number of a picture, which a browser named."""
    last = len(sweep.requests) - 1
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= last:
        raise RequestError("picture", number, f"a whole number from 0 to {last}")
    return number


def _wrapped(text: str) -> list[str]:
    """Two lines at most, of letters the built-in font can draw."""
    text = "".join(char if ord(char) < 0x250 else "?" for char in " ".join(text.split()))
    lines, words = [""], text.split(" ")
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= LETTERS:
            lines[-1] = longer
        else:
            lines.append(word[:LETTERS])
    return lines[:2] if len(lines) <= 2 else [lines[0], lines[1][: LETTERS - 1] + "…"]
