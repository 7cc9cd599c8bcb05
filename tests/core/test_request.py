"""Request refuses what it cannot mean."""

import dataclasses
import json

import numpy as np
import pytest

from core.types import MAX_PROMPT, MAX_SEED, Request, RequestError

WHOLE = ("seed", "steps", "variation_seed")
NUMBERS = (*WHOLE, "guidance", "eta", "variation_strength")
TEXTS = ("prompt", "negative_prompt")
NAMES = ("sampler", "spacing", "variation_way")
NAN, INF = float("nan"), float("inf")
HUGE = 10**5000  # Python would not even print it
ANY_TEXT = (
    "",
    " ",
    "a red apple",
    "🍎🐱🚀",
    "👩‍🚀",
    "تفاحة حمراء",
    "תפוח אדום",
    "赤いリンゴ",
    "é" * 500,
    "two\nlines\t",
    "<b>&'\"{x}$",
)


def refused(**values):
    with pytest.raises(RequestError) as error:
        Request(**values)
    (field,) = values
    assert error.value.field == field
    assert str(error.value).startswith(f"{field} is ")
    assert len(str(error.value)) < 250
    return str(error.value)


@pytest.mark.parametrize("value", [NAN, INF, -INF, -1, -1e-9, 10**400, -(10**400), 1e308])
@pytest.mark.parametrize("field", NUMBERS)
def test_numbers_out_of_range_are_refused(field, value):
    assert "number from " in refused(**{field: value})
    refused(**{field: HUGE})
    refused(**{field: -HUGE})


@pytest.mark.parametrize("value", ["1", None, True, False, [1], {}, 1j, np.float32(1), b"1"])
@pytest.mark.parametrize("field", NUMBERS)
def test_what_is_not_a_number_is_refused(field, value):
    refused(**{field: value})


@pytest.mark.parametrize("field", WHOLE)
def test_whole_numbers_are_whole(field):
    assert "a whole number" in refused(**{field: 1.0})


@pytest.mark.parametrize("value", [None, 0, True, b"a cat", ["a cat"], NAN])
@pytest.mark.parametrize("field", TEXTS)
def test_what_is_not_text_is_refused(field, value):
    assert "must be text" in refused(**{field: value})


@pytest.mark.parametrize("value", ["a\0b", "\x1b[31m", "\x7f", "\x85", "half a pair \ud83d"])
@pytest.mark.parametrize("field", TEXTS)
def test_control_characters_and_broken_text_are_refused(field, value):
    assert "U+" in refused(**{field: value})


@pytest.mark.parametrize("field", TEXTS)
def test_overlong_text_is_refused_by_its_length(field):
    assert "10000 characters long" in refused(**{field: "a" * 10_000})
    assert len(getattr(Request(**{field: "a" * MAX_PROMPT}), field)) == MAX_PROMPT


@pytest.mark.parametrize("text", ANY_TEXT)
@pytest.mark.parametrize("field", TEXTS)
def test_any_language_and_emoji_are_accepted(field, text):
    assert getattr(Request(**{field: text}), field) == text


@pytest.mark.parametrize("value", ["", "DDIM", "euler", "x" * 10_000, None, 3, True, ["ddim"], NAN])
@pytest.mark.parametrize("field", NAMES)
def test_unknown_names_are_refused(field, value):
    assert "one of " in refused(**{field: value})


def test_both_ends_of_every_range_are_accepted():
    low = Request(seed=0, steps=1, guidance=0, eta=0, branches=())
    high = Request(seed=MAX_SEED, steps=1000, guidance=30, eta=1, branches=((1, 0), (999, MAX_SEED)))
    assert low.steps == 1
    assert high.branches[-1] == (999, MAX_SEED)


def test_a_branch_leaves_before_the_last_step():
    assert Request(steps=10, branches=((9, 1),)).branches == ((9, 1),)
    with pytest.raises(RequestError, match=r"branches is \(10, 1\): it must be up to 16 pairs .* 1 to 9"):
        Request(steps=10, branches=((10, 1),))


PAIRS = [
    ((3, 1), (3, 2)), ((5, 1), (3, 2)), ((0, 1),), ((-1, 1),), ((3, -1),), ((3, MAX_SEED + 1),), ((3, HUGE),), ((3,),),
    ((3, 1, 1),), ((3.0, 1),), ((NAN, 1),), ((True, 1),), (("3", "1"),), (3, 1), tuple((k, 0) for k in range(1, 18)),
    [[3, 1]], "3:1", None, 3, {}, (None,),
]  # fmt: skip


@pytest.mark.parametrize("value", PAIRS)
def test_branches_are_pairs_of_a_rising_step_and_a_seed(value):
    assert "pairs of a step" in refused(branches=value)


@pytest.mark.parametrize(
    "value",
    [
        (), [1.0], "x", 1.0, (1, 1), (0.5,), (0.0,), (NAN,), (INF, 0), (-INF,), (True,), ("1",), (None,), ((1,),),
        (HUGE,), (2,), (1e-9,) * 5000, np.ones(1),
    ],
)  # fmt: skip
def test_an_embedding_is_a_tuple_of_numbers_of_length_one(value):
    refused(embedding=value)


def test_an_embedding_is_kept_in_half_precision():
    third = 3**-0.5
    request = Request(embedding=(third, np.float32(-third), third))
    assert request.embedding == tuple(float(np.float16(x)) for x in (third, -third, third))
    assert Request(embedding=request.embedding) == request
    assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    assert Request().embedding is None


def test_a_request_is_frozen_and_comparable():
    assert Request(prompt="a cat") == Request(prompt="a cat") != Request(prompt="a dog")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Request().prompt = "a dog"


def test_from_dict_takes_what_to_dict_gives_by_way_of_json():
    request = Request("تفاحة 🍎", "blur", 7, "ddpm", 30, 2.5, 0.5, "leading", ((3, 9), (7, 0)))
    assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    assert Request.from_dict({"prompt": "a cat"}) == Request(prompt="a cat")
    assert Request.from_dict({}) == Request()


@pytest.mark.parametrize("values", [None, [], "prompt", 3, {"promt": "a cat"}, {"__class__": 1}, {3: 4}])
def test_from_dict_refuses_anything_else(values):
    with pytest.raises(RequestError, match="settings is"):
        Request.from_dict(values)


def test_from_dict_validates():
    with pytest.raises(RequestError, match="eta is nan"):
        Request.from_dict(json.loads('{"eta": NaN}'))


@pytest.mark.parametrize(("low", "high"), [(-0.1, 1.0), (0.0, 1.1), (0.6, 0.5), (NAN, 1.0), (0.0, NAN), ("0", 1.0)])
def test_an_interval_of_guidance_lies_between_0_and_1_and_is_not_reversed(low, high):
    with pytest.raises(RequestError, match=r"guidance_(low|high) is"):
        Request(guidance_low=low, guidance_high=high)


def test_a_value_nested_beyond_reading_is_refused_in_words():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert "too deeply nested" in refused(prompt=deep)


def test_a_value_nested_too_deeply_to_be_written_out_is_refused_by_name():
    value = []
    for _ in range(2000):
        value = [value]
    with pytest.raises(RequestError, match="steps is too deeply nested a value: it must be a whole number"):
        Request(steps=value)
