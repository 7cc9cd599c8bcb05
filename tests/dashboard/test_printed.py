"""Saved pictures with words in them: each picture at its place, and the words that say what they are."""

import io

import numpy as np
import pytest
from PIL import Image

from core.types import Request
from dashboard import lettering, links, printed
from dashboard.printed import Cell
from dashboard.tabs.generate import seeds


@pytest.fixture
def written(monkeypatch):
    """The lines of text that are drawn."""
    drawn, draw = [], printed.ImageDraw.Draw

    def watched(image):
        pen = draw(image)
        text = pen.text
        pen.text = lambda place, line, *look: (drawn.append(line), text(place, line, *look))
        return pen

    monkeypatch.setattr(printed.ImageDraw, "Draw", watched)
    return drawn


def cells(count: int, side: int = 192) -> list[Cell]:
    return [Cell(np.full((side, side, 3), 20 * (n + 1), np.uint8), f"seed {n}") for n in range(count)]


def test_every_picture_stands_in_its_row(written):
    image = np.asarray(printed.grid("a fox", [("above", cells(2)), ("", cells(3))], "fake · DDIM · 5 steps"))
    assert written == ["a fox", "above", *(f"seed {n}" for n in (0, 1, 0, 1, 2)), "fake · DDIM · 5 steps"]
    for n, count in enumerate((2, 2, 1)):
        assert (image == 20 * (n + 1)).all(2).sum() == count * 192 * 192
    assert image.shape[1] == 2 * printed.PAD + 3 * 192 + 2 * printed.GAP


@pytest.mark.parametrize(("count", "columns", "lines"), [(5, 5, 1), (8, 4, 2), (10, 5, 2), (11, 4, 3)])
def test_a_long_row_goes_on_below(count, columns, lines):
    image = printed.grid("a fox", [("", cells(count))], "")
    assert image.width == 2 * printed.PAD + columns * (192 + printed.GAP) - printed.GAP
    assert image.height // (192 + printed.LINE) == lines


def test_small_pictures_are_enlarged_and_that_is_said(written):
    image = printed.grid("a fox", [("", cells(2, 64))], "settings")
    assert image.width == 2 * printed.PAD + 2 * printed.LEAST + printed.GAP
    assert " ".join(written).endswith("192 × 192 pixels, enlarged smoothly from 64 × 64 pixels")


def test_words_that_the_font_lacks_are_left_out_and_said_to_be(written):
    printed.grid("a 红苹果 fox", [("", cells(1))], "negative prompt “סוס”")
    assert written[0] == "a … fox"
    assert " ".join(written).endswith(lettering.LEFT_OUT)
    assert all(map(lettering.shows, written))


def test_long_words_stay_inside(written):
    image = printed.grid("x" * 300, [("", cells(1))], "y" * 300)
    for letter, used in (("x", lettering.font(16, bold=True)), ("y", lettering.font(14))):
        assert max(used.getlength(line) for line in written if letter in line) <= image.width - 2 * printed.PAD


def test_the_grid_of_seeds_carries_the_first_ones_settings(service, tmp_path, written):
    asked = seeds.following(Request("a fox", seed=7, steps=3, guidance=2.5), 8)
    *_, traces = service.stream_many("fake", asked)
    (tmp_path / "grid.png").write_bytes(seeds.to_png(tuple(traces)))
    assert links.from_png(tmp_path / "grid.png") == ("fake", asked[0])
    with Image.open(tmp_path / "grid.png") as image:
        assert image.text[links.DESCRIPTION].endswith("other seeds: 9, 10, 11, 12, 13, 14, 15")
        assert image.width == 2 * printed.PAD + 4 * printed.LEAST + 3 * printed.GAP
    assert written[:9] == ["a fox", *(f"seed {n}" for n in range(8, 16))]
    assert written[9].startswith("fake · DDIM")
    assert "3 steps · guidance 2.5" in written[9]


def test_a_picture_that_was_stopped_says_where(engine, written):
    steps = list(engine.run(Request("a fox", steps=20)))
    trace = engine.collect(Request("a fox", steps=20), steps[:8], 0.1)
    Image.open(io.BytesIO(seeds.to_png((trace,)))).load()
    assert " ".join(written[1:3]) == "seed 0 stopped after 7 of 20 steps"
