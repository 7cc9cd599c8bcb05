"""Known answers: shapes whose plane is known, the rotation to a point, neighbours that stay neighbours."""

import numpy as np
import pytest
import sklearn.manifold

from core import projection
from core.measure import step_lengths
from core.types import RequestError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def circle(rng, dims=100, radii=(3.0, 2.0), n=40):
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    basis = np.linalg.qr(rng.standard_normal((dims, 2)))[0].T
    flat = np.stack([radii[0] * np.cos(angle), radii[1] * np.sin(angle)], 1)
    return flat @ basis + rng.standard_normal(dims)


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def test_pca_recovers_an_ellipse_in_100_dimensions(rng):
    points = circle(rng)
    view = projection.pca(points)
    np.testing.assert_allclose(distances(view.transform(points)), distances(points), atol=1e-9)
    np.testing.assert_allclose(view.explained(points), [9 / 13, 4 / 13], rtol=1e-9)


def test_pca_axes_are_orthonormal_and_all_shares_are_numpys(rng):
    points = rng.standard_normal((30, 6)) * [5, 4, 3, 2, 1, 0.5]
    view = projection.pca(points, 3)
    np.testing.assert_allclose(view.basis @ view.basis.T, np.eye(3), atol=1e-12)
    singular = np.linalg.svd(points - points.mean(0), compute_uv=False)
    np.testing.assert_allclose(view.explained(points), singular[:3] ** 2 / np.sum(singular**2), rtol=1e-9)


def test_shares_of_all_axes_sum_to_one(rng):
    points = rng.standard_normal((20, 3))
    assert projection.pca(points, 3).explained(points).sum() == pytest.approx(1)


def test_pca_runs_from_the_first_point_to_the_last(rng):
    path = np.cumsum(rng.standard_normal((20, 50)), 0)
    coordinates = projection.pca(path, 3).transform(path)
    assert (coordinates[-1] >= coordinates[0]).all()


def test_pca_takes_latents_of_any_shape(rng):
    latents = rng.standard_normal((12, 4, 2, 2)).astype(np.float32)
    view = projection.pca(latents)
    np.testing.assert_allclose(view.transform(latents), view.transform(latents.reshape(12, -1)))


@pytest.mark.parametrize("fit", [projection.pca, projection.plane])
@pytest.mark.parametrize("dims", [2, 3])
def test_a_path_too_short_for_its_axes_still_has_a_view(fit, dims):
    for path in (np.ones((1, 9)), np.zeros((1, 9)), np.array([np.ones(9), 3 * np.ones(9)])):
        view = fit(path, dims)
        assert view.transform(path).shape == (len(path), dims)
        np.testing.assert_allclose(view.basis @ view.basis.T, np.eye(dims), atol=1e-12)
        assert view.explained(path).sum() == pytest.approx(1 if len(path) > 1 else 0)


@pytest.mark.parametrize("bad", [1, 4, "2"])
def test_only_two_or_three_dimensions(bad, rng):
    with pytest.raises(RequestError, match="dimensions"):
        projection.pca(rng.standard_normal((5, 9)), bad)


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(RequestError, match="points"):
        projection.pca(np.array([[np.inf, 1.0], [0.0, 1.0]]))


def ddim_to_a_point(rng, steps=17, dims=64):
    """DDIM by its own update, written out, with the exact denoiser of a single picture x_0."""
    phi = np.linspace(1.55, 0, steps + 1)
    alpha, sigma = np.cos(phi), np.sin(phi)
    alpha[-1], sigma[-1] = 1, 0
    target, x = 2 * rng.standard_normal(dims), rng.standard_normal(dims)
    path = [x]
    for k in range(steps):
        eps = (path[-1] - alpha[k] * target) / sigma[k]
        path.append(alpha[k + 1] * target + sigma[k + 1] * eps)
    return np.array(path), target, alpha, sigma


def test_ddim_to_a_single_picture_is_exactly_the_rotation(rng):
    path, target, alpha, sigma = ddim_to_a_point(rng)
    np.testing.assert_allclose(path[-1], target, atol=1e-12)
    np.testing.assert_allclose(projection.rotation(path, alpha, sigma), path, atol=1e-12)
    view = projection.plane(path)
    assert view.explained(path).sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(np.linalg.norm(view.transform(path), axis=1), np.linalg.norm(path, axis=1))


