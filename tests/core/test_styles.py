"""Sprites in other styles and with skin tones, packed from small packages of the real ones' shape."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from core.training import styles
from core.training.scenes import Scenes
from core.training.sprites import index, named, pictures

CIRCLE = '<circle cx="18" cy="18" r="18" fill="#f00"/>'
ICONS = {
    "width": 36,
    "height": 36,
    "icons": {name: {"body": CIRCLE} for name in ("fox", "wave", "unknown")},
    "aliases": {"wave-dark": {"parent": "wave"}},
}
CHARS = {"1f98a": "fox", "1f44b": "wave", "1f44b-1f3ff": "wave-dark", "1f1e6": "unknown", "1f98b": "nowhere"}


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """A folder of packs, made from packages that hold a fox, and a waving hand with and without a skin tone."""

    def package(name, folder):
        folder.mkdir(parents=True)
        if name == styles.PACKS["fluent-3d-skins"][1]:
            (folder / "assets").mkdir()
            for code in ("1f98a", "1f44b", "1f44b-1f3fb"):
                Image.new("RGBA", (256, 256), (0, 0, 255, 255)).save(folder / "assets" / f"{code}.webp")
        else:
            (folder / "icons.json").write_text(json.dumps(ICONS), "utf-8")
            (folder / "chars.json").write_text(json.dumps(CHARS), "utf-8")
        return folder

    monkeypatch.setattr(styles, "npm_package", package)
    return tmp_path / "packs"


def test_a_concept_has_its_sprites_in_every_style_and_tone(packed):
    fox, hand = styles.with_styles(named(["fox", "waving hand"]), packed)
    assert [(s.style, s.tone) for s in fox.sprites] == [
        ("3-D", None), ("flat", None), ("cartoon", None), ("cartoon", None),
    ]  # fmt: skip
    assert ("3-D", "light") in {(s.style, s.tone) for s in hand.sprites}
    assert ("flat", "dark") in {(s.style, s.tone) for s in hand.sprites}
    assert {s.label for s in hand.sprites} == {"waving hand"}
    drawn = pictures([s for s in hand.sprites if s.style == "flat"])
    assert np.abs(drawn[:, 64, 64].astype(int) - (255, 0, 0, 255)).max() < 8
    assert drawn[:, 0, 0, 3].max() == 0
    again = styles.with_styles(named(["fox"]), packed)  # from the packs, which are there now
    assert again[0].sprites == fox.sprites


def test_a_scene_is_of_one_style_and_its_caption_says_which(packed):
    scenes = Scenes(styles.with_styles(named(["fox", "waving hand"]), packed), 32, pairs=0.5)
    drawn = scenes.draw(np.random.default_rng(0), 600, hold_out=False)
    told = {style: [s for s in drawn if s.caption.endswith(f", {style} style")] for style in scenes.styles}
    assert len(told["flat"]) > 100
    assert len(told["cartoon"]) > 100
    assert 5 < len(told["3-D"]) < 80  # it mostly goes without saying
    for style, those in told.items():
        assert {scenes.sprites[t.sprite].style for s in those for t in s.things} == {style}
    toned = [s for s in drawn if "skin" in s.caption]
    assert toned
    for scene in toned:
        tones = {scenes.sprites[t.sprite].tone for t in scene.things} - {None}
        assert all(f"with {tone} skin" in scene.caption for tone in tones)
    assert scenes.render(drawn[:4]).shape == (4, 3, 32, 32)


def test_one_style_is_never_spoken_of():
    scenes = Scenes(named(["fox", "waving hand"]), 32)
    assert not any("style" in s.caption or "skin" in s.caption for s in scenes.draw(np.random.default_rng(0), 300))


@pytest.mark.parametrize(
    ("code", "plain", "tone"),
    [
        ("1f44b", "1f44b", None),
        ("1F44B-1F3FD", "1f44b", "medium"),
        ("2764-fe0f", "2764", None),
        ("1f9d1-1f3fb-200d-1f91d-200d-1f9d1-1f3fb", "1f9d1-200d-1f91d-200d-1f9d1", "light"),
        ("1f9d1-1f3fb-200d-1f91d-200d-1f9d1-1f3ff", "", None),  # two people of two tones
    ],
)
def test_a_skin_tone_is_read_from_the_code_points(code, plain, tone):
    assert styles.without_tone(code) == (plain, tone)


def test_the_committed_sprites_have_one_style():
    assert {(s.style, s.tone) for s in index().values()} == {("3-D", None)}
