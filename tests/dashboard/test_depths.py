"""Pictures of 16 bits a colour, of whole and of real numbers: each is as bright as its file says."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.types import RequestError
from dashboard.tabs.clip import uploads, views
from tests.deep_pictures import png_of, tiff_of

N = 64
RAMP = np.linspace(0, 1, N * N).reshape(N, N, 1)
OPAQUE = np.ones((N, N, 1))
COLOURS = np.concatenate([RAMP, RAMP[::-1], np.full((N, N, 1), 0.5)], -1)
RED = (200, 30, 30)


def read(tmp_path, data: bytes) -> np.ndarray:
    """What the page sees of a file, (N, N, 3), and what is said of it."""
    (tmp_path / "picture").write_bytes(data)
    found = uploads.open_picture(tmp_path / "picture")
    assert found.mode == "RGB"
    return np.asarray(found).astype(int), found.info[uploads.TOLD]


def assert_shown(tmp_path, data: bytes, wanted: np.ndarray) -> None:
    found, told = read(tmp_path, data)
    assert np.abs(found - 255 * wanted).max() <= 2
    assert told == ""


@pytest.mark.parametrize("top", [65535, 4095, 1023])
def test_png_of_sixteen_bits_by_the_bits_that_are_used(tmp_path, top):
    for values, wanted in (
        (COLOURS, COLOURS), (RAMP, RAMP),
        (np.concatenate([COLOURS, OPAQUE], -1), COLOURS), (np.concatenate([RAMP, OPAQUE], -1), RAMP),
    ):  # fmt: skip
        assert_shown(tmp_path, png_of((values * top).round()), wanted)


def test_deep_colours_of_which_some_is_clear(tmp_path):
    alpha = RAMP[:, ::-1]
    for values in (COLOURS, RAMP):
        deep = np.concatenate([values * 4095, alpha * 65535], -1).round()
        assert_shown(tmp_path, png_of(deep), values * alpha + 1 - alpha)
    clear = np.concatenate([COLOURS * 4095, 0 * RAMP], -1).round()
    assert_shown(tmp_path, png_of(clear), np.ones((N, N, 3)))


def test_the_one_deep_colour_that_is_clear(tmp_path):
    values = (COLOURS * 4095).round()
    wanted = COLOURS.copy()
    wanted[5, 7] = 1
    assert_shown(tmp_path, png_of(values, tRNS=struct.pack(">3H", *values[5, 7].astype(int))), wanted)
    grey, wanted = (RAMP * 4095).round(), RAMP.copy()
    grey[0, 0], wanted[0, 0] = 7, 1
    grey[0, 1:5] = 0
    wanted[0, 1:5] = 0
    grey[grey == 7] = 8
    grey[0, 0] = 7
    assert_shown(tmp_path, png_of(grey, tRNS=struct.pack(">H", 7)), wanted)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_every_order_packed_or_not(tmp_path, order, packed):
    deep = (COLOURS * 4095).round().astype("u2")
    alpha = np.full((N, N, 1), 65535, "u2")
    assert_shown(tmp_path, tiff_of(deep, 2, order, packed), COLOURS)
    for more in (0, 2):  # a fourth colour that means nothing, alpha
        assert_shown(tmp_path, tiff_of(np.concatenate([deep, alpha], -1), 2, order, packed, T338=more), COLOURS)
    cyan = np.concatenate([RAMP, 0 * RAMP, 0 * RAMP, 0 * RAMP], -1) * 4095
    wanted = np.concatenate([1 - RAMP, OPAQUE, OPAQUE], -1)
    assert_shown(tmp_path, tiff_of(cyan.round().astype("u2"), 5, order, packed), wanted)
    for kind, low, high in (("u2", 0, 4095), ("i2", 0, 4095), ("i2", -2000, 2000), ("i4", -5, 10**6), ("f4", -1, 1)):
        values = low + (high - low) * RAMP
        values = (values if kind == "f4" else values.round()).astype(kind)
        assert_shown(tmp_path, tiff_of(values, 1, order, packed), RAMP)
    turned = tiff_of(deep, 2, order, packed, T274=6)
    assert_shown(tmp_path, turned, np.rot90(COLOURS, -1))


def test_sixteen_bits_whose_nought_is_white(tmp_path):
    assert_shown(tmp_path, tiff_of((RAMP * 65535).round().astype("u2"), 0, "<", False), 1 - RAMP)


def test_deep_colours_in_planes_are_refused_not_misread(tmp_path):
    with pytest.raises(RequestError, match="cannot be read"):
        read(tmp_path, tiff_of((COLOURS * 4095).astype("u2"), 2, "<", False, T284=2))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(RAMP.astype("f4"), RAMP), ((RAMP * 1000).astype("i4"), RAMP), ((RAMP * 4095).astype("u2"), RAMP)],
)
def test_a_hot_pixel_is_white_and_darkens_nothing_and_is_told(tmp_path, values, wanted):
    hot = values.copy()
    hot[3, :4] = 60_000
    found, told = read(tmp_path, tiff_of(hot, 1, "<", False))
    assert (found[3, :4] == 255).all()
    assert np.abs(found - 255 * wanted)[4:].max() <= 2
    assert "far off the others, which are shown from 0 (black) to" in told
    cold = values.copy()
    if cold.dtype.kind != "u":
        cold[3, :4] = -60_000
        found, told = read(tmp_path, tiff_of(cold, 1, "<", False))
        assert (found[3, :4] == 0).all()
        assert np.abs(found - 255 * wanted)[4:].max() <= 2
        assert "far off" in told


def test_a_hot_pixel_of_a_deep_colour_darkens_nothing(tmp_path):
    hot = (COLOURS * 4095).round()
    hot[3, 3] = 65535
    found, told = read(tmp_path, png_of(hot))
    assert np.abs(found - 255 * COLOURS)[4:].max() <= 2
    assert "far off" in told


@pytest.mark.parametrize(("kind", "none"), [("f4", "-9999"), ("f4", "-3.4028234663852886e+38"), ("i2", "-32768")])
def test_where_a_map_has_no_data_it_is_black_and_the_rest_as_bright_as_ever(tmp_path, kind, none):
    values, wanted = (RAMP * 1000).astype(kind), RAMP.copy()
    values[:20], wanted[:20] = float(none), 0
    values[20, 0] = wanted[20, 0] = 0
    assert_shown(tmp_path, tiff_of(values, 1, "<", False, T42113=none), wanted)
    assert_shown(tmp_path, tiff_of((RAMP * 1000).astype(kind), 1, "<", False, T42113="nothing"), RAMP)


def test_the_page_says_what_it_left_out(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(views.gr, "Info", said.append)
    hot = (RAMP * 1000).astype("i4")
    for path, values in (("a.tif", hot), ("b.tif", hot.clip(0, 900))):
        (tmp_path / path).write_bytes(tiff_of(values, 1, "<", False))
        views.from_files(str(tmp_path / path))
    assert said == []
    hot[3, 3] = 10**6
    (tmp_path / "c.tif").write_bytes(tiff_of(hot, 1, "<", False))
    views.from_files([str(tmp_path / "c.tif")])
    assert [one.partition(",")[0] for one in said] == ["A few of its values lie far off the others"]


def test_a_few_bright_spots_on_nothing_and_the_lights_of_a_dark_picture_stay(tmp_path):
    dark = np.zeros((N, N, 1), "f4")
    dark[9, 9] = 5
    found, told = read(tmp_path, tiff_of(dark, 1, "<", False))
    assert (found[9, 9, 0], found[0, 0, 0], told) == (255, 0, "")
    lights = (RAMP**3).astype("f4")  # all is on one slope, however steep
    found, told = read(tmp_path, tiff_of(lights, 1, "<", False))
    assert np.abs(found - 255 * lights).max() <= 1
    assert told == ""


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_every_turn_of_every_format_that_has_them(tmp_path, kind):
    image = Image.new("RGB", (64, 64), "white")
    image.paste(RED, (0, 0, 64, 32))
    image.paste("blue", (0, 0, 16, 16))
    for turn in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = turn
        image.save(whole := io.BytesIO(), kind, exif=exif)
        upright = np.asarray(ImageOps.exif_transpose(Image.open(whole)).convert("RGB")).astype(int)
        assert np.abs(read(tmp_path, whole.getvalue())[0] - upright).max() <= 1, turn


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF"])
def test_the_first_frame_of_every_animation(tmp_path, kind):
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, "blue", "green")]
    frames[0].save(whole := io.BytesIO(), kind, save_all=True, append_images=frames[1:])
    assert np.abs(read(tmp_path, whole.getvalue())[0] - RED).max() < 12
