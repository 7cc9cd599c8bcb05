"""An engine computed by replicas of it in Ray Serve, on this machine or a cluster: an extra, pip install '.[ray]'.

A replica is the engine in a process of its own, whose runs share its batches. Steps stream from it, and each of them
tells all that the rest of its run needs (core.types.Step): where a replica dies, another goes on after the last one.
What is asked for once a run, as CLIP and attention, stays with whoever asks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import core
from core.engine import Engine
from core.errors import ModelError
from core.model import Model
from core.types import Request, Step

TOGETHER = 8  # answers that a replica works on at once; more wait
BUSY = 4  # from so many on, on the average, another replica is started where there may be more
DEATHS = 3  # of replicas in a row, without a step between them: it may be the run that kills them
ALONE = {  # in the environment of a Ray of this machine alone, which else listens to every network
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # its switch, whatever the system, for nodes that know the loopback only
    "RAY_AUTH_MODE": "token",  # each replica has a port all the same that it binds to every network
    "RAY_USAGE_STATS_ENABLED": "0",  # it would report to its makers
}
QUIET = {"log_level": "ERROR", "enable_access_log": False}


class Replica:
    """The engine that load gives, in a process of its own, which Ray Serve starts and asks."""

    def __init__(self, load: Callable[[], Engine]):
        _send_tensors_as_arrays()
        self._engine = load()

    async def steps(self, requests: list[Request], after: Step | None) -> AsyncGenerator[Step, None]:
        """As Engine.run_many."""
        mine = ThreadPoolExecutor(1)  # core.batching knows a run by its thread
        run = self._engine.run_many(requests, after)
        try:
            while step := await asyncio.get_running_loop().run_in_executor(mine, next, run, None):
                yield step
        finally:  # the end, or a cancel, where a step may still be under way: it is the last
            mine.submit(run.close)
            mine.shutdown(wait=False)

    async def shown(self, how: str, latents: torch.Tensor) -> AsyncGenerator[np.ndarray, None]:
        """One answer: what the engine's method of this name makes of latents."""
        yield await asyncio.to_thread(getattr(self._engine, how), latents)


class Replicated(Engine):
    """An engine as any other, which leaves its runs and its pictures to replicas.

    handle: of Ray Serve's deployment of Replica, for streams.
    """

    def __init__(self, model: Model, handle: Any):
        super().__init__(model)
        self._handle = handle

    def hastened(self, convert: bool = False) -> Replicated:
        model = self.model.hastened(convert)
        return self if model is self.model else Replicated(model, self._handle)

    def _steps(self, requests: list[Request], after: Step | None = None) -> Generator[Step, None, None]:
        yield from self._answers(partial(self._handle.steps.remote, requests), after)

    def _shown(self, how: str, latents: torch.Tensor | np.ndarray) -> np.ndarray:
        asked = torch.as_tensor(latents, dtype=torch.float32)
        (pictures,) = self._answers(lambda last: self._handle.shown.remote(how, asked) if last is None else ())
        return pictures.copy()  # what Ray hands over cannot be written to

    def _answers(self, ask: Callable[[Any], Any], last: Any = None) -> Iterator[Any]:
        """What a replica answers to ask(None); one that dies is followed by another, asked for what follows the last.

        Raises ModelError where one after another dies.
        """
        from ray.exceptions import RayActorError

        deaths = 0
        while deaths < DEATHS:
            answers = ask(last)
            try:
                for last in answers:
                    deaths = 0
                    yield last
                return
            except RayActorError:
                deaths += 1
            finally:  # whoever closes this wants no more: without a cancel the replica would work on
                if answers:
                    answers.cancel()
        raise ModelError(f"{self.name} cannot be asked now: {DEATHS} of its replicas ended one after another.")


def load(name: str | Path | None, device: str, dtype: str, judge: str, least: int, most: int) -> Replicated:
    """As core.load, with at least so many replicas, and where they are busy up to so many."""
    engine = core.load(name, device, dtype, judge)
    return replicated(engine, partial(_load, name, device, dtype), least, most)


def _load(name: str | Path | None, device: str, dtype: str) -> Engine:
    return core.load(name, device, dtype).hastened(convert=True)


def replicated(engine: Engine, load: Callable[[], Engine], least: int = 1, most: int = 1) -> Replicated:
    """The engine, computed by replicas that each call load; Ray is begun where it was not.

    Replicas that serve this model in a cluster already are shared, however many there may be. ModelError as of begin.
    """
    alone = begin()
    from ray import serve

    name = _named(engine)
    if name in serve.status().applications:
        return Replicated(engine.model, serve.get_app_handle(name).options(stream=True))
    deployment = serve.deployment(
        Replica,
        max_ongoing_requests=TOGETHER,
        autoscaling_config={"min_replicas": least, "max_replicas": most, "target_ongoing_requests": BUSY},
        ray_actor_options={
            "num_cpus": 0 if alone else 1,  # a machine's own models share its cores as they do without Ray
            "num_gpus": int(engine.model.place.device.type == "cuda"),
        },
    )
    handle = serve.run(deployment.bind(load), name=name, route_prefix=None, logging_config=QUIET)
    return Replicated(engine.model, handle.options(stream=True))


def begin() -> bool:
    """Start Ray, or join the cluster that RAY_ADDRESS names; whether it is of this machine alone.

    Ray's processes end with the thread that calls this first. ModelError where Ray is not installed.
    """
    alone = not os.environ.get("RAY_ADDRESS")
    if alone:
        os.environ.update(ALONE)
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray
        from ray import serve
    except ImportError as error:
        raise ModelError("Ray Serve is not installed: pip install '.[ray]' installs it.") from error
    if not ray.is_initialized():
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        here = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": 1 << 28}
        ray.init(**(here if alone else {}), log_to_driver=False, logging_level=logging.ERROR)
        serve.start(proxy_location="Disabled", logging_config=QUIET)  # no HTTP: the page asks
        _send_tensors_as_arrays()
    return alone


def end(engine: Replicated) -> None:
    """Let the replicas of a model go, whoever shares them."""
    from ray import serve

    serve.delete(_named(engine))


def _named(engine: Engine) -> str:
    """The name of its application in Ray Serve."""
    return "driftscope " + re.sub(r"[^\w.-]", "-", engine.name)


def _send_tensors_as_arrays() -> None:
    """Between processes: Ray would pickle a tensor with the whole storage that it is a view of."""
    from ray.util import register_serializer

    register_serializer(torch.Tensor, serializer=lambda one: one.float().cpu().numpy(), deserializer=torch.tensor)
