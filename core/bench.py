"""`python -m core bench`: how fast a model runs on this machine, all figures from one run, side by side."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import IO, cast

import numpy as np
import torch

from core import threads
from core.engine import Engine
from core.lanes import MAX_BATCH, together
from core.model import Model
from core.networks import store
from core.probe import attention
from core.types import Request

PROMPT = "a red apple"
REPEATS = 7
MAX_BUSY = 64  # processes
MAX_VISITORS = 24  # more than the service takes at a time would be turned away
MAX_REPLICAS = 64  # of one machine


def bench(engine: Engine, busy: int = 1) -> None:
    """Print the table, a row as soon as it is measured; takes about a minute.

    busy: so many processes that do nothing but compute run beside the engine, for one row.
    """
    request = Request(prompt=PROMPT)
    noise = np.zeros((1, *engine.latent_shape), np.float32)
    eager = Engine(store.load(engine.model.folder, engine.model.place))  # by PyTorch, one operation after another
    run, inside, reading = _timed(engine, request)
    flops, peak = _flops(eager, request) / inside, _matmul_peak(torch.float32)
    print(
        f"{engine.name} on {platform.machine()}, {torch.get_num_threads()} of {threads.cores()} threads for a run, "
        f"{'OpenVINO' if engine.hasty else 'PyTorch'}, "
        f"torch {torch.__version__}"
    )
    _row("25-step DDIM with guidance", f"{run:.3f} s")
    _row("the same by eager PyTorch", _against(lambda: _once(engine, request), lambda: _once(eager, request)))
    _row("the same with every step recorded", _against(lambda: _once(engine, request), lambda: engine.trace(request)))
    _row("a step with guidance", f"{1000 * run / request.steps:.2f} ms")
    _row("share of reading the prompts with CLIP", f"{reading / run:.1%}")
    _row("share outside both networks", f"{1 - (inside + reading) / run:.1%}")
    _row("the network", f"{flops / 1e9:.0f} GFLOP/s, {flops / peak:.0%} of the float32 matmul peak")
    _row(f"the same beside {busy} busy process{'es' * (busy != 1)}", _beside(engine, request, busy))
    _row("first picture after Generate", f"{1000 * _median(lambda: _first_picture(engine, request)):.0f} ms")
    _row("decoding one picture", f"{1000 * _median(lambda: engine.decode(noise)):.1f} ms")
    _row("1000-step DDPM with guidance", f"{_once(engine, Request(PROMPT, sampler='ddpm', steps=1000)):.1f} s")
    for count in (2, 4, MAX_BATCH, 2 * MAX_BATCH):
        _row(f"{count} requests side by side, each", _batch(engine, request, count, run))
    _row("attention of every word, after a run", _attention(engine, request))
    _row("25-step DDIM under bf16 autocast", _bf16(eager, request))
    _row("the same network under diffusers' DDIMScheduler", _diffusers(engine, request, run))


def _row(name: str, figure: str) -> None:
    print(f"{name:47}  {figure}", flush=True)


def _timed(engine: Engine, request: Request) -> tuple[float, float, float]:
    """Median seconds of a run, of the network in it, and of what is read once a run: CLIP, keys and values."""
    clocked = _Clocked(engine.model)
    inner = Engine(cast(Model, clocked))  # it answers as the model does
    runs = []
    for _ in range(1 + REPEATS):
        clocked.seconds, clocked.reading, began = 0.0, 0.0, time.perf_counter()
        list(inner.run(request))
        runs.append((time.perf_counter() - began, clocked.seconds, clocked.reading))
    return tuple(median(column) for column in zip(*runs[1:], strict=True))


def _median(work: Callable[[], object]) -> float:
    """Median seconds of the work."""
    work()
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _once(engine: Engine, request: Request) -> float:
    began = time.perf_counter()
    for _ in engine.run(request):
        pass
    return time.perf_counter() - began


def _against(one: Callable[[], object], other: Callable[[], object]) -> str:
    """The other's seconds, and how they compare: both by turns, so that what else the machine does counts on both."""
    seconds: tuple[list[float], list[float]] = [], []
    for _ in range(1 + REPEATS):
        for work, taken in zip((one, other), seconds, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    ours, theirs = (median(taken[1:]) for taken in seconds)
    return f"{theirs:.3f} s, {theirs / ours:.2f} times as long"


def _beside(engine: Engine, request: Request, busy: int) -> str:
    """Alone and beside busy processes by turns, so that whatever else the machine does counts on both sides."""
    alone, beside = [], []
    for _ in range(REPEATS):
        alone.append(_once(engine, request))
        with _busy(busy):
            beside.append(_once(engine, request))
    return f"{median(beside):.3f} s, {median(beside) / median(alone):.2f} times as long as alone"


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """So many processes that compute without end, at work when the block begins and gone after it."""
    endless = "print(flush=True)\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", endless], stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for other in others:
            cast(IO[bytes], other.stdout).readline()
        yield
    finally:
        for other in others:
            other.kill()
            other.communicate()


