from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from core.types import ModelError, RequestError
from dashboard.tabs.clip import labels, sources, spaces, where
from dashboard.tabs.clip.spaces import Spaces, current


@pytest.fixture
def rooms(service):
    return Spaces(service)


def test_the_models_own_clip_needs_only_its_names_embedded(rooms, engine, monkeypatch):
    monkeypatch.setattr(engine.clip, "image", None)  # the gallery's embeddings are there
    space = rooms.get("fake")
    assert space.own
    assert space.pictures is engine.gallery.clip
    assert len(space.texts) == len(space.names) == len(set(engine.gallery.labels))
    assert rooms.get("fake") is space


def test_embeddings_made_by_other_weights_are_made_anew(rooms, engine):
    wanted = engine.gallery.clip.copy()
    other = replace(engine.gallery, clip_sha256="of the weights before", clip=np.zeros_like(wanted))
    engine.change(gallery=other)
    engine.manifest["files"] = {"clip/model.safetensors": "of these weights"}
    assert not current(engine)
    shares, space = [], None
    for state in rooms.wait("fake"):
        if isinstance(state, float):
            shares.append(state)
        else:
            space = state
    assert np.abs(space.pictures - wanted).max() < 1e-6
    assert shares == sorted(shares)
    engine.change(gallery=replace(other, clip_sha256="of these weights"))
    assert current(engine)


def test_another_clip_is_loaded_from_its_folder(rooms, tmp_path, monkeypatch):
    monkeypatch.setenv(sources.ROOTS, str(tmp_path))
    from core.networks.clip import small_clip
    from core.training.clip import train_tokenizer

    tokenizer = train_tokenizer(["a red apple"], 600)
    small_clip(tokenizer, width=64, depth=1, side=32, patch=16, space=24).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    space = rooms.get("fake", f"  {tmp_path} ")
    assert not space.own
    assert space.pictures.shape[1] == space.texts.shape[1] == 24
    assert np.linalg.norm(space.pictures, axis=1) == pytest.approx(1)


def test_what_cannot_be_used_is_told_and_the_next_try_starts_afresh(rooms, monkeypatch, tmp_path):
    monkeypatch.setenv(sources.ROOTS, str(tmp_path))
    for _ in range(2):
        with pytest.raises(ModelError, match="is no CLIP"):
            rooms.get("fake", str(tmp_path / "nothing"))
    for source in (None, 5, "x" * 301):
        with pytest.raises(RequestError, match="CLIP"):
            rooms.get("fake", source)
    with pytest.raises(RequestError, match="model"):
        rooms.get("<script>")
    assert rooms.get("fake").own


def test_umap_is_laid_out_in_the_background(rooms, monkeypatch):
    space = rooms.get("fake")
    laid = np.ones((len(space.points(False)), 2))
    monkeypatch.setattr(spaces, "umap", lambda *args: laid)
    ends = time.monotonic() + 10
    while rooms.umap(space, 2, False) is None:
        assert time.monotonic() < ends
    assert rooms.umap(space, 2, False) is laid


def test_a_umap_that_came_with_the_gallery_is_there_at_once(rooms, engine):
    count = len(engine.gallery.thumbs) + len(set(engine.gallery.labels))
    laid = {"clip_umap2": np.stack([np.zeros((count, 2)), np.ones((count, 2))])}
    laid["clip_umap3"] = np.zeros((2, count - 1, 3))  # of another gallery
    engine.change(gallery=replace(engine.gallery, **laid))
    space = rooms.get("fake")
    assert (rooms.umap(space, 2, False) == 0).all()
    assert (rooms.umap(space, 2, True) == 1).all()
    assert 3 not in space.laid


def test_words_are_placed_as_the_texts_are(rooms):
    space = rooms.get("fake")
    for closed in (False, True):
        placed = space.place(space.texts, closed)
        assert np.abs(placed - space.points(closed)[len(space.pictures) :]).max() < 1e-6


def test_what_was_measured_is_told_of_the_models_own_clip_alone(rooms, engine, tmp_path):
    assert rooms.get("fake").measured == {}
    engine.change(folder=tmp_path)
    assert spaces.measured(engine) == {}
    for rubbish in ("[]", "{", "null", '{"zero_shot": 1}'):
        (tmp_path / "eval.json").write_text(rubbish, "utf-8")
        assert spaces.measured(engine) == {}
    spot = {"count": 10, "patches": 0.6, "patches_chance": 0.25}
    rates = {"plain": {"phrase": 0.99, "templates": 0.98}, "any scene": {"phrase": 0.5, "templates": 0.6}}
    (tmp_path / "eval.json").write_text(json.dumps({"localisation": spot, "zero_shot": rates}), "utf-8")
    found = spaces.measured(engine)
    assert "in 60.0% (chance 25%)" in where.quality(found, "patches")[0]
    assert where.quality(found, "windows") == where.quality({}, "patches") == labels.quality({}, True) == []
    assert "98.0%" in labels.quality(found, True)[0]
    assert "50.0%" in labels.quality(found, False)[0]
