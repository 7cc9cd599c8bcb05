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


POINTS = [(0.1, 0.2), (0.3, -0.5), (0.9, 0.4)]
FILES = {
    "plain": "0.1,0.2\n0.3,-0.5\n0.9,0.4\n",
    "old Mac": "0.1,0.2\r0.3,-0.5\r0.9,0.4",
    "blank lines, no end": "\n0.1,0.2\r\n\r\n0.3,-0.5\n , \n0.9,0.4",
    "pandas": ",x,y\n0,0.1,0.2\n1,0.3,-0.5\n2,0.9,0.4\n",
    "pandas, an index out of order": ",x,y\n7,0.1,0.2\n1,0.3,-0.5\n4,0.9,0.4\n",
    "pandas, columns without names": ",0,1\n0,0.1,0.2\n1,0.3,-0.5\n2,0.9,0.4\n",
    "an index without a heading": "0,0.1,0.2\n1,0.3,-0.5\n2,0.9,0.4\n",
    "R": '"x" "y"\n"1" 0.1 0.2\n"2" 0.3 -0.5\n"3" 0.9 0.4\n',
    "an id": "ID;X;Y\n17;0,1;0,2\n3;0,3;-0,5\n4;0,9;0,4\n",
    "y first": "y,x\n0.2,0.1\n-0.5,0.3\n0.4,0.9\n",
    "decimal commas": "x;y\n0,1;0,2\n0,3;-0,5\n0,9;0,4\n",
    "decimal commas in quotes": '"0,1","0,2"\n"0,3","-0,5"\n"0,9","0,4"\n',
    "Excel names its separator": "sep=;\nx;y\n0,1;0,2\n0,3;-0,5\n0,9;0,4\n",
    "tabs": "0,1\t0,2\n0,3\t-0,5\n0,9\t0,4\n",
    "blanks": " 0.1   0.2\n0.3 -0.5\n0.9  0.4 \n",
    "blanks between commas": "0,1 0,2\n0,3 -0,50\n0,90 0,4\n",
    "blanks and decimal commas": "0,1 0,2\n0,3 -0,5\n0,9 0,4\n",
    "bars": "0.1|0.2\n0.3|-0.5\n0.9|0.4\n",
    "blanks after commas": "0.1, 0.2\n0.3, -0.5\n0.9, 0.4\n",
    "a minus sign": "0.1,0.2\n0.3,−0.5\n0.9,0.4\n",
    "single quotes": "'0.1','0.2'\n'0.3','-0.5'\n'0.9','0.4'\n",
    "a comma at the end": "0.1,0.2,\n0.3,-0.5,\n0.9,0.4,\n",
    "semicolons at the end": "x;y;\n0,1;0,2;\n0,3;-0,5;\n0,9;0,4;\n",
    "semicolons at the end of all but the heading": "x;y\n0,1;0,2;;\n0,3;-0,5;;\n0,9;0,4;;\n",
    "a comma at the end of the heading": "x,y,\n0.1,0.2\n0.3,-0.5\n0.9,0.4\n",
    "tabs on both sides": "\tx\ty\t\n\t0.1\t0.2\t\n\t0.3\t-0.5\t\n\t0.9\t0.4\t\n",
    "bars on both sides": "| x | y |\n|---|---|\n| 0.1 | 0.2 |\n| 0.3 | -0.5 |\n| 0.9 | 0.4 |\n",
    "an empty column between": "x,,y\n0.1,,0.2\n0.3,,-0.5\n0.9,,0.4\n",
    "more columns, named": "time,x,y,z\n9,0.1,0.2,7\n8,0.3,-0.5,7.5\n1,0.9,0.4,8\n",
    "a title above": "My points\nx,y\n0.1,0.2\n0.3,-0.5\n0.9,0.4\n",
    "numpy": "# x y\n1.0e-1 2e-1\n3e-1 -5e-1\n9e-1 4e-1\n",
    "missing": "x,y\n0.1,0.2\n,3\n0.3,-0.5\nnan,1\n2,#N/A\n0.9,0.4\n",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_files_as_people_write_them(name, encoding):
    np.testing.assert_allclose(data.from_csv(FILES[name].encode(encoding)).x, data.own(POINTS).x, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("label,x,y\nb,0.1,0.2\na,0.3,-0.5\nb,0.9,0.4\n", [1, 0, 1]),
        ("0.1,0.2,b\n0.3,-0.5,a\n0.9,0.4,b\n", [1, 0, 1]),
        ("b;0,1;0,2\na;0,3;-0,5\nb;0,9;0,4\n", [1, 0, 1]),
        (",x,y,target\n0,0.1,0.2,1\n1,0.3,-0.5,0\n2,0.9,0.4,1\n", [1, 0, 1]),
        ("0.1,0.2,10\n0.3,-0.5,9\n0.9,0.4,10\n", [1, 0, 1]),
        ('x,y,kind\n0.1,0.2,"b, and ""more"""\n0.3,-0.5,a\n0.9,0.4,"b, and ""more"""\n', [1, 0, 1]),
        ("sepal,petal,more,species\n0.1,0.2,5,é\n0.3,-0.5,6,a\n0.9,0.4,7.5,é\n", [1, 0, 1]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_classes_stand_in_any_column(text, labels, encoding):
    found = data.from_csv(text.encode(encoding))
    np.testing.assert_allclose(found.x, data.own(POINTS).x, atol=1e-12)
    assert found.label.tolist() == labels


def test_thousands_are_parted_by_the_sign_that_is_not_decimal():
    wanted = data.own([(1234.5, 2), (1000, 3), (5, 4)]).x
    for text in ('"1,234.5",2\n"1,000",3\n5,4\n', "1.234,5;2\n1.000;3\n5;4\n", "1 234,5;2\n1'000;3\n5;4\n"):
        np.testing.assert_allclose(data.from_csv(text.encode()).x, wanted)


def test_what_a_csv_file_is_taken_for_is_told_line_by_line():
    assert data.from_csv(FILES["plain"].encode()).notes == ()
    assert data.from_csv(FILES["missing"].encode()).notes == (
        "Line 1 was read as the heading.", "Lines 3, 5, 6 were left out: a number is missing.",
    )  # fmt: skip
    assert data.from_csv(FILES["pandas"].encode()).notes[1] == "Column 1 counts the lines and was left out."
    empty = (
        "semicolons at the end",
        "a comma at the end of the heading",
        "tabs on both sides",
        "an empty column between",
    )
    for name in empty:
        assert data.from_csv(FILES[name].encode()).notes == ("Line 1 was read as the heading.",), name
    assert "Left out: id." in data.from_csv(FILES["an id"].encode()).notes  # 17, 3, 4: it counts nothing
    ends = data.from_csv(b"x;y;\n1;2;\n;4;\n5;7;\n6;8;\n").notes
    assert ends == ("Line 1 was read as the heading.", "Line 3 was left out: a number is missing.")
    assert "Left out: time, z." in data.from_csv(FILES["more columns, named"].encode()).notes
    assert "Line 1 was left out: no numbers there." in data.from_csv(FILES["a title above"].encode()).notes


def test_a_rare_class_is_never_lost():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(1500, 2)), [[4, 4], [4, 5]]])
    rows = [f"{a},{b},{'rare' if k >= 1500 else 'usual'}" for k, (a, b) in enumerate(x)]
    read = data.from_csv("\n".join(rows).encode())
    assert (len(read), np.bincount(read.label).tolist()) == (data.MAX_POINTS, [2, 998])
    assert read.notes[-1] == "1000 of 1502 points were drawn at random, some of every class."
    for seed in range(20):
        assert np.bincount(data.own(x, [0] * 1500 + [7, 7], 100, seed).label).tolist() == [98, 2]
    many = data.own(rng.normal(size=(50, 2)), np.arange(50) % 5, data.MIN_POINTS)
    assert np.bincount(many.label).tolist() == [1] * 5
    shares = np.bincount(data.own(x, [0] * 751 + [1] * 751, 100).label)
    assert shares.tolist() == [50, 50]


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
        (b"1,2\nnan,4\n5,6\n", "Line 2 was left out"),
        (b"0.5,oops\n1,2\n3,4\n5,9\n", "CSV line 1 is '0.5,oops'"),
        (b"x,y\n1,2\n3,4\n5,9\nTotal,15\n", "CSV line 5"),
        (b"a,1\nb,2\nc,3\n", "1 column of numbers"),
        (b"0,13,-0,31\n0,2,0,5\n0,7,-0,1\n", "4 columns of numbers"),
        (b"1,2,3.5\n2,9,4.5\n5,1,2\n", "name those that are meant x and y"),
        (b"1e400,2\n1,2\n3,4\n", "CSV line 1"),
        (b"x,y\nname,other\n", "0 points"),
        (b'"' + b"1,2\n" * 40_000, "is a quote left open"),
        (b"1,2\n1e300,4\n5,6\n", "1e+06"),
        (b"1,2\n1,2\n1,2\n", "in one place"),
        (b"0,0\n0,0\n0,0\n", "in one place"),
        (b"\xff\xfe1,2\n3", "UTF-8"),
        (b"1,2\n" * 60_000, "bytes"),
        (b"\n".join(b"%d,1,c%d" % (k, k) for k in range(8)), "5 classes"),
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
