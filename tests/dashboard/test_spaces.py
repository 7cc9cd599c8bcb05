from __future__ import annotations

import time

import numpy as np
import pytest

from core.types import ModelError, RequestError
from dashboard.tabs.clip import spaces
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
    engine.gallery.clip_sha256 = "of the weights before"
    engine.gallery.clip = np.zeros_like(wanted)
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
    engine.gallery.clip_sha256 = "of these weights"
    assert current(engine)


def test_another_clip_is_loaded_from_its_folder(rooms, tmp_path):
    from core.networks.clip import small_clip
    from core.training.clip import train_tokenizer

    tokenizer = train_tokenizer(["a red apple"], 600)
    small_clip(tokenizer, width=64, depth=1, side=32, patch=16, space=24).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    space = rooms.get("fake", f"  {tmp_path} ")
    assert not space.own
    assert space.pictures.shape[1] == space.texts.shape[1] == 24
    assert np.linalg.norm(space.pictures, axis=1) == pytest.approx(1)


def test_what_cannot_be_used_is_told_and_the_next_try_starts_afresh(rooms, service):
    for _ in range(2):
        with pytest.raises(ModelError, match="is no CLIP"):
            rooms.get("fake", "no/such-clip")
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


def test_words_are_placed_as_the_texts_are(rooms):
    space = rooms.get("fake")
    for closed in (False, True):
        placed = space.place(space.texts, closed)
        assert np.abs(placed - space.points(closed)[len(space.pictures) :]).max() < 1e-6
