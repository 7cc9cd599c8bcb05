"""Pictures that visitors bring: anything may come, only a small square RGB picture goes on from here."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import RequestError
from dashboard.tabs.clip.depths import BAND, Box, in_order, lower_halves, scaled, sixteen_bit_colours

MAX_BYTES = 12 << 20
MAX_PIXELS = 40_000_000
MAX_UNPACKED = 140_000_000  # bytes that a picture may take while it is read
SIDE = 512  # of what is kept, at most
FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP", "TIFF": "TIFF"}
ALLOWED = (
    f"a picture ({', '.join(FORMATS.values())}) of at most {MAX_BYTES >> 20} MB and {MAX_PIXELS // 10**6} megapixels"
)
STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # bytes a pixel; 4 in other modes
DEEP = 8  # of colours of 16 bits
BESIDE = {"WEBP": 12, "TIFF": 8}  # bytes a pixel that a format's reader holds beside the picture
COEFFICIENTS = 8  # of a progressive JPEG: four planes of 16 bits
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
ORIENTATION, TILE_WIDTH, TILE_HEIGHT = 0x0112, 322, 323  # tags of EXIF and TIFF
TOLD = "told"  # in a picture's info: a sentence about how it was read
READING = threading.Lock()  # one picture at a time: what they take must not add up


def open_picture(path: str | Path) -> Image.Image:
    """The middle square of a picture file, upright, RGB on white, 8 bits, at most SIDE pixels a side.

    Of an animation the first frame; other depths are scaled to 8 bits by the values that are there, and where that
    leaves some out, info[TOLD] says so; EXIF turns are made. RequestError says what is wrong with any other file. The
    size in pixels is read from the header: a picture that would take more than MAX_UNPACKED bytes is never unpacked.
    """
    path = Path(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RequestError("picture", f"{path.name}, {path.stat().st_size >> 20} MB", ALLOWED)
        with READING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and of odd EXIF
            with Image.open(path, formats=list(FORMATS)) as image:
                if _pixels(image) > (most := _most(image)):
                    shown = f"{path.name}, {image.width} x {image.height} pixels"
                    allowed = f"{ALLOWED}, of this kind {most // 10**6} megapixels"
                    raise RequestError("picture", shown, allowed)
                image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is not unpacked in full
                in_order(image)
                lower = lower_halves(path, image) if sixteen_bit_colours(image) else None
                image.load()
                cut, told = scaled(image, lower)
                small, turn = _shrunk(image.size, cut), TURNS.get(image.getexif().get(ORIENTATION))
                small = small if turn is None else small.transpose(turn)
                small.info[TOLD] = told
                return small
    except RequestError:
        raise
    except Exception as error:  # whatever Pillow makes of a damaged or hostile file
        raise RequestError("picture", path.name, f"{ALLOWED}; this file cannot be read") from error


def _pixels(image: Image.Image) -> int:
    """What a reader must unpack: of a TIFF at least one tile, however small the picture in it."""
    tags = getattr(image, "tag_v2", {})
    return max(image.width * image.height, tags.get(TILE_WIDTH, 0) * tags.get(TILE_HEIGHT, 0))


def _most(image: Image.Image) -> int:
    """Pixels that a picture of this format and mode may have."""
    beside = COEFFICIENTS if "progressive" in image.info else BESIDE.get(image.format, 0)
    stored = DEEP if sixteen_bit_colours(image) else STORED.get(image.mode, 4)
    return min(MAX_PIXELS, MAX_UNPACKED // (stored + beside))


def _shrunk(size: tuple[int, int], cut: Callable[[Box], Image.Image]) -> Image.Image:
    """The middle square of what can be cut into boxes, as CLIP's own preparation takes it: RGB on white, at most SIDE
    pixels a side.

    It goes through in bands, so that little more is held than the picture itself.
    """
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    by = max(1, side // (2 * SIDE))  # whole squares are averaged first, what is left is resampled
    count = side // by
    out = Image.new("RGB", (count, count))
    for row in range(0, count, BAND):
        rows = min(BAND, count - row)
        band = cut((left, top + row * by, left + count * by, top + (row + rows) * by))
        out.paste(_on_white(band).reduce(by), (0, row))
    return ImageOps.fit(out, (min(count, SIDE),) * 2, Image.Resampling.LANCZOS)


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, what is transparent on white."""
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
