"""The engine in replicas is the engine: same steps, same pictures, and an end where one is asked for or dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import core
from core import replicas
from core.errors import ModelError
from core.types import Request
from dashboard.layers import Layer
from dashboard.service import Service
from tests.fake_engine import FakeEngine

ROOT = Path(__file__).parents[1]
needs_ray = pytest.mark.ray
STEPS = 60


class Told(FakeEngine):
    """Writes a line for each step that it takes, with the process that takes it, and one at the end of each run."""

    def __init__(self, log: Path, **settings):
        super().__init__(**settings)
        self._log = log

    def _steps(self, requests, after=None):
        try:
            for step in super()._steps(requests, after):
                self._tell(step.index)
                yield step
        finally:
            self._tell("end")

    def _tell(self, what: object) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()} {what}\n")


class Deadly(FakeEngine):
    def _steps(self, requests, after=None):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """An engine in two replicas, and what they tell."""
    log = tmp_path_factory.mktemp("told") / "log"
    log.touch()
    before = listening()
    engine = replicas.replicated(FakeEngine("told"), partial(Told, log, name="told", delay=0.02), 2, 2)
    engine.log, engine.ports = log, listening() - before
    yield engine
    replicas.end(engine)


def lines(told) -> list[list[str]]:
    return [line.split() for line in told.log.read_text("utf-8").splitlines()]


def until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def listening() -> set[tuple[str, str]]:
    """Address and port, in hexadecimal digits, of all that listens on this machine."""
    rows = [
        row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text("utf-8").splitlines()[1:]
    ]
    return {tuple(row[1].split(":")) for row in rows if row[3] == "0A"}


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelError, match=r"Ray Serve is not installed: pip install '\.\[ray\]'"):
        replicas.replicated(FakeEngine(), FakeEngine)


@needs_ray
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system tells nobody who listens")
def test_ray_listens_to_this_machine_alone_or_wants_its_token(told):
    import grpc

    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    everywhere = [int(port, 16) for address, port in told.ports if address not in loopback]
    assert len(told.ports) > len(everywhere) + 3
    for port in everywhere:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/ray.serve.ASGIService/HandleRequest")(b"", timeout=20)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


@needs_ray
@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "unipc"])
def test_steps_and_pictures_are_those_of_the_engine_itself(told, sampler):
    own, pair = FakeEngine("told"), [Request("a fox", seed=n, sampler=sampler, steps=6) for n in (1, 2)]
    for mine, theirs in zip(told.run_many(pair), own.run_many(pair), strict=True):
        assert (mine.index, mine.t, mine.sigma) == (theirs.index, theirs.t, theirs.sigma)
        assert (mine.x - theirs.x).abs().max() < 1e-6
    shown = told.preview(mine.x)
    np.testing.assert_array_equal(shown, own.preview(mine.x))
    shown[0, 0] = 0  # whoever has it may paint over it


@needs_ray
def test_a_run_that_is_closed_ends_in_the_replica(told):
    begun = len(lines(told))
    run = told.run(Request("a fox", steps=1000))
    for _ in range(5):
        next(run)
    run.close()
    until(lambda: lines(told)[-1][1] == "end")
    assert len(lines(told)) - begun < 100  # of a thousand steps


@needs_ray
@pytest.mark.parametrize("sampler", ["ddpm", "unipc"])
def test_a_run_whose_replica_is_killed_goes_on_in_another(told, sampler):
    request = Request("a fox", seed=4, sampler=sampler, steps=STEPS, branches=((20, 5),))
    whole, begun = FakeEngine("told").trace(request), len(lines(told))
    run, steps = told.run(request), []
    for step in run:
        steps.append(step)
        if step.index == 30 and len(steps) == 31:
            os.kill(int(lines(told)[-1][0]), signal.SIGKILL)
    taken = [(int(pid), int(k)) for pid, k in lines(told)[begun:] if k != "end"]
    _, second = dict.fromkeys(pid for pid, _ in taken)
    assert min(k for pid, k in taken if pid == second) > 30  # it did not begin anew
    assert [step.index for step in steps] == list(range(STEPS + 1))
    assert np.abs(told.collect(request, steps, 1.0).x - whole.x).max() < 1e-6


@needs_ray
def test_a_page_draws_by_replicas_as_by_its_own_engine(told):
    service = Service(lambda name: told, lambda: ["told"])
    *_, layer = service.stream("told", Request("a fox", steps=5), "visitor")
    assert isinstance(layer, Layer)
    np.testing.assert_array_equal(layer.trace.image, FakeEngine("told").trace(Request("a fox", steps=5)).image)


@needs_ray
def test_another_page_shares_them_and_a_faster_backend_keeps_them(told):
    other = replicas.replicated(FakeEngine("told"), Deadly, 9, 9)
    assert len(list(other.run(Request("a fox", steps=3)))) == 4
    assert other.hastened() is other


@needs_ray
def test_a_run_that_kills_every_replica_is_given_up(told, monkeypatch):
    monkeypatch.setattr(replicas, "DEATHS", 1)
    deadly = replicas.replicated(FakeEngine("deadly"), Deadly)
    with pytest.raises(ModelError, match="deadly cannot be asked now: 1 of its replicas ended"):
        list(deadly.run(Request("a fox", steps=3)))


@needs_ray
def test_a_shipped_model_draws_the_same_picture(told):
    local = core.load("starter")
    remote = core.load("starter", replicas=(1, 1))
    request = Request("a red apple", sampler="ddpm", seed=2)
    ours, theirs = (np.asarray(engine.trace(request).image, float) for engine in (local, remote))
    assert np.abs(ours - theirs).max() <= 2
