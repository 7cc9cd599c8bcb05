"""Letters on a saved picture: what its font can show, and lines of it that fit a width."""

from __future__ import annotations

import functools

import font_source_sans_pro
from PIL import ImageFont

LACKING = "\U0010fffe"  # no character: drawn as the font draws whatever it lacks, mostly as a box
LEFT_OUT = "…: letters that this font lacks; the file's Description has them."
LINE = 18  # pixels, from one line of text to the next
Font = ImageFont.FreeTypeFont


@functools.cache
def font(size: int, bold: bool = False) -> Font:
    """Source Sans Pro (SIL Open Font License): Latin, Greek and Cyrillic. size: pixels."""
    files = font_source_sans_pro.font_files_ttf
    return ImageFont.truetype(files["SourceSansProSemibold" if bold else "SourceSansPro"], size)


def shows(text: str) -> bool:
    """Whether the font has every letter of a text."""
    return all(_has(char) for char in set(text))


def spelt(text: str) -> str:
    """The text with an ellipsis for each word that the font cannot show whole."""
    return " ".join(word if shows(word) else "…" for word in text.split())


def wrapped(text: str, width: float, used: Font) -> list[str]:
    """The text in lines of at most width pixels, parted at spaces, and within a word only where it is longer."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if used.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for char in word:
            if lines[-1] and used.getlength(lines[-1] + char) > width:
                lines.append("")
            lines[-1] += char
    return lines


def cut(lines: list[str], most: int, width: float, used: Font) -> list[str]:
    """The first lines of a text, with an ellipsis where there are more."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and used.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]


@functools.lru_cache(4096)
def _has(char: str) -> bool:
    return char.isspace() or _look(char) != _look(LACKING)


def _look(char: str) -> tuple:
    mask = font(32).getmask(char)
    return mask.size, bytes(mask)