def test_orthogonal_ends_of_one_length_turn_on_a_circle_by_arccos_alpha(rng):
    ends = 5 * np.linalg.qr(rng.standard_normal((30, 2)))[0].T
    phi = np.linspace(np.pi / 2, 0, 10)
    path = projection.rotation(np.stack([ends[0]] * 9 + [ends[1]]), np.cos(phi), np.sin(phi))
    coordinates = projection.plane(path).transform(path)
    np.testing.assert_allclose(coordinates, 5 * np.stack([np.cos(phi), np.sin(phi)], 1), atol=1e-12)


def test_plane_holds_both_ends_and_a_third_axis_takes_the_rest(rng):
    path = rng.standard_normal((8, 40))
    flat, solid = projection.plane(path), projection.plane(path, 3)
    for end in (path[0], path[-1]):
        assert np.linalg.norm(flat.transform(end[None])) == pytest.approx(np.linalg.norm(end))
    np.testing.assert_allclose(solid.basis[:2], flat.basis)
    assert flat.transform(path)[-1, 1] == pytest.approx(0, abs=1e-12)  # x_0 lies on the first axis
    assert flat.explained(path).sum() < solid.explained(path).sum() < 1


def test_rotation_needs_a_level_for_every_state(rng):
    with pytest.raises(RequestError, match="alpha, sigma"):
        projection.rotation(rng.standard_normal((5, 4)), np.ones(4), np.ones(4))


def test_random_walk_keeps_start_and_step_lengths_and_is_isotropic(rng):
    path = np.cumsum(rng.standard_normal((12, 2000)) * np.arange(1, 13)[:, None], 0)
    walk = projection.random_walk(path, seed=3)
    np.testing.assert_allclose(walk[0], path[0])
    np.testing.assert_allclose(step_lengths(walk), step_lengths(path))
    steps = np.diff(walk, axis=0) / step_lengths(walk)[:, None]
    assert np.abs(steps @ steps.T - np.eye(11)).max() < 5 / np.sqrt(2000)
    np.testing.assert_array_equal(walk, projection.random_walk(path, seed=3))


def test_pca_of_a_long_walk_shows_the_lissajous_shares(rng):
    # arXiv 1806.08805: component k of a random walk carries 6 / (pi k)^2 of its variance, 61 % and 15 %
    walk = projection.random_walk(np.cumsum(np.ones((400, 20_000)), 0))
    shares = projection.pca(walk, 3).explained(walk)
    np.testing.assert_allclose(shares, 6 / (np.pi * np.arange(1, 4)) ** 2, atol=0.01)


def test_trustworthiness_of_the_identity_is_one_and_of_a_shuffle_is_a_coin(rng):
    points = rng.standard_normal((80, 2))
    assert projection.trustworthiness(points, points) == 1
    assert projection.trustworthiness(points, rng.permutation(points)) == pytest.approx(0.5, abs=0.12)
    assert np.isnan(projection.trustworthiness(points[:2], points[:2]))


