"""Whatever file a visitor brings becomes a small square RGB picture, or is refused in words."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.types import RequestError
from dashboard.tabs.clip import uploads
from tests.deep_pictures import png

RED = (200, 30, 30)
ROOT = Path(__file__).parents[2]


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


def grey(tmp_path, values: np.ndarray, kind: str = "TIFF") -> np.ndarray:
    """A picture of one channel as the page sees it, (n, n)."""
    found = np.asarray(uploads.open_picture(save(tmp_path, Image.fromarray(values), kind))).astype(int)
    assert (found == found[..., :1]).all()
    return found[..., 0]


DEFLATED = {"compression": "tiff_deflate"}
RAMP = np.linspace(0, 1, 64 * 64).reshape(64, 64)


@pytest.mark.parametrize(
    ("dtype", "top", "kinds"),
    [
        ("uint8", 255, ["PNG", "TIFF", "BMP"]),
        ("uint16", 65535, ["PNG", "TIFF"]),
        ("uint16", 4095, ["PNG", "TIFF"]),
        ("uint16", 1023, ["PNG", "TIFF"]),
        ("int32", 1000, ["TIFF"]),
        ("int32", 10**9, ["TIFF"]),
        ("float32", 1.0, ["TIFF"]),
        ("float32", 1e-3, ["TIFF"]),
        ("float32", 255.0, ["TIFF"]),
    ],
)
def test_every_depth_is_scaled_by_what_is_there(tmp_path, dtype, top, kinds):
    for kind in kinds:
        assert np.abs(grey(tmp_path, (RAMP * top).astype(dtype), kind) - 255 * RAMP).max() <= 2, kind


def test_dark_pictures_of_sixteen_bits_stay_as_dark_as_their_depth_says(tmp_path):
    for kind in ("PNG", "TIFF"):
        assert set(grey(tmp_path, np.full((32, 32), 32896, np.uint16), kind).ravel()) == {128}
    assert set(grey(tmp_path, np.full((32, 32), 100, np.int32)).ravel()) == {100}


def test_numbers_below_zero_are_the_dark_end(tmp_path):
    for values in (RAMP * 2 - 1, RAMP * 2000 - 1000):
        for dtype in ("float32", "int32") if values.min() < -1 else ("float32",):
            assert np.abs(grey(tmp_path, values.astype(dtype)) - 255 * RAMP).max() <= 2


def test_infinities_and_gaps_leave_the_rest_as_it_is(tmp_path):
    values = RAMP.astype(np.float32)
    values[10, 10], values[10, 20], values[10, 30] = np.inf, -np.inf, np.nan
    found = grey(tmp_path, values)
    assert (found[10, 10], found[10, 20], found[10, 30]) == (255, 0, 0)
    rest = np.isfinite(values)
    assert np.abs(found - 255 * RAMP)[rest].max() <= 2
    assert set(grey(tmp_path, np.full((8, 8), np.inf, np.float32)).ravel()) == {255}
    assert set(grey(tmp_path, np.full((8, 8), np.nan, np.float32)).ravel()) == {0}


def test_one_bit_and_sixteen_bits_a_colour(tmp_path):
    half = Image.fromarray(RAMP > 0.5)
    for kind in ("PNG", "TIFF", "BMP"):
        found = uploads.open_picture(save(tmp_path, half, kind))
        assert (colour(found, y=0.1), colour(found, y=0.9)) == ((0, 0, 0), (255, 255, 255))
    rows = np.broadcast_to(np.array([0x8080, 0xFFFF, 0], ">u2"), (16, 16, 3))
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    (tmp_path / "deep.png").write_bytes(png(16, 16, 16, 2, zlib.compress(lines)))
    assert colour(uploads.open_picture(tmp_path / "deep.png")) == (128, 255, 0)


def test_of_an_animation_the_first_frame(tmp_path):
    frames = [Image.new("RGB", (32, 32), c) for c in (RED, "blue", "green")]
    path = save(tmp_path, frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert np.abs(np.subtract(colour(uploads.open_picture(path)), RED)).max() < 12


@pytest.mark.parametrize("side", [7_000, 30_000, 2**31 - 1])
def test_a_decompression_bomb_is_never_unpacked(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, 1, 0, b""))
    with pytest.raises(RequestError, match="megapixels"):
        uploads.open_picture(path)


@pytest.mark.parametrize(
    ("mode", "kind", "pixels", "options"),
    [("RGBA", "PNG", 36, {}), ("RGB", "WEBP", 9, {"lossless": True}), ("RGB", "TIFF", 12, DEFLATED),
     ("F", "TIFF", 12, DEFLATED),
     ("RGB", "JPEG", 12, {"progressive": True})],
)  # fmt: skip
def test_how_many_pixels_are_taken_depends_on_what_they_take(tmp_path, mode, kind, pixels, options):
    side = int((pixels * 1e6) ** 0.5)
    path = save(tmp_path, Image.new(mode, (side, side)), kind, **options)
    with pytest.raises(RequestError, match=r"of this kind \d+ megapixels"):
        uploads.open_picture(path)
    assert uploads.open_picture(save(tmp_path, Image.new(mode, (2000, 1500)), kind, **options)).size == (512, 512)


def test_a_small_tiff_of_one_enormous_tile_is_not_unpacked(tmp_path):
    tiled = Image.open(save(tmp_path, Image.new("L", (16, 16)), "TIFF"))
    tiled.tag_v2[uploads.TILE_WIDTH] = tiled.tag_v2[uploads.TILE_HEIGHT] = 60_000
    assert uploads._pixels(tiled) == 60_000**2 > uploads._most(tiled)


LARGE = """
import resource, sys, threading
from PIL import Image
from dashboard.tabs.clip import uploads
most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
Image.new("RGB", (9, 9)).save(sys.argv[2])
uploads.open_picture(sys.argv[2])
before = most()
threads = [threading.Thread(target=uploads.open_picture, args=(sys.argv[1],)) for _ in range(3)]
for one in threads: one.start()
for one in threads: one.join()
print(most() - before)
"""


@pytest.mark.parametrize(
    ("mode", "side", "kind"),
    [("I;16", 6324, "PNG"), ("RGBA", 5900, "PNG"), ("LA", 5900, "PNG"), ("P", 6300, "GIF"), ("RGB", 2900, "WEBP"),
     ("F", 3400, "TIFF"), ("RGB", 3400, "TIFF"), ("CMYK", 3400, "JPEG"), ("I;16 colours", 4100, "PNG")],
)  # fmt: skip
def test_no_picture_takes_more_than_200_mb_nor_three_at_once(tmp_path, mode, side, kind):
    if mode == "I;16 colours":
        path = tmp_path / "deep.png"
        path.write_bytes(png(side, side, 16, 2, zlib.compress(bytes(side * (6 * side + 1)))))
    else:
        pixels = np.zeros((side, side), np.uint16) if mode == "I;16" else None
        image = Image.new(mode, (side, side)) if pixels is None else Image.fromarray(pixels)
        options = {"JPEG": {"progressive": True}, "TIFF": DEFLATED}.get(kind, {})
        path = save(tmp_path, image, kind, **options)
    command = [sys.executable, "-c", LARGE, str(path), str(tmp_path / "small.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=240)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200


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
