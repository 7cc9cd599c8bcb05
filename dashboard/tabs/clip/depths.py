"""Pictures of another depth than 8 bits a colour: every bit is read, and scaled by the values that are there.

Pillow reads whole and real numbers of one channel as they are, but of colours of 16 bits the upper eight alone. The
lower eight come when it is told that both have changed places.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

DEEP = re.compile(r"(RGB|RGBA|RGBX|LA|CMYK);16([BLN])")  # how Pillow unpacks them; RGBa's bytes cannot be told apart
SWAPPED = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}  # libtiff gives bytes in the machine's own order
BITS, PHOTOMETRIC, PLANES = 258, 262, 284  # tags of TIFF
NO_DATA = 42113  # GDAL's: the number, as text, that stands where nothing was measured
WHITE_IS_ZERO, APART = 0, 2
BAND = 64  # rows that are worked on at once
SAMPLE = 1_000_000  # values, about, by which a picture's range is judged
FEW = 1000  # one value in so many may lie outside of it

Box = tuple[int, int, int, int]


def sixteen_bit_colours(image: Image.Image) -> bool:
    """Whether its colours have 16 bits, all of which can be read; asked before it is loaded.

    ValueError where Pillow would misread them.
    """
    raw, tags = _raw(image), getattr(image, "tag_v2", {})
    apart = tags.get(PLANES) == APART
    if apart and len(raw) == 1 and max(tags.get(BITS, (8,))) > 8:
        raise ValueError("a TIFF whose deep colours lie in planes")
    return not apart and bool(DEEP.fullmatch(raw))


def in_order(image: Image.Image) -> None:
    """Have signed and real numbers read in the order in which libtiff gives their bytes; before it is loaded."""
    if image.format == "TIFF" and image.tile[0].codec_name == "libtiff" and _raw(image) in NATIVE:
        image.tile = [tile._replace(args=_with_raw(tile.args, NATIVE[_raw(image)])) for tile in image.tile]


def lower_halves(path: Path, image: Image.Image) -> Image.Image:
    """The lower eight bits of such a picture's colours, as a picture; asked before it is loaded."""
    kind, order = DEEP.fullmatch(_raw(image)).groups()
    raw = "RGBA" if kind == "LA" else f"{kind};16{SWAPPED[order]}"
    with Image.open(path, formats=[image.format]) as other:
        other.tile = [tile._replace(args=_with_raw(tile.args, raw)) for tile in other.tile]
        other.load()
    if kind == "LA":  # which cannot be unpacked so: its four bytes come as four colours
        _, grey, _, alpha = other.split()
        return Image.merge("RGBA", (grey, grey, grey, alpha))
    return other


def scaled(image: Image.Image, lower: Image.Image | None = None) -> tuple[Callable[[Box], Image.Image], str]:
    """What cuts a box out of a picture, 8 bits a colour, and a sentence where its range leaves some values out.

    Unsigned 16 bits count from 0 to the end of the bits that are used (4095 where 12 are); whole numbers from their
    least, or 0, to their largest, real ones from their least. A hot pixel does not count: what lies farther off than
    all others lie apart, and is at most one value in a thousand. It is white or black, as infinities are.
    """
    single, void = image.mode.startswith("I") or image.mode == "F", _no_data(image)
    if not single and lower is None:
        return image.crop, ""

    def read(box: Box) -> np.ndarray:  # (h, w, C)
        upper = np.asarray(image.crop(box))
        if single:
            return (upper if np.isnan(void) else np.where(upper == void, np.nan, upper))[..., None]
        return 256 * upper.astype(np.int32) + np.asarray(lower.crop(box))

    opaque = image.mode == "RGBA"
    *ends, told = _range(image, read, slice(3 if opaque else None))
    scales = [_counted(image.mode, *ends)] * (3 if opaque else len(image.getbands()))
    if opaque:
        scales.append(_counted(image.mode, *_range(image, read, slice(3, 4))[:2]))
    start, span = np.array([[low, max(high - low, 0) or 1] for low, high in scales], np.float32).T
    key = image.info.get("transparency")
    negative = single and getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO

    def cut(box: Box) -> Image.Image:
        values = read(box)
        shares = (np.nan_to_num(values.astype(np.float32), nan=start[0], posinf=np.inf, neginf=-np.inf) - start) / span
        shades = (255 * (1 - shares if negative else shares).clip(0, 1)).round().astype(np.uint8)
        out = Image.frombytes("L" if single else image.mode, values.shape[1::-1], shades.tobytes())
        if key is not None:
            out = out.convert("RGBA")
            out.putalpha(Image.fromarray(255 * (values != np.asarray(key)).any(-1).astype(np.uint8)))
        return out

    return cut, told


def _raw(image: Image.Image) -> str:
    """How Pillow is to unpack a picture that is not loaded yet; '' where its reader needs no telling."""
    args = image.tile[0].args if image.tile else ""
    raw = args[0] if isinstance(args, tuple) and args else args
    return raw if isinstance(raw, str) else ""


def _no_data(image: Image.Image) -> np.float32:
    """The value that means that there is none; NaN where the file names no such value."""
    try:
        return np.float32(str(getattr(image, "tag_v2", {}).get(NO_DATA)).strip("\0 "))
    except ValueError:
        return np.float32("nan")


def _with_raw(args: object, raw: str) -> object:
    return raw if isinstance(args, str) else (raw, *args[1:])


def _range(image: Image.Image, read: Callable[[Box], np.ndarray], channels: slice) -> tuple[float, float, str]:
    """The ends of these channels' values but for a few that lie far off, and a sentence of these."""
    least, most, some = np.inf, -np.inf, []
    step = max(1, image.width * image.height * len(image.getbands()) // SAMPLE)
    for top in range(0, image.height, BAND):
        values = read((0, top, image.width, min(top + BAND, image.height)))[..., channels]
        values = values[np.isfinite(values)].astype(float)
        some.append(values[::step].copy())  # a view would keep them all
        least, most = min(least, values.min(initial=least)), max(most, values.max(initial=most))
    if least > most:  # there is no number in it
        return 0.0, 0.0, ""
    sample, low, high = np.sort(np.concatenate(some)), float(least), float(most)
    left = max(1, len(sample) // FEW)
    if len(sample) > 2 * left:
        first, last = sample[left], sample[-1 - left]
        apart = last - first
        low = first if first - low > apart > 0 else low
        high = last if high - last > apart > 0 else high
    told = f"A few of its values lie far off the others, which are shown from {low:.4g} (black) to {high:.4g} (white)."
    return low, high, told if (low, high) != (least, most) else ""


def _counted(mode: str, low: float, high: float) -> tuple[float, float]:
    """From where to where values count that lie between these."""
    if mode == "F":
        return low, high
    if mode == "I":
        return min(low, 0.0), max(high, 255.0)
    return 0.0, 2.0 ** max(8, int(high).bit_length()) - 1