@pytest.mark.parametrize("count", [3, 9, 60])
def test_trustworthiness_is_scikit_learns(rng, count):
    points = rng.standard_normal((count, 5, 4))
    view = projection.pca(points).transform(points)
    k = min(projection.NEIGHBOURS, (count - 1) // 2)
    expected = sklearn.manifold.trustworthiness(points.reshape(count, -1), view, n_neighbors=k)
    assert projection.trustworthiness(points, view) == pytest.approx(expected, abs=1e-12)


@pytest.fixture(scope="module")
def clusters():
    rng = np.random.default_rng(1)
    centres = 6 * rng.standard_normal((3, 40))
    return np.concatenate([c + rng.standard_normal((25, 40)) for c in centres])


@pytest.fixture(scope="module")
def umap(clusters):
    return projection.fit_umap(clusters)


def test_umap_keeps_clusters_apart_and_neighbours_together(clusters, umap):
    centres = umap.coordinates.reshape(3, 25, 2).mean(1)
    spread = np.linalg.norm(umap.coordinates.reshape(3, 25, 2) - centres[:, None], axis=-1)
    apart = distances(centres)[np.triu_indices(3, 1)]
    assert apart.min() > 2 * spread.max()
    assert projection.trustworthiness(clusters, umap.coordinates) > 0.8
    assert umap.explained(clusters) is None


def test_new_points_land_in_their_own_cluster_and_always_at_the_same_place(clusters, umap, rng):
    new = clusters[[3, 30, 60]] + 0.5 * rng.standard_normal((3, 40))
    placed = umap.transform(new)
    centres = umap.coordinates.reshape(3, 25, 2).mean(1)
    assert np.linalg.norm(placed[:, None] - centres, axis=-1).argmin(1).tolist() == [0, 1, 2]
    np.testing.assert_allclose(umap.transform(new[1:]), placed[1:], atol=1e-9)


@pytest.mark.parametrize("dims", [2, 3])
def test_new_points_land_where_umap_learn_puts_them(clusters, rng, dims):
    from umap import UMAP

    known = projection.fit_umap(clusters, dims)
    new = clusters[::5] + rng.standard_normal((15, 40)) * np.linspace(0, 3, 15)[:, None]
    learn = UMAP(n_neighbors=projection.NEIGHBOURS, n_components=dims, random_state=0, n_jobs=1).fit(clusters)
    np.testing.assert_array_equal(learn.embedding_, known.coordinates)
    runs = []
    for learn.transform_seed in range(8):
        runs.append(learn.transform(new))
    apart = np.linalg.norm(known.transform(new) - np.mean(runs, 0), axis=1)
    scatter = np.linalg.norm(runs - np.mean(runs, 0), axis=-1).mean(0)  # of umap-learn about its own mean
    assert np.median(apart) < 1.5 * np.median(scatter)
    assert apart.max() < 0.12 * np.ptp(known.coordinates, axis=0).max()


def test_known_points_stay_near_their_place(clusters, umap):
    apart = np.linalg.norm(umap.transform(clusters) - umap.coordinates, axis=1)
    assert np.median(apart) < 0.05 * np.ptp(umap.coordinates, axis=0).max()


def test_umap_refuses_a_handful_of_points():
    with pytest.raises(RequestError, match="latents"):
        projection.fit_umap(np.eye(5))


def test_cache_computes_once_by_content(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return np.arange(6.0).reshape(2, 3)

    parts = [np.ones(3, np.float32), "pca", 2]
    for _ in range(2):
        np.testing.assert_array_equal(projection.cached(tmp_path / "new", parts, compute), compute())
    assert len(calls) == 3  # two of them are this test's own
    projection.cached(tmp_path / "new", [np.ones(3, np.float64), "pca", 2], compute)
    assert len(calls) == 4
    assert sorted(p.suffix for p in (tmp_path / "new").iterdir()) == [".npz", ".npz"]


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"PK\x03\x04 cut off"])
def test_cache_recovers_from_a_broken_file_and_never_unpickles(tmp_path, rubbish):
    parts = ["x"]
    file = tmp_path / f"{projection.content_key(*parts)}.npz"
    file.write_bytes(rubbish)
    assert projection.cached(tmp_path, parts, lambda: np.ones(2)).tolist() == [1, 1]
    np.savez(file, value=np.array([print], dtype=object))  # numpy pickles an object array
    assert projection.cached(tmp_path, parts, lambda: np.zeros(2)).tolist() == [0, 0]
    assert projection.cached(tmp_path, parts, lambda: np.ones(2)).tolist() == [0, 0]


def test_cache_does_without_a_folder_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("in the way", "utf-8")
    assert projection.cached(tmp_path / "file", ["x"], lambda: np.ones(1)).tolist() == [1]


def test_cache_forgets_the_oldest(tmp_path, monkeypatch):
    monkeypatch.setattr(projection, "CACHE_FILES", 2)
    for name in "abc":
        projection.cached(tmp_path, [name], lambda: np.ones(1))
    kept = {path.stem for path in tmp_path.iterdir()}
    assert len(kept) == 2
    assert projection.content_key("c") in kept


def test_content_key_sees_values_shape_type_and_version(monkeypatch):
    a = np.arange(6, dtype=np.float32)
    keys = {projection.content_key(p) for p in (a, a + 1, a.reshape(2, 3), a.astype(np.int32), "a", 1, 1.5)}
    monkeypatch.setattr(projection, "CACHE_VERSION", projection.CACHE_VERSION + 1)
    keys.add(projection.content_key(a))
    assert len(keys) == 8