def _batch(engine: Engine, request: Request, count: int, alone: float) -> str:
    each = _median(lambda: list(together(engine, [request] * count))) / count
    return f"{each:.3f} s, {alone / each:.2f} times as fast as alone"


def _first_picture(engine: Engine, request: Request) -> None:
    run = engine.run(request)
    next(run)
    engine.decode(cast(torch.Tensor, next(run).x0))
    run.close()


class _Clocked:
    """A model that counts the seconds spent in its network, and in reading what it is conditioned on."""

    def __init__(self, model: Model):
        self.seconds, self.reading, self._model = 0.0, 0.0, model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def condition(self, asked):
        began = time.perf_counter()
        cond = self._model.condition(asked)
        self.reading += time.perf_counter() - began
        return cond

    def predict(self, x, t, cond):
        began = time.perf_counter()
        out = self._model.predict(x, t, cond)
        self.seconds += time.perf_counter() - began
        return out


def _flops(engine: Engine, request: Request) -> float:
    """Floating-point operations of the network in a run, counted from its matrix products."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        list(engine.run(request))
    return counter.get_total_flops()


def _matmul_peak(dtype: torch.dtype, side: int = 1024) -> float:
    """FLOP/s of a square matrix product."""
    a, b = torch.randn(2, side, side).to(dtype)
    return 2 * side**3 / _median(lambda: a @ b)


def _attention(engine: Engine, request: Request) -> str:
    """Looking costs the run itself nothing: the network is asked again, afterwards."""
    if not engine.model.attends:
        return "none to look at"
    trace = engine.trace(request)
    return f"{1000 * _median(lambda: attention(engine, trace, np.arange(request.steps))):.0f} ms"


def _bf16(engine: Engine, request: Request) -> str:
    lower = Engine.load(engine.model.folder, engine.model.place.device.type, "bfloat16")

    def fast():
        return list(lower.run(request))[-1].x

    slow = list(engine.run(request))[-1].x
    apart = np.abs(engine.decode(fast()).astype(float) - engine.decode(slow)).mean()
    return f"{_median(fast):.3f} s, its picture {apart:.2f} of 255 away on average"


def _diffusers(engine: Engine, request: Request, ours: float) -> str:
    try:
        from diffusers import DDIMScheduler
    except ImportError:
        return "not measured: pip install diffusers"
    theirs = DDIMScheduler(
        trained_betas=_betas(engine), clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing"
    )
    theirs.set_timesteps(request.steps)
    noise = torch.randn(1, *engine.latent_shape, generator=torch.Generator().manual_seed(request.seed))

    @torch.inference_mode()
    def loop() -> torch.Tensor:
        denoise, x = engine.denoiser([request]), noise
        for t in theirs.timesteps:
            x = theirs.step(denoise(x, t[None]).eps, t, x).prev_sample
        return x

    seconds = _median(loop)
    return f"{seconds:.3f} s, ours takes {ours / seconds:.2f} of it"


def _betas(engine: Engine) -> np.ndarray:
    signal = (engine.schedule.alpha**2).numpy()
    return 1 - signal / np.concatenate([[1.0], signal[:-1]])
