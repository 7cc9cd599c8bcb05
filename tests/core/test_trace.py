"""Trace survives a round trip, and no file can harm."""

import copy
import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.types import Request, RequestError, Trace

NAN = float("nan")
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
