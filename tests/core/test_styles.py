"""Sprites in other styles and with skin tones, packed from small packages of the real ones' shape."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from core.training import styles
from core.training.scenes import Mix, Scenes
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


def test_a_scene_is_of_one_style_which_every_other_caption_names(packed):
    scenes = Scenes(styles.with_styles(named(["fox", "waving hand"]), packed), 32, mix=Mix(pairs=0.5))
    drawn = scenes.draw(np.random.default_rng(0), 900, hold_out=False)
    shown = [{scenes.sprites[t.sprite].style for t in scene.things} for scene in drawn]
    assert all(len(kinds) == 1 for kinds in shown)
    said = [{style for style in scenes.styles if re.search(rf"\b{style}\b", scene.caption)} for scene in drawn]
    assert all(words <= kinds for words, kinds in zip(said, shown, strict=True))
    for style in scenes.styles:
        mine = [bool(words) for words, kinds in zip(said, shown, strict=True) if kinds == {style}]
        assert 230 < len(mine) < 370
        assert 0.4 < np.mean(mine) < 0.6
    before = [scene for scene in drawn if re.match(r"(a )?(flat|cartoon|3-D) ", scene.caption)]
    assert before
    assert all(len(scene.things) == 1 for scene in before)
    assert scenes.render(drawn[:4]).shape == (4, 3, 32, 32)


def test_a_skin_tone_may_go_without_saying(packed):
    scenes = Scenes(styles.with_styles(named(["waving hand"]), packed), 32)
    drawn = scenes.draw(np.random.default_rng(0), 600, hold_out=False)
    tones = [scenes.sprites[scene.thing.sprite].tone for scene in drawn]
    said = [tone for tone, scene in zip(tones, drawn, strict=True) if "skin" in scene.caption]
    assert all(f"with {tone} skin" in s.caption for tone, s in zip(tones, drawn, strict=True) if "skin" in s.caption)
    assert 0.4 < len(said) / sum(tone is not None for tone in tones) < 0.6


def test_a_concept_of_several_styles_is_drawn_in_many_ways(packed):
    scenes = Scenes(styles.with_styles(named(["fox", "waving hand"]), packed), 32)
    rng = np.random.default_rng(0)
    drawn = [scenes.bare(rng, 0).thing for _ in range(200)]
    assert {scenes.sprites[thing.sprite].style for thing in drawn} == set(scenes.styles)
    assert {thing.mirrored for thing in drawn} == {True, False}
    assert max(thing.turn for thing in drawn) > 10
    assert max(thing.size for thing in drawn) - min(thing.size for thing in drawn) > 0.2
    flat = [scenes.bare(rng, 0, "flat") for _ in range(20)]
    assert {scenes.sprites[scene.thing.sprite].style for scene in flat} == {"flat"}
    assert {scene.caption for scene in flat} == {"a flat fox"}


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
