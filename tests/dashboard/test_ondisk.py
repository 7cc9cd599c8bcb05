"""Large runs lie on disk: the same arrays, little memory, and nothing left behind."""

from __future__ import annotations

import gc
import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.types import Request, Trace
from dashboard import ondisk
from dashboard.layers import Film, Layer, positions
from dashboard.ondisk import MAX_HELD, is_kept, kept


def lots(scale: int = 1) -> dict[str, np.ndarray | None]:
    rng = np.random.default_rng(0)
    return {
        "states": rng.standard_normal((3, 100 * scale, 1001)).astype(np.float32),
        "times": rng.standard_normal(7),
        "frames": None,
        "pixels": rng.integers(0, 255, (5, 11, 13, 3), np.uint8)[:, ::2],
    }


def test_few_arrays_stay_and_many_lie_in_a_file_without_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    few = lots()
    assert kept(few) is few
    many = lots(scale=40)
    there = kept(many)
    assert there["frames"] is None
    for name in ("states", "times", "pixels"):
        assert type(there[name]) is np.ndarray
        assert is_kept(there[name])
        assert is_kept(there[name][1:])
        assert not is_kept(there[name] + 1)
        assert there[name].dtype == many[name].dtype
        np.testing.assert_array_equal(there[name], many[name])
    assert not list(tmp_path.iterdir())
    there["times"][0] = 5  # a copy of whoever writes


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files as Linux has them")
def test_the_file_goes_with_the_last_of_its_arrays():
    gc.collect()
    before = nameless()
    there = kept(lots(scale=40))
    part = there["times"][2:]
    assert nameless() == before + 1
    del there
    gc.collect()
    assert nameless() == before + 1
    assert np.isfinite(part).all()
    del part
    gc.collect()
    assert nameless() == before


def nameless() -> int:
    """Open files without a name; connections that earlier tests left may close at any time."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder itself was open while it was listed
            found += os.readlink(one).endswith("(deleted)")
    return found


def test_a_full_disk_leaves_them_in_memory(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ondisk.tempfile, "TemporaryFile", full)
    many = lots(scale=40)
    assert kept(many) is many


def test_fifty_steps_at_512_pixels_hold_little_memory(layer):
    steps, side = 50, 512
    big = np.zeros((steps + 1, 4, side // 8, side // 8), np.float32)
    arrays = dict.fromkeys(("x0", "eps", "eps_cond", "eps_uncond"), big[1:]) | {"x": big}
    arrays |= dict.fromkeys(("t", "alpha", "sigma"), np.linspace(1, 0.1, steps))
    request, picture = Request("a fox", steps=steps), layer.trace.image.resize((side, side))
    trace = Trace(request, "sd", **kept(arrays), image=picture, seconds=1.0)
    at = positions(steps)
    drawn = np.zeros((len(at), side, side, 3), np.uint8)
    film = Film(at, **kept({"x": drawn, "x0": drawn, "eps": np.zeros((steps, side // 8, side // 8, 3), np.uint8)}))
    whole = Layer("big", trace, film)
    assert whole.memory < MAX_HELD
    assert 90 << 20 < whole.size * 8 < 110 << 20
    assert layer.memory == layer.size, "a small run lies in memory whole"


def test_a_long_run_is_the_same_from_disk(service, monkeypatch):
    request = Request("a fox", steps=40, sampler="ddpm")
    *_, held = service.stream("fake", request)
    monkeypatch.setattr(ondisk, "MAX_HELD", 1000)
    *_, there = service.stream("fake", request)
    assert there.memory == 0
    for name in Trace.ARRAYS:
        np.testing.assert_array_equal(getattr(there.trace, name), getattr(held.trace, name))
    np.testing.assert_array_equal(there.film.x0, held.film.x0)
    assert replace(there, kept=True).size == there.size
