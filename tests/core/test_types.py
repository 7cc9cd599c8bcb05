"""Request refuses what it cannot mean, Trace survives a round trip, and no file can harm."""

import copy
import dataclasses
import io
import json
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.types import MAX_PROMPT, MAX_SEED, Request, RequestError, Trace

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


STEPS = 4


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    made = {name: rng.standard_normal((STEPS, 3, 2, 2)).astype(np.float32) for name in Trace.ARRAYS[1:5]}
    made["x"] = rng.standard_normal((STEPS + 1, 3, 2, 2)).astype(np.float32)
    made["t"] = np.array([750, 500, 250, 0])
    return made | {name: rng.random(STEPS) for name in ("alpha", "sigma")}


def trace(**changes):
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    given = {"request": Request("🍎 تفاحة", steps=STEPS), "model": "starter", "image": image, "seconds": 0.1}
    return Trace(**given | arrays() | changes)


@pytest.fixture
def saved():
    file = io.BytesIO()
    trace().save(file)
    return file.getvalue()


def test_a_trace_comes_back_bit_for_bit(tmp_path, saved):
    trace().save(tmp_path / "run.npz")
    for source in (tmp_path / "run.npz", str(tmp_path / "run.npz"), io.BytesIO(saved)):
        before, after = trace(), Trace.load(source)
        assert (after.request, after.model, after.seconds) == (before.request, before.model, before.seconds)
        for name in Trace.ARRAYS:
            a, b = getattr(before, name), getattr(after, name)
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        assert after.image.tobytes() == before.image.tobytes()
        assert after.finished


def test_a_stopped_run_is_a_trace_too():
    cut = {name: array[:2] for name, array in arrays().items()} | {"x": arrays()["x"][:3]}
    assert not trace(**cut).finished
    np.testing.assert_array_equal(trace(**cut).guesses, cut["x0"][[0, 1, 1]])  # nothing better is known of the end
    np.testing.assert_array_equal(trace().guesses, [*arrays()["x0"], arrays()["x"][-1]])
    none = {name: array[:0] for name, array in arrays().items()} | {"x": arrays()["x"][:1]}
    assert not trace(**none).finished
    np.testing.assert_array_equal(trace(**none).guesses, none["x"])


@pytest.mark.parametrize("name", Trace.ARRAYS)
def test_a_trace_of_the_wrong_shape_or_kind_is_refused(name):
    array = arrays()[name]
    spoiled = array.astype(float)
    spoiled.flat[-1] = np.nan
    for bad in (array[:-1], array[..., None], array[:0], array.astype("U8"), spoiled, array * 1j):
        with pytest.raises(RequestError, match="trace"):
            trace(**{name: bad})


@pytest.mark.parametrize("name", Trace.ARRAYS)
def test_only_a_branch_that_was_not_asked_for_may_be_all_nan(name):
    blank = {name: arrays()[name] * np.nan}
    if name in ("eps_cond", "eps_uncond"):
        assert np.isnan(getattr(trace(**blank), name)).all()
    else:
        with pytest.raises(RequestError, match="trace"):
            trace(**blank)


def test_a_branch_may_be_missing_at_some_steps_but_not_in_part():
    some = arrays()["eps_uncond"].copy()
    some[1:] = np.nan
    assert np.isnan(trace(eps_uncond=some).eps_uncond[-1]).all()
    some[0, 0] = np.nan
    with pytest.raises(RequestError, match=r"trace\.eps_uncond"):
        trace(eps_uncond=some)


@pytest.mark.parametrize(("low", "high"), [(-0.1, 1.0), (0.0, 1.1), (0.6, 0.5), (NAN, 1.0), (0.0, NAN), ("0", 1.0)])
def test_an_interval_of_guidance_lies_between_0_and_1_and_is_not_reversed(low, high):
    with pytest.raises(RequestError, match=r"guidance_(low|high) is"):
        Request(guidance_low=low, guidance_high=high)


def test_a_trace_of_more_steps_than_it_asked_for_is_refused():
    with pytest.raises(RequestError, match="trace"):
        trace(request=Request(steps=STEPS - 1))


@pytest.mark.parametrize(("name", "values"), [("seconds", (NAN, -1, "1")), ("model", ("\0", 3, "m" * 9999))])
def test_a_trace_says_plainly_what_it_is(name, values):
    for value in values:
        with pytest.raises(RequestError, match=f"trace.{name} is"):
            trace(**{name: value})


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "nowhere.npz")


