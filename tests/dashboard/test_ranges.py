import pytest

from core.types import RequestError
from dashboard.tabs.guidance.ranges import numbers


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1, 2, 4", [1, 2, 4]),
        ("  7 ", [7]),
        ("0,1.5,.25,", [0, 1.5, 0.25]),
        ("1-10 (+2)", [1, 3, 5, 7, 9]),
        ("1-9(+2)", [1, 3, 5, 7, 9]),
        ("1 - 10 ( + 3 )", [1, 4, 7, 10]),
        ("0-1 (0.25)", [0, 0.25, 0.5, 0.75, 1]),
        ("0-0.3 (+0.1)", [0, 0.1, 0.2, 0.3]),
        ("1-10 [5]", [1, 3.25, 5.5, 7.75, 10]),
        ("1-10 [4], 12", [1, 4, 7, 10, 12]),
        ("3-6", [3, 4, 5, 6]),
        ("5-5", [5]),
        ("2, 1, 2, 1-3", [2, 1, 3]),
        ("1–4", [1, 2, 3, 4]),
        ("1−4", [1, 2, 3, 4]),
        ("1 — 4", [1, 2, 3, 4]),
        ("1‐4, ６‑8", [1, 2, 3, 4, 6, 7, 8]),
        ("1–9 (+4)", [1, 5, 9]),
        ("1;5", [1, 5]),
        ("1,5; 2,25; 4", [1.5, 2.25, 4]),
        ("0,5–1 (+0,25); 3", [0.5, 0.75, 1, 3]),
        ("1,2,4", [1, 2, 4]),
        ("1,2,4, 6,8", [1, 2, 4, 6, 8]),
        ("1,4-6", [1, 4, 5, 6]),
        ("1,5;2,5;", [1.5, 2.5]),
        ("1\u2009–\u20094,\u20096", [1, 2, 3, 4, 6]),
        ("1\u202f; 2,5\xa0; 3", [1, 2.5, 3]),
    ],
)
def test_lists_and_ranges(text, wanted):
    assert numbers("scales", text, 12) == wanted


def test_whole_numbers_are_ints():
    found = numbers("seeds", "1-10 [4], 4294967295", 9, whole=True)
    assert found == [1, 4, 7, 10, 2**32 - 1]
    assert all(type(one) is int for one in found)


@pytest.mark.parametrize(
    "text",
    ["", " , ", "-1", "1, -2", "-3-4", "one", "1e3", "nan", "inf", "1-2-3", "1 2", "1-10 (2", "1-10 []", "1-10 (-2)",
     "1-10 (+0)", "1-10 [1]", "1-10 [0]", "1..5", "10-1", "1-", "٣", "1" * 13, "1" * 5000, "x" * 2000, None, 7, ["1"],
     "1-13", "0-1 (+0.01)", "0-999999999999 (+0.000000001)", "1-9 [99999]", "1-7, 11-17"],
)  # fmt: skip
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(RequestError, match=r"^scales is"):
        numbers("scales", text, 12)


@pytest.mark.parametrize(
    "text",
    [
        "1,5",
        " 0,5 ",
        "1,5, 2,5",
        "1，5",
        "1,5-3,5",
        "0, 1,5, 3",
        "1,2, 4",
        "1,5 ,3",
        "1-2, 2,5-3,5",
        "0,5, 1-3",
        "2, 3, " * 20 + "4,5",
    ],
)
def test_a_comma_that_may_be_a_decimal_one_is_asked_about(text):
    with pytest.raises(RequestError, match=r"^scales is .* for a list"):
        numbers("scales", text, 12)
    if "-" not in text:
        assert len(numbers("seeds", text, 12, whole=True)) > 1 or text == " 0,5 "


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("1,5", "1.5 for one number, or 1, 5 for a list"),
        ("1,5, 2,5", "1.5, 2.5 for decimals, or 1, 5, 2, 5 for a list"),
        ("0, 1,5, 3", "0, 1.5, 3 for decimals, or 0, 1, 5, 3 for a list"),
        ("1,5-3,5", "1.5-3.5 for decimals, or 1, 5-3, 5 for a list"),
        ("2, 3, " * 20 + "4,5", "4.5 for one number, or 4, 5 for a list"),
    ],
)
def test_what_a_decimal_comma_may_mean_is_spelt_out(text, readings):
    with pytest.raises(RequestError) as error:
        numbers("scales", text, 12)
    assert str(error.value).endswith(f"it must be clear: {readings}.")


def test_whole_numbers_have_no_decimals_to_be_asked_about():
    assert numbers("seeds", "1,5", 12, whole=True) == [1, 5]
    assert numbers("seeds", "0, 1,5, 3", 12, whole=True) == [0, 1, 5, 3]


def test_a_reversed_range_is_told_the_right_way_round():
    with pytest.raises(RequestError, match="10-20"):
        numbers("scales", "20-10", 99)


def test_halves_are_no_whole_numbers():
    with pytest.raises(RequestError, match=r"seeds is '1-2 \[3\]'.*whole"):
        numbers("seeds", "1-2 [3]", 9, whole=True)
