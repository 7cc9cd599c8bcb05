"""A sweep as one picture: the grid with its scales above and its prompts and seeds beside it."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from core.settings import number_told, png_info
from core.text import one_line, plain
from core.types import MAX_PROMPT, RequestError
from dashboard import lettering, links, wording
from dashboard.lettering import LINE
from dashboard.printed import GROUND, INK, SOFT
from dashboard.tabs.guidance.sweep import Sweep, Swept, thumbnails

CELL, GAP, PAD, HEAD, MARGIN = 128, 6, 16, 30, 190  # pixels
LABEL = 20  # pixels, over the foot of a picture that was stopped
FIELDS = ("scales", "seeds", "prompts")  # of a sweep as text
MAX_TEXT = 64 * MAX_PROMPT  # as many prompts as a sweep may have


def to_png(swept: Swept) -> bytes:
    """The grid, and below it the prompts that its margin cannot hold and what all its pictures were made with.

    A tEXt chunk carries the settings, the first cell's, as every picture's, and the sweep's as typed; an iTXt chunk the
    prompts in full, by their numbers, and the rest of the words, in any script.
    """
    sweep = swept.sweep
    rows, columns = len(sweep.rows), len(sweep.scales)
    stride = CELL + GAP
    bold, regular = lettering.font(16, bold=True), lettering.font(15)
    width, foot = 2 * PAD + MARGIN + columns * stride, PAD + HEAD + rows * stride
    labels = {prompt: _label(prompt, number) for number, prompt in enumerate(sweep.prompts, 1)}
    notes = [line for _, note in labels.values() for line in lettering.wrapped(note, width - 2 * PAD, regular) if note]
    notes += lettering.wrapped(lettering.spelt(settings(sweep)), width - 2 * PAD, regular)
    image = Image.new("RGB", (width, foot + 2 * PAD + LINE * len(notes)), GROUND)
    draw = ImageDraw.Draw(image)
    draw.text((PAD, PAD + HEAD / 2), "guidance", SOFT, regular, anchor="lm")
    for column, scale in enumerate(sweep.scales):
        middle = PAD + MARGIN + column * stride + CELL / 2
        draw.text((middle, PAD + HEAD / 2), f"{scale:g}", INK, bold, anchor="mm")
    cells = thumbnails(swept.pictures, CELL)
    for row, (prompt, seed) in enumerate(sweep.rows):
        top = PAD + HEAD + row * stride
        lines, _ = labels[prompt]
        for i, line in enumerate(lines):
            draw.text((PAD, top + LINE * (i + 1)), line, INK, regular)
        draw.text((PAD, top + LINE * (len(lines) + 1)), f"seed {seed}", SOFT, regular)
        for column in range(columns):
            number = sweep.number(row, column)
            corner = (PAD + MARGIN + column * stride, top)
            image.paste(Image.fromarray(cells[number]), corner)
            if where := swept.stopped(number):
                left, bottom = corner[0], top + CELL
                draw.rectangle((left, bottom - LABEL, left + CELL - 1, bottom - 1), GROUND)
                draw.text((left + CELL / 2, bottom - LABEL / 2), where, SOFT, regular, anchor="mm")
    for i, line in enumerate(notes):
        draw.text((PAD, foot + PAD / 2 + LINE * i), line, INK, regular)
    first, steps = sweep.requests[0], swept.steps[0]
    stopped = {} if steps == first.steps else {links.STOPPED: steps}
    whole = texts(sweep) if swept.finished else texts(sweep) | {links.STOPPED: swept.stopped_at}
    info = png_info(sweep.model, first, sweep=whole, **stopped)
    described = [*(f"prompt {i}: {prompt}" for i, prompt in enumerate(sweep.prompts, 1)), settings(sweep)]
    info.add_itxt(links.DESCRIPTION, "\n".join(described))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def carried(told: dict) -> tuple[dict[str, str], object] | None:
    """The sweep of a saved grid, as texts for the fields, and after how many steps of all its pictures together it was
    stopped, unchecked.

    told: what read_png found, which anybody may have written. None where that is no sweep.
    """
    found, prompt = told.get("sweep"), told["request"].prompt
    if not isinstance(found, dict):
        return None
    texts = {name: text for name in FIELDS if isinstance(text := found.get(name), str) and len(text) <= MAX_TEXT}
    if plain(texts.get("prompts", "")) == prompt:  # of two lines, as grids were once saved
        texts["prompts"] = one_line(prompt)
    return (texts, found.get(links.STOPPED)) if texts else None


def texts(sweep: Sweep) -> dict[str, str]:
    """A sweep as a visitor would type it."""
    return {
        "scales": ", ".join(number_told(scale) for scale in sweep.scales),
        "seeds": ", ".join(map(str, sweep.seeds)),
        "prompts": "\n".join(sweep.prompts),
    }


def settings(sweep: Sweep) -> str:
    """What all its pictures were made with."""
    return wording.settings(sweep.model, sweep.base, texts(sweep)["scales"])


def about(swept: Swept) -> dict:
    """What a file says of the sweep that it was measured on."""
    return {"model": swept.sweep.model, "request": swept.sweep.base.to_dict(), "sweep": texts(swept.sweep)}


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


def _label(prompt: str, number: int) -> tuple[list[str], str]:
    """The lines of a prompt in the margin, two at most, and the note below the grid that it needs, or ''."""
    room, used, name = MARGIN - PAD, lettering.font(15), f"prompt {number}"
    if not lettering.shows(prompt):
        where = f"the text is in this PNG's {links.DESCRIPTION} field."
        return [name], f"{name}: this font lacks some of its letters; {where}"
    whole = lettering.wrapped(prompt or "no prompt", room, used)
    if len(whole) <= 2:
        return whole, ""
    return lettering.cut(whole, 2, room, used), f"{name}: {prompt}"
