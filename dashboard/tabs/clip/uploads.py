"""Pictures that visitors bring: anything may come, only a small square RGB picture goes on from here."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.types import RequestError

MAX_BYTES = 12 << 20
MAX_PIXELS = 40_000_000
SIDE = 512  # of what is kept, at most
FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP", "TIFF": "TIFF"}
ALLOWED = (
    f"a picture ({', '.join(FORMATS.values())}) of at most {MAX_BYTES >> 20} MB and {MAX_PIXELS // 10**6} megapixels"
)


def open_picture(path: str | Path) -> Image.Image:
    """The middle square of a picture file, upright, RGB on white, 8 bits, at most SIDE pixels a side.

    Of an animation the first frame; 16 bits are scaled to 8; EXIF turns are made. RequestError says what is wrong
    with any other file. The size in pixels is read from the header: a decompression bomb is never unpacked.
    """
    path = Path(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RequestError("picture", f"{path.name}, {path.stat().st_size >> 20} MB", ALLOWED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and of odd EXIF
            with Image.open(path, formats=list(FORMATS)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise RequestError("picture", f"{path.name}, {image.width} x {image.height} pixels", ALLOWED)
                image.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG is not unpacked in full
                image.load()
                return _square(_eight_bits(ImageOps.exif_transpose(image)))
    except RequestError:
        raise
    except Exception as error:  # whatever Pillow makes of a damaged or hostile file
        raise RequestError("picture", path.name, f"{ALLOWED}; this file cannot be read") from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """RGB, what is transparent on white."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, np.float64)
        top = 65535.0 if image.mode != "F" else max(float(np.nanmax(values)), 1e-12)
        top = 255.0 if image.mode == "I" and values.max() <= 255 else top
        return Image.fromarray(np.nan_to_num(255 * values / top).clip(0, 255).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _square(image: Image.Image) -> Image.Image:
    """The middle square, as CLIP's own preparation cuts it."""
    side = min(image.size)
    return ImageOps.fit(image, (min(side, SIDE),) * 2, Image.Resampling.LANCZOS)
