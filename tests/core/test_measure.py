"""Known answers: closed forms, scipy where it has the function, hand-made paths."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from core import measure
from core.types import RequestError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_clip_score_is_the_cosine():
    images = np.array([[2.0, 0.0], [0.0, 0.0]])
    texts = np.array([[1.0, 0.0], [1.0, 1.0], [-3.0, 0.0]])
    expected = [[1, np.sqrt(0.5), -1], [0, 0, 0]]
    np.testing.assert_allclose(measure.clip_score(images, texts), expected, atol=1e-15)


def test_nearest_by_clip_puts_the_best_first():
    angles = np.radians([80, 10, 0, 40])
    gallery = np.stack([np.cos(angles), np.sin(angles)], 1)
    order, cosines = measure.nearest_by_clip(np.array([1.0, 0.0]), gallery, k=3)
    assert order.tolist() == [2, 1, 3]
    np.testing.assert_allclose(cosines, np.cos(np.radians([0, 10, 40])))


def test_nearest_by_pixels_measures_from_copy_to_opposite():
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    half = white.copy()
    half[:, :4] = 0  # half of the pixels differ from either by 1: root mean square sqrt(1/2)
    order, distances = measure.nearest_by_pixels(black, np.stack([white, half, black]))
    assert order.tolist() == [2, 1, 0]
    np.testing.assert_allclose(distances, [0, np.sqrt(0.5), 1], rtol=1e-6)


def test_nearest_by_pixels_refuses_another_size():
    with pytest.raises(RequestError, match="shape"):
        measure.nearest_by_pixels(np.zeros((4, 4, 3), np.uint8), np.zeros((2, 8, 8, 3), np.uint8))


def test_root_of_a_matrix_squares_to_it_also_when_it_is_singular(rng):
    a = rng.standard_normal((6, 3))
    root = measure.sqrt_psd(a @ a.T)
    np.testing.assert_allclose(root @ root, a @ a.T, atol=1e-7)
    np.testing.assert_allclose(root, root.T, atol=1e-12)


def test_frechet_agrees_with_scipy(rng):
    a, b = rng.standard_normal((2, 12, 12))
    cov_a, cov_b = a @ a.T, b @ b.T
    m_a, m_b = rng.standard_normal((2, 12))
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    expected = np.sum((m_a - m_b) ** 2) + np.trace(cov_a + cov_b - 2 * root)
    assert measure.frechet_gaussians(m_a, cov_a, m_b, cov_b) == pytest.approx(expected, rel=1e-9)


def test_frechet_closed_forms():
    # of N(0, s^2 I) and N(m, t^2 I) in D dimensions: |m|^2 + D (s - t)^2
    eye = np.eye(5)
    assert measure.frechet_gaussians(np.zeros(5), 9 * eye, np.full(5, 2.0), eye) == pytest.approx(20 + 5 * 4)
    # commuting covariances: the sum of squared differences of the deviations
    cov_x, cov_y = np.diag([4.0, 0.0]), np.diag([1.0, 25.0])
    assert measure.frechet_gaussians([0, 0], cov_x, [0, 0], cov_y) == pytest.approx(26)
    assert measure.frechet_gaussians([0], [[4.0]], [3], [[1.0]]) == pytest.approx(10)  # one dimension


def test_frechet_of_samples(rng):
    x = rng.standard_normal((400, 6))
    assert measure.frechet_distance(x, x) == pytest.approx(0, abs=1e-6)
    assert measure.frechet_distance(x, x + 2) == pytest.approx(24)
    few = rng.standard_normal((4, 6))  # singular covariance: fewer samples than dimensions
    assert np.isfinite(measure.frechet_distance(few, x))


def test_path_length_and_steps_of_a_square():
    square = np.array([[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]], float)
    assert measure.step_lengths(square).tolist() == [3, 3, 3, 3]
    assert measure.path_length(square) == 12
    np.testing.assert_allclose(measure.turning_angles(square), [90, 90, 90])


def test_paths_of_latents_are_flattened():
    path = np.zeros((3, 2, 2, 2))
    path[1:] = 1  # one step along the diagonal of 8 dimensions, then none
    np.testing.assert_allclose(measure.step_lengths(path), [np.sqrt(8), 0])
    assert np.isnan(measure.turning_angles(path)).all()


def test_turning_angles_go_from_straight_on_to_back_and_are_exact_near_zero():
    path = np.array([[0, 0], [1, 0], [2, 0], [1, 0]], float)
    np.testing.assert_allclose(measure.turning_angles(path), [0, 180], atol=1e-12)
    small = 1e-9
    bent = np.array([[0, 0], [1, 0], [1 + np.cos(small), np.sin(small)]])
    np.testing.assert_allclose(np.radians(measure.turning_angles(bent)), [small], rtol=1e-6)


def test_regular_polygon_turns_equally(rng):
    angle = np.linspace(0, 2 * np.pi, 25)
    basis = np.linalg.qr(rng.standard_normal((100, 2)))[0]
    path = np.stack([np.cos(angle), np.sin(angle)], 1) @ basis.T
    np.testing.assert_allclose(measure.turning_angles(path), 15, rtol=1e-9)
    assert measure.path_length(path) == pytest.approx(24 * 2 * np.sin(np.pi / 24))


def test_root_mean_square_and_unit_vectors_by_hand():
    values = np.array([[[3.0, -4.0]], [[0.0, 0.0]]], np.float32)
    np.testing.assert_allclose(measure.rms(values), [np.sqrt(12.5), 0])
    np.testing.assert_allclose(measure.rms(values, axis=1), [[3, 4], [0, 0]])
    np.testing.assert_allclose(measure.unit(values), [[[0.6, -0.8]], [[0, 0]]], rtol=1e-6)
    assert np.isnan(measure.unit(values, zero=np.nan)[1]).all()


def test_pixels_apart_by_hand():
    black, corner = np.zeros((2, 2, 2, 3), np.uint8)
    corner[0, 0] = 255
    assert measure.pixels_apart(black, corner) == measure.pixels_apart(corner, black) == pytest.approx(0.5)


def test_energy_distance_by_hand():
    # x = {0, 2}, y = {1, 5}: 2 (1 + 5 + 1 + 3)/4 - 2 - 4 = -1: the unbiased estimate may fall below 0
    x, y = np.array([[0.0], [2.0]]), np.array([[1.0], [5.0]])
    assert measure.energy_distance(x, y) == pytest.approx(2 * 10 / 4 - 2 - 4)


def test_energy_distance_of_two_normals_has_its_closed_form(rng):
    # E|N(0, 2)| = 2/sqrt(pi) within; X - Y ~ N(m, 2) across, whose mean modulus is the folded normal's
    m = 1.5
    across = 2 / np.sqrt(np.pi) * np.exp(-(m**2) / 4) + m * scipy.special.erf(m / 2)
    expected = 2 * across - 2 * 2 / np.sqrt(np.pi)
    draws = [
        measure.energy_distance(rng.standard_normal((300, 1)), rng.standard_normal((300, 1)) + m) for _ in range(20)
    ]
    assert np.mean(draws) == pytest.approx(expected, abs=4 * np.std(draws) / np.sqrt(20))


def test_energy_distance_is_unbiased(rng):
    draws = np.array([measure.energy_distance(*rng.standard_normal((2, 20, 3))) for _ in range(400)])
    assert abs(draws.mean()) < 4 * draws.std() / np.sqrt(len(draws))
    assert (draws < 0).any()


@pytest.mark.parametrize("bad", [np.ones(2), np.array([[np.nan, 1.0], [0.0, 1.0]]), np.zeros((1, 3))])
def test_bad_samples_are_named(bad):
    with pytest.raises(RequestError, match="x is"):
        measure.energy_distance(bad, np.zeros((3, 3)))


def test_the_energy_test_is_the_energy_distance_with_its_chance():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((30, 4)), rng.standard_normal((20, 4)) + 0.2
    distance, null, _ = measure.energy_test(x, y, draws=50)
    within = [
        np.mean([np.linalg.norm(a - b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]) for z in (x, y)
    ]
    assert distance == pytest.approx(measure.energy_distance(x, y) + within[0] / 30 + within[1] / 20)
    assert null.min() > 0
    assert measure.energy_test(x, x)[0] == pytest.approx(0, abs=1e-12)
    dealt = np.concatenate([x, y])[np.random.default_rng(0).permutation(50)]
    assert np.abs(null).max() < 1
    assert len(null) == 50
    assert measure.energy_distance(dealt[:30], dealt[30:]) < np.quantile(null, 0.999)


def test_the_energy_test_tells_laws_apart_and_leaves_equal_ones_alone():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((40, 8))
    assert measure.energy_test(x, rng.standard_normal((40, 8)) + 0.8)[2] == pytest.approx(0.001)
    p = [measure.energy_test(rng.standard_normal((20, 3)), rng.standard_normal((20, 3)), 199)[2] for _ in range(100)]
    assert 0.35 < np.mean(p) < 0.65
    assert np.mean(np.array(p) < 0.1) < 0.2, "one in ten, by chance"


def test_diversity_is_0_for_copies_and_1_for_pictures_at_right_angles():
    assert measure.diversity(np.ones((5, 3))) == pytest.approx(0)
    assert measure.diversity(np.eye(4)) == pytest.approx(1)
    x = np.random.default_rng(3).standard_normal((9, 5))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    pairs = (unit @ unit.T)[np.triu_indices(9, 1)]
    assert measure.diversity(x) == pytest.approx(1 - pairs.mean())


def test_the_usual_distance_is_the_median_distance_to_the_nearest_other():
    thumbs = np.zeros((3, 2, 2, 3), np.uint8)
    thumbs[1], thumbs[2] = 51, 153  # nearest distances: 0.2, 0.2, 0.4
    assert measure.usual_distance(thumbs) == pytest.approx(0.2, abs=1e-5)


def test_pictures_are_compared_in_parts_as_at_once(monkeypatch):
    thumbs = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)
    whole = measure.usual_distance(thumbs), measure.nearest_by_pixels(thumbs[3], thumbs)
    monkeypatch.setattr(measure, "PART", 2)
    assert measure.usual_distance(thumbs) == pytest.approx(whole[0], rel=1e-6)
    order, distances = measure.nearest_by_pixels(thumbs[3], thumbs)
    assert order.tolist() == whole[1][0].tolist()
    assert distances == pytest.approx(whole[1][1], rel=1e-6)
    assert (order[0], distances[0]) == (3, 0)