def unreadable(data):
    with pytest.raises(RequestError, match=r"it must be a file that Trace\.save wrote") as error:
        Trace.load(io.BytesIO(data))
    return str(error.value)


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def rebuilt(saved, **entries):
    """The saved trace with some of its entries replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, entries.get(name.removesuffix(".npy"), old.read(name)))
    return file.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK", b"rubbish", b"\x89PNG\r\n", b"PK\5\6" + bytes(18), bytes(64)])
def test_rubbish_is_refused(data):
    unreadable(data)


def test_other_numpy_files_are_refused(saved):
    unreadable(npy(np.zeros(3)))
    file = io.BytesIO()
    np.savez(file, x=np.zeros(3))
    unreadable(file.getvalue())
    Trace.load(io.BytesIO(rebuilt(saved)))  # while a trace packed otherwise is one


def test_every_truncation_is_refused(saved):
    for length in range(0, len(saved), 61):
        unreadable(saved[:length])


def test_a_flipped_byte_is_refused_or_without_effect(saved):
    rng = np.random.default_rng(5)
    refusals = 0
    for place in rng.integers(len(saved), size=300):
        data = bytearray(saved)
        data[place] ^= rng.integers(1, 256)
        try:
            assert Trace.load(io.BytesIO(data)).x.tobytes() == trace().x.tobytes()
        except RequestError:
            refusals += 1
    assert refusals > 200


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("entry", ["meta", "x", "image"])
def test_a_pickle_is_never_opened(saved, tmp_path, entry):
    trap = tmp_path / "sprung"
    hostile = np.empty(1, dtype=object)
    hostile[0] = Bomb(str(trap))
    unreadable(rebuilt(saved, **{entry: npy(hostile, allow_pickle=True)}))
    unreadable(rebuilt(saved, **{entry: pickle.dumps(Bomb(str(trap)))}))
    unreadable(pickle.dumps(Bomb(str(trap))))
    assert not trap.exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(saved):
    file = io.BytesIO(rebuilt(saved))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        bomb.writestr("pad.npy", bytes(1 << 24))
        for i in range(2 * Trace.MAX_BYTES >> 24):  # more names for the same bytes
            again = copy.copy(bomb.getinfo("pad.npy"))
            again.filename = f"pad{i}.npy"
            bomb.filelist.append(again)
    assert len(file.getvalue()) < 1 << 20
    assert "it unpacks to more than" in unreadable(file.getvalue())


def header(shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("shape", [(10**13,), (10**6, 10**6, 10**6), (-5,), (1 << 62, 4)])
def test_an_array_that_claims_to_be_huge_is_refused(saved, shape):
    unreadable(rebuilt(saved, x=header(shape)))


@pytest.mark.parametrize(
    "meta",
    [
        "",
        "[" * 100_000,
        "null",
        "[]",
        "{}",
        '{"request": {}, "model": "m"}',
        '{"request": [], "model": "m", "seconds": 1}',
        '{"request": {"steps": 4, "eta": 7}, "model": "m", "seconds": 1}',
        '{"request": {"steps": 4}, "model": "m", "seconds": NaN}',
        '{"request": {"steps": 4}, "model": "m", "seconds": 1' + "0" * 400 + "}",
        '{"request": {"steps": 4}, "model": "\\u0000", "seconds": 1}',
        '{"request": {"steps": 4, "seed": 1' + "0" * 400 + '}, "model": "m", "seconds": 1}',
    ],
    ids=lambda text: text[:60],
)
def test_hostile_settings_are_refused(saved, meta):
    unreadable(rebuilt(saved, meta=npy(np.array(meta))))


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4, 4), (4, 4), ()])
def test_an_image_that_is_none_is_refused(saved, shape):
    unreadable(rebuilt(saved, image=npy(np.zeros(shape, np.uint8))))
    unreadable(rebuilt(saved, image=npy(np.zeros((4, 4, 3)))))


def test_a_value_nested_beyond_reading_is_refused_in_words():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert "too deeply nested" in refused(prompt=deep)


@pytest.mark.parametrize(
    "entries",
    [
        {"x0": np.zeros((STEPS, 4, 4096, 4096), np.float16)},  # of another shape than x
        {"x": np.zeros((2000, 3, 2, 2), np.float32)},  # of more steps than the request's
        {"image": np.zeros((8192, 8192, 3), np.uint8)},  # of another size than the latents'
        {"image": np.zeros((16, 32, 3), np.uint8)},
        {"more": np.zeros(1 << 26, np.uint8)},  # what no trace holds
        {"meta": np.array(" " * (1 << 21))},
    ],
    ids=lambda entries: next(iter(entries)),
)
def test_a_trace_that_unpacks_to_more_than_its_request_needs_is_refused_unread(saved, entries):
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *(f"{name}.npy" for name in entries)}:
            array = entries.get(name.removesuffix(".npy"))
            new.writestr(name, old.read(name) if array is None else npy(array))
    del entries
    tracemalloc.start()
    unreadable(file.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_value_nested_too_deeply_to_be_written_out_is_refused_by_name():
    value = []
    for _ in range(2000):
        value = [value]
    with pytest.raises(RequestError, match="steps is too deeply nested a value: it must be a whole number"):
        Request(steps=value)


def test_the_weights_that_drew_a_trace_travel_with_it():
    made = trace(weights="0a" * 32)
    made.save(file := io.BytesIO())
    assert Trace.load(io.BytesIO(file.getvalue())).weights == "0a" * 32
    for wrong in ("0A" * 32, "short", 7, None):
        with pytest.raises(RequestError, match=r"trace\.weights"):
            trace(weights=wrong)


def test_a_video_is_a_trace_too():
    rng = np.random.default_rng(3)
    video = {name: rng.standard_normal((STEPS, 3, 5, 2, 4)).astype(np.float32) for name in Trace.ARRAYS[1:5]}
    video["x"] = rng.standard_normal((STEPS + 1, 3, 5, 2, 4)).astype(np.float32)
    video["eps_uncond"][1] = np.nan  # a step that did without it
    frames = rng.integers(0, 256, (17, 16, 32, 3), dtype=np.uint8)
    made = trace(**arrays() | video, frames=frames, image=Image.fromarray(frames[0]))
    made.save(file := io.BytesIO())
    again = Trace.load(io.BytesIO(file.getvalue()))
    np.testing.assert_array_equal(again.frames, frames)
    np.testing.assert_array_equal(again.x, made.x)
    other = trace(**arrays() | video, frames=frames[:, :8], image=Image.fromarray(frames[0]))
    other.save(file := io.BytesIO())
    with pytest.raises(RequestError, match="frames"):
        Trace.load(io.BytesIO(file.getvalue()))
