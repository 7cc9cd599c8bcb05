"""Pictures that visitors bring: anything may come, only a small square RGB picture goes on from here."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.errors import RequestError

MAX_BYTES = 12 << 20
MAX_PIXELS = 40_000_000
MAX_UNPACKED = 140_000_000  # bytes that a picture may take while it is read
SIDE = 512  # of what is kept, at most
FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP", "TIFF": "TIFF"}
ALLOWED = (
    f"a picture ({', '.join(FORMATS.values())}) of at most {MAX_BYTES >> 20} MB and {MAX_PIXELS // 10**6} megapixels"
)
STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # bytes a pixel; 4 in other modes
BESIDE = {"WEBP": 12, "TIFF": 8}  # bytes a pixel that a format's reader holds beside the picture
COEFFICIENTS = 8  # of a progressive JPEG: four planes of 16 bits
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
ORIENTATION, TILE_WIDTH, TILE_HEIGHT = 0x0112, 322, 323  # tags of EXIF and TIFF
BAND = 64  # rows of the shrunk picture that are worked on at once
READING = threading.Lock()  # one picture at a time: what they take must not add up


def open_picture(path: str | Path) -> Image.Image:
    """The middle square of a picture file, upright, RGB on white, 8 bits, at most SIDE pixels a side.

    Of an animation the first frame; other depths are scaled to 8 bits by the values that are there; EXIF turns are
    made. RequestError says what is wrong with any other file. The size in pixels is read from the header: a picture
    that would take more than MAX_UNPACKED bytes is never unpacked.
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
                image.load()
                small = _shrunk(image)
                turn = TURNS.get(image.getexif().get(ORIENTATION))
                return small if turn is None else small.transpose(turn)
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
    return min(MAX_PIXELS, MAX_UNPACKED // (STORED.get(image.mode, 4) + beside))


def _shrunk(image: Image.Image) -> Image.Image:
    """The middle square, as CLIP's own preparation cuts it: RGB on white, at most SIDE pixels a side.

    It goes through in bands, so that little more is held than the picture itself.
    """
    side, eight_bits = min(image.size), _scale(image)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    by = max(1, side // (2 * SIDE))  # whole squares are averaged first, what is left is resampled
    count = side // by
    out = Image.new("RGB", (count, count))
    for row in range(0, count, BAND):
        rows = min(BAND, count - row)
        band = image.crop((left, top + row * by, left + count * by, top + (row + rows) * by))
        out.paste(_on_white(eight_bits(band)).reduce(by), (0, row))
    return ImageOps.fit(out, (min(count, SIDE),) * 2, Image.Resampling.LANCZOS)


def _scale(image: Image.Image):
    """What makes a band of the picture 8 bits a colour: nothing, or for other depths a scale for all of it.

    Unsigned 16 bits count from 0 to the end of the bits that are used (4095 where 12 are); whole numbers
    from their least, or 0, to their largest, real ones from their least; infinities aside, which are white and black.
    """
    if not (image.mode.startswith("I") or image.mode == "F"):
        return lambda band: band
    low, high = (np.inf, -np.inf) if image.mode == "F" else (0.0, 0.0)
    for top in range(0, image.height, BAND):
        values = np.asarray(image.crop((0, top, image.width, min(top + BAND, image.height))))
        values = values[np.isfinite(values)]
        low, high = min(low, float(values.min(initial=low))), max(high, float(values.max(initial=high)))
    if image.mode.startswith("I;16"):
        high = 2.0 ** max(8, int(high).bit_length()) - 1
    elif image.mode == "I":
        high = max(high, 255.0)
    low = low if low <= high else 0.0  # there may be no number in it
    span = max(high - low, 0.0) or 1.0

    def eight_bits(band: Image.Image) -> Image.Image:
        values = np.nan_to_num(np.asarray(band, np.float32), nan=low, posinf=low + span, neginf=low)
        return Image.fromarray((255 * ((values - low) / span)).round().astype(np.uint8))

    return eight_bits


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, what is transparent on white."""
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")
