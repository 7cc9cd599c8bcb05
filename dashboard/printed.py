"""Pictures in rows as one picture, with the words in it that say what they are and what they were made with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from core.types import Trace
from dashboard import lettering, links, theme
from dashboard.lettering import LINE, spelt, wrapped

LEAST, GAP, PAD = 192, 12, 16  # pixels; LEAST: a picture's longer side, to leave room for words below it
COLUMNS = 5
GROUND, INK, SOFT = (theme.INK[name][0] for name in ("raised", "ink", "ink-soft"))  # a saved picture is a light one


@dataclass(frozen=True)
class Cell:
    """A picture (h, w, 3) uint8, what it is called and what is known of it: plain text."""

    picture: np.ndarray
    title: str
    note: str = ""


def grid(title: str, rows: list[tuple[str, list[Cell]]], settings: str) -> Image.Image:
    """Rows of pictures of one size, each with its name or '', under a title and above the settings.

    A row of more than COLUMNS goes on below itself.
    """
    rows = [part for row in rows for part in _parted(*row)]
    bold, regular = lettering.font(16, bold=True), lettering.font(14)
    size, told = _enlarged(rows[0][1][0].picture)
    width = 2 * PAD + max(len(cells) for _, cells in rows) * (size[0] + GAP) - GAP
    lines: list[tuple[int, int, str, str, lettering.Font]] = []  # x, y, text, colour, font
    pictures: list[tuple[int, int, np.ndarray]] = []
    y = PAD

    def write(x: int, y: int, text: str, room: int, ink: str, used: lettering.Font) -> int:
        """Where the next line begins."""
        for line in wrapped(spelt(text), room, used) if text else []:
            lines.append((x, y, line, ink, used))
            y += LINE
        return y

    y = write(PAD, y, title, width - 2 * PAD, INK, bold) + 8
    for name, cells in rows:
        y = write(PAD, y, name, width - 2 * PAD, INK, regular) + (6 if name else 0)
        feet = []
        for column, cell in enumerate(cells):
            x = PAD + column * (size[0] + GAP)
            pictures.append((x, y, cell.picture))
            foot = write(x, y + size[1] + 4, cell.title, size[0], INK, regular)
            feet.append(write(x, foot, cell.note, size[0], SOFT, regular))
        y = max(feet) + GAP
    said = [title, settings, *(text for name, cells in rows for text in (name, *(c.title + c.note for c in cells)))]
    for text in (settings, told, "" if all(map(lettering.shows, said)) else lettering.LEFT_OUT):
        y = write(PAD, y, text, width - 2 * PAD, SOFT, regular)
    image = Image.new("RGB", (width, y + PAD - 4), GROUND)
    for x, top, picture in pictures:
        image.paste(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS), (x, top))
    draw = ImageDraw.Draw(image)
    for x, top, line, ink, used in lines:
        draw.text((x, top), line, ink, used)
    return image


def stopped(trace: Trace) -> str:
    """Where a run was stopped, else nothing."""
    return "" if trace.finished else f"stopped after {len(trace.x0)} of {trace.request.steps} steps"


def _parted(name: str, cells: list[Cell]) -> list[tuple[str, list[Cell]]]:
    """A row in as few as it takes, of about the same length."""
    each = math.ceil(len(cells) / math.ceil(len(cells) / COLUMNS))
    return [("" if at else name, cells[at : at + each]) for at in range(0, len(cells), each)]


def _enlarged(picture: np.ndarray) -> tuple[tuple[int, int], str]:
    """The size of the pictures in a grid, and in words what they are where that is not their own."""
    height, width = picture.shape[:2]
    size = links.enlarged((width, height), LEAST)
    return size, "" if size == (width, height) else links.sized((width, height), size)
