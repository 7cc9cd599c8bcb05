"""Loading: told part by part, shared by all who wait, and stopped where nobody does any more."""

from __future__ import annotations

import gc
import re
import threading
import weakref

import pytest

import core
from core.loading import Loading, tell
from core.pipelines import assembling
from core.types import ModelError
from dashboard.engines import Engines
from dashboard.runqueue import STOPPED
from dashboard.service import Service
from dashboard.standing import standing
from tests import tiny_pipelines
from tests.fake_engine import FakeEngine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_pipelines.stable_diffusion(tmp_path_factory.mktemp("tiny") / "sd")


@pytest.fixture
def slow(monkeypatch):
    """A pipeline's U-Net waits until it is let go; held: the parts that were loaded, weakly."""
    own, held = assembling._load, []
    begun, go = threading.Event(), threading.Event()

    def load(part, place):
        if part.name == "unet":
            begun.set()
            assert go.wait(60)
        made = own(part, place)
        held.append(weakref.ref(made))
        return made

    monkeypatch.setattr(assembling, "_load", load)
    return begun, go, held


def test_a_pipeline_under_way_is_told_and_stopped_by_the_page_and_nothing_of_it_stays(folder, slow):
    begun, go, held = slow
    service = Service(lambda name: core.load(folder, "cpu"), lambda: ["sd"])
    run = service.stream("sd", core.Request("a fox", steps=2, width=24, height=16), "tab panel")
    first = next(run)
    assert "is-running" in standing(first)
    assert begun.wait(60)
    told = next(run)
    assert re.fullmatch(r"Loading the model “sd”: \d+% of 5 MiB is there, now unet", told.text)
    assert 0 < told.share < 1
    service.stop_all("tab")
    assert [*run] == [STOPPED]
    go.set()
    for thread in threading.enumerate():
        if thread.name == "load":
            thread.join(60)
    assert len(held) == 4, "the autoencoder was never begun"
    gc.collect()
    assert [one() for one in held] == [None] * 4
    assert not service.ready("sd")
    assert service.queue.empty
    *_, layer = service.stream("sd", core.Request("a fox", steps=2, width=24, height=16), "tab panel")
    assert layer.trace.finished, "it is loaded anew by whoever asks next"


def test_who_still_waits_is_not_stopped_with_another_one():
    go = threading.Event()

    def load(name):
        tell(Loading("a", 0, 2 << 20))
        assert go.wait(10)
        tell(Loading("b", 1 << 20, 2 << 20))
        return FakeEngine(name)

    engines = Engines(load, None)
    mine, other = engines.wait("fake", "me"), engines.wait("fake", "you")
    assert next(mine).text
    assert next(other).text == "Loading the model “fake”: 0% of 2 MiB is there, now a"
    engines.stop(lambda session: session == "me")
    assert [*mine] == [STOPPED]
    go.set()
    assert all(notice.share in (0, 0.5) for notice in other)
    assert "fake" in engines


def test_a_failure_is_told_to_all_who_wait_and_tried_anew_by_the_next():
    tries = []

    def load(name):
        tries.append(name)
        raise ModelError("It is broken.")

    engines = Engines(load, None)
    for _ in range(2):
        with pytest.raises(ModelError, match="broken"):
            engines.get("fake")
    assert len(tries) == 2
