"""The page's sheets and scripts: each is read, the one that all others override first."""

import re

import pytest

from dashboard import skin, theme


def test_every_sheet_and_script_has_its_place():
    assert sorted(skin.SHEETS) == sorted(path.name for path in skin.STATIC.glob("*.css"))
    assert sorted(skin.SCRIPTS) == sorted(path.name for path in skin.STATIC.glob("*.js"))
    assert skin.SHEETS[0] == "page.css"


def luminance(colour: str) -> float:
    """WCAG 2.1's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ink", ["ink", "ink-soft", "wrong"])
@pytest.mark.parametrize("ground", ["ground", "raised", "well"])
@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_every_ground_as_aa_asks(ink, ground, dark):
    light, dim = sorted((luminance(theme.INK[name][dark]) for name in (ink, ground)), reverse=True)
    assert (light + 0.05) / (dim + 0.05) >= 4.5


def test_what_is_wrong_has_its_colour_wherever_it_is_said():
    page = (skin.STATIC / "page.css").read_text("utf-8")
    assert ".ds-wrong { color: var(--ds-wrong); }" in page
    assert page.index(".ds-quiet {") < page.index(".ds-wrong {")  # a quiet line that is wrong is not soft


def test_no_rule_has_the_whole_page_looked_at_again_at_each_change():
    """Blink then marks every element below; a plot's text is measured between two changes, dozens of times."""
    sheets = "".join((skin.STATIC / name).read_text("utf-8") for name in skin.SHEETS)
    rules = re.sub(r"/\*.*?\*/", "", sheets, flags=re.S)
    asked = [one for one in re.findall(r"[^{}]+(?=\{)", rules) if ":has(" in one]
    assert len(asked) > 20
    assert [one for one in asked if re.search(r"(body|html|:root)[^\s,]*:has\(|\*(:\w+)?\s*$", one)] == []
