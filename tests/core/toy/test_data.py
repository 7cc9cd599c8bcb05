import numpy as np
import pytest

from core.toy import data
from core.types import RequestError


@pytest.mark.parametrize("name", data.SETS)
def test_every_set_is_centred_scaled_and_its_own(name):
    points, again, other = data.make(name, 300, 1), data.make(name, 300, 1), data.make(name, 300, 2)
    assert points.x.shape == (300, 2)
    assert points.x.dtype == np.float64
    np.testing.assert_allclose(points.x.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(np.mean(points.x**2), 1, rtol=1e-12)
    np.testing.assert_array_equal(points.x, again.x)
    assert np.abs(points.x - other.x).max() > 0.1
    assert set(points.label) == set(range(points.classes))
    assert np.bincount(points.label).min() >= 90 / points.classes


def test_the_film_has_three_classes():
    assert data.make("spirals", 30).classes == 3


@pytest.mark.parametrize(
    ("arguments", "field"),
    [(("blob",), "data"), ((["spiral"],), "data"), (("spiral", 2), "points"), (("spiral", 10**9), "points"),
     (("spiral", 3.5), "points"), (("spiral", True), "points")],
)  # fmt: skip
def test_a_bad_request_names_its_field(arguments, field):
    with pytest.raises(RequestError) as error:
        data.make(*arguments)
    assert error.value.field == field


def test_a_csv_file_with_heading_classes_and_empty_lines():
    points = data.from_csv("x,y,kind\n0,0,b\n\n4,0,a\n0,2,a\r\n".encode("utf-8-sig"))
    assert points.label.tolist() == [1, 0, 0]
    apart = points.x[1] - points.x[0]
    assert apart[1] == pytest.approx(0)
    assert np.linalg.norm(points.x[2] - points.x[0]) == pytest.approx(apart[0] / 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "3 to"),
        (b"1,2\n3,4\n", "2 points"),
        (b"1,2\nfoo,4\n5,6\n", "CSV line 2"),
        (b"1,2\n3\n5,6\n", "CSV line 2"),
        (b"1,2\n3,4,a,b\n5,6\n", "CSV line 2"),
        (b"1,2\nnan,4\n5,6\n", "CSV line 2"),
        (b"1,2\n1e300,4\n5,6\n", "1e+06"),
        (b"1,2\n1,2\n1,2\n", "in one place"),
        (b"0,0\n0,0\n0,0\n", "in one place"),
        (b"\xff\xfe1,2\n", "UTF-8"),
        (b"1,2\n" * 60_000, "bytes"),
        (b"\n".join(b"%d,1,%d" % (k, k) for k in range(8)), "5 classes"),
        (b"x,y\n\x00,1\n", "CSV"),
    ],
)
def test_a_bad_csv_file_is_refused_in_words(content, said):
    with pytest.raises(RequestError, match="CSV") as error:
        data.from_csv(content)
    assert said in str(error.value)


@pytest.mark.parametrize("drawn", [[], None, "abc", [[1, 2]], [[1], [2], [3]], [[0, 0]] * 9, [[1, None]] * 4,
                                   [[1, 2, 3]] * 5, {"x": 1}, [[1e9, 0], [0, 0], [1, 1]]])  # fmt: skip
def test_an_empty_or_broken_drawing_is_refused_in_words(drawn):
    with pytest.raises(RequestError, match="drawing is"):
        data.own(drawn)


def test_too_many_points_are_thinned():
    many = np.random.default_rng(0).normal(size=(5000, 2))
    assert len(data.own(many, count=200)) == 200
    with pytest.raises(RequestError, match="20000"):
        data.own(np.random.default_rng(0).normal(size=(20_001, 2)))
