"""A run as an animation: the noisy latent and the image predicted from it, side by side, step by step."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from dashboard import lettering
from dashboard.layers import Layer
from dashboard.lettering import LINE, cut, spelt, wrapped
from dashboard.printed import GROUND, INK, SOFT

SECONDS, REST = 3.0, 1500  # from noise to the picture, and milliseconds that it then stays
SIDE, GAP, PAD = 256, 8, 12  # pixels; SIDE: the longer one of each picture
NAMES = "noisy latent", "predicted image"


def to_webp(layer: Layer) -> bytes:
    """The states and the guesses of a run, their longer side SIDE, with its name and the step; repeated for ever."""
    film, total = layer.film, layer.trace.request.steps
    height, width = film.x0.shape[1:3]
    size = round(SIDE * width / max(height, width)), round(SIDE * height / max(height, width))
    ground, foot = _ground(layer.title, *size)
    images = []
    for state, guess, step in zip(film.x, film.x0, film.positions.tolist(), strict=True):
        image = ground.copy()
        for column, picture in enumerate((state, guess)):
            scaled = Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS)
            image.paste(scaled, (PAD + column * (size[0] + GAP), PAD))
        ImageDraw.Draw(image).text((PAD, foot), f"step {step} of {total}", SOFT, lettering.font(14))
        images.append(image)
    each = max(20, round(1000 * SECONDS / len(images)))
    times = {"duration": [each] * (len(images) - 1) + [REST], "loop": 0}
    images[0].save(
        buffer := io.BytesIO(), "WEBP", save_all=True, append_images=images[1:], quality=80, method=2, **times
    )
    return buffer.getvalue()


def _ground(title: str, width: int, height: int) -> tuple[Image.Image, int]:
    """What is the same in every frame, and the top of the line that is not; width, height: of a picture."""
    whole, used = 2 * width + GAP, lettering.font(14)
    lines = cut(wrapped(spelt(title), whole, used), 2, whole, used)
    top = PAD + height + 4
    image = Image.new("RGB", (whole + 2 * PAD, top + LINE * (len(lines) + 2) + PAD), GROUND)
    draw = ImageDraw.Draw(image)
    for column, name in enumerate(NAMES):
        draw.text((PAD + column * (width + GAP), top), name, SOFT, used)
    for number, line in enumerate(lines, 1):
        draw.text((PAD, top + LINE * number), line, INK, used)
    return image, top + LINE * (len(lines) + 1)
