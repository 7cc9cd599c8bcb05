"""Whatever file a visitor brings becomes a small square RGB picture, or is refused in words."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.types import RequestError
from dashboard.tabs.clip import uploads

RED = (200, 30, 30)


def save(tmp_path, image: Image.Image, kind: str, **options):
    path = tmp_path / f"picture.{kind.lower()}"
    image.save(path, kind, **options)
    return path


def colour(image: Image.Image, x: float = 0.5, y: float = 0.5) -> tuple[int, ...]:
    assert image.mode == "RGB"
    return image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_common_format(tmp_path, kind):
    found = uploads.open_picture(save(tmp_path, Image.new("RGB", (40, 40), RED), kind))
    assert np.abs(np.subtract(colour(found), RED)).max() < 12


def test_the_middle_square_is_kept_and_large_ones_are_made_small(tmp_path):
    wide = Image.new("RGB", (1600, 800), "white")
    wide.paste(RED, (400, 0, 1200, 800))
    found = uploads.open_picture(save(tmp_path, wide, "PNG"))
    assert found.size == (uploads.SIDE, uploads.SIDE)
    assert colour(found, 0.01) == colour(found, 0.99) == RED


def test_exif_turns_are_made(tmp_path):
    image = Image.new("RGB", (64, 64), "white")
    image.paste(RED, (0, 0, 64, 32))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by a quarter, clockwise
    found = uploads.open_picture(save(tmp_path, image, "PNG", exif=exif))
    assert colour(found, 0.9, 0.5) == RED
    assert colour(found, 0.1, 0.5) == (255, 255, 255)


def test_cmyk_and_transparency_and_palettes(tmp_path):
    cmyk = uploads.open_picture(save(tmp_path, Image.new("RGB", (32, 32), RED).convert("CMYK"), "JPEG"))
    assert np.abs(np.subtract(colour(cmyk), RED)).max() < 12
    clear = Image.new("RGBA", (32, 32), (*RED, 0))
    assert colour(uploads.open_picture(save(tmp_path, clear, "PNG"))) == (255, 255, 255)
    palette = Image.new("RGB", (32, 32), RED).quantize(4)
    assert np.abs(np.subtract(colour(uploads.open_picture(save(tmp_path, palette, "PNG"))), RED)).max() < 3


def test_sixteen_bits_are_scaled_not_cut(tmp_path):
    grey = Image.fromarray(np.full((32, 32), 32896, np.uint16))
    assert colour(uploads.open_picture(save(tmp_path, grey, "PNG"))) == (128, 128, 128)
    assert colour(uploads.open_picture(save(tmp_path, grey, "TIFF"))) == (128, 128, 128)


def test_of_an_animation_the_first_frame(tmp_path):
    frames = [Image.new("RGB", (32, 32), c) for c in (RED, "blue", "green")]
    path = save(tmp_path, frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert np.abs(np.subtract(colour(uploads.open_picture(path)), RED)).max() < 12


def bomb(side: int) -> bytes:
    """A PNG of a few kB that unpacks to side x side pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_000, 30_000, 2**31 - 1])
def test_a_decompression_bomb_is_never_unpacked(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(side))
    with pytest.raises(RequestError, match="megapixels"):
        uploads.open_picture(path)


def test_too_many_bytes(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(uploads.MAX_BYTES + 1)
    with pytest.raises(RequestError, match="12 MB"):
        uploads.open_picture(path)


@pytest.mark.parametrize("kind", ["text", "svg", "cut", "empty", "pdf", "missing"])
def test_what_is_no_picture_is_refused_in_words(tmp_path, kind):
    path = tmp_path / "file.png"
    whole = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(whole, "PNG")
    found = {
        "text": b"hello",
        "svg": b"<svg onload='alert(1)'/>",
        "cut": whole.getvalue()[:900],
        "empty": b"",
        "pdf": b"%PDF-1.7",
    }
    if kind in found:
        path.write_bytes(found[kind])
    with pytest.raises(RequestError, match="it must be a picture"):
        uploads.open_picture(path)
