"""A gallery's file gives back what was written."""

import numpy as np
import pytest

from core.networks.gallery import COLUMNS, Gallery, read_gallery, write_gallery


@pytest.mark.parametrize("count", [1, COLUMNS, COLUMNS + 3])
def test_a_gallery_comes_back(tmp_path, count):
    rng = np.random.default_rng(0)
    flat = rng.integers(0, 256, (count, 1, 1, 3), np.uint8)  # colours that WebP keeps, so that each is told apart
    thumbs = np.broadcast_to(flat, (count, 64, 64, 3)).copy()
    embeddings = rng.standard_normal((count, 8)).astype(np.float32)
    gallery = Gallery(
        rng.standard_normal((count, 4, 2, 2)).astype(np.float32), embeddings, thumbs,
        [f"thing {i}" for i in range(count)], rng.random((count, 2)), rng.random((count, 3)), "abc", usual=0.25,
    )  # fmt: skip
    write_gallery(tmp_path / "gallery.npz", gallery)
    again = read_gallery(tmp_path / "gallery.npz")
    assert np.abs(again.thumbs.astype(int) - thumbs)[:, 16:48, 16:48].max() <= 8  # neighbours bleed at the edges
    assert again.thumbs.shape == thumbs.shape
    assert again.labels == gallery.labels
    assert np.abs(again.latents - gallery.latents).max() < 2e-3
    assert np.abs(again.clip - embeddings).max() < 2e-3
    assert np.array_equal(again.umap2, gallery.umap2)
    assert (again.clip_sha256, again.usual, again.clip_umap2) == ("abc", 0.25, None)
