"""The one sampling loop; what each sampler does in it is in updates.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from core.errors import RequestError
from core.schedule import Schedule
from core.types import Step
from core.updates import SAMPLERS
from core.walk import PURE_NOISE, Level, Move, Prediction, Stop, predicted

__all__ = ["PURE_NOISE", "SAMPLERS", "Bounds", "sample"]

Bounds = tuple[Tensor, Tensor] | tuple[float, float] | Callable[[Tensor], Tensor]  # of x̂_0: low and high, or who bounds


@torch.no_grad()
def sample(
    denoise: Callable[[Tensor, Tensor], Tensor | Prediction],
    x: Tensor,
    schedule: Schedule,
    sampler: str = "ddim",
    steps: int = 25,
    eta: float = 0.0,
    spacing: str = "leading",
    noise: Callable[[int], Tensor] | None = None,
    generator: Sequence[torch.Generator] | None = None,
    start: int = 0,
    clip: Bounds | None = None,
    past: tuple[Stop, ...] = (),
    drawn: int = 0,
) -> Iterator[Step]:
    """Walk from noise x (B, …) to a clean sample, in the dtype of x: yields x alone, then a Step an update.

    denoise(x, t) gives eps, plain or in a Prediction. t is (B,), int64, or the dtype of x on a
    flow schedule and between timesteps.
    noise(i) gives the z of update i = 0, 1 … Without it, and between two stops, z is drawn on the CPU in float32,
    from one generator a sample, so that no sample depends on the batch it is in (or, without those, from torch's own).
    start: begin at the start-th timestep; x is the state after that many updates.
    past, drawn: of the Step that x is of, to go on as if the walk had never been interrupted; as many noises as drawn
    have then been taken from the generators.
    clip: (low, high) for x̂_0, or a function of it; the eps of the Step then goes with the clipped x̂_0.
    Raises RequestError for an unknown sampler or spacing, and for steps, eta or start out of range.
    """
    if sampler not in SAMPLERS:
        raise RequestError("sampler", sampler, f"one of {', '.join(SAMPLERS)}")
    if not 0 <= eta <= 1:
        raise RequestError("eta", eta, "a number from 0 to 1")
    end = (1.0, 0.0) if SAMPLERS[sampler].ends_clean else schedule.end
    levels = _levels(schedule, steps, spacing, end)
    if not 0 <= start < steps:
        raise RequestError("start", start, f"a whole number from 0 to {steps - 1}")

    def predict(x: Tensor, level: Level) -> tuple[Tensor, Prediction]:
        """x̂_0, and the prediction that it goes with."""
        dtype = torch.int64 if isinstance(level.t, int) else x.dtype
        t = torch.full((len(x),), level.t, dtype=dtype, device=x.device)
        p = predicted(denoise(x, t))
        x0 = (x - level.sigma * p.eps) / level.alpha if p.x0 is None else p.x0
        if clip is None:
            return x0, p
        x0 = clip(x0) if callable(clip) else x0.clamp(*clip)
        return x0, p._replace(eps=(x - level.alpha * x0) / level.sigma)

    yield Step(start, x, past=past, drawn=drawn)
    draw = _Noise(x, generator, drawn)
    for i in range(start, steps):
        here = levels[i]
        x0, p = predict(x, here)
        move = Move(
            x, x0, p.eps, here, levels[i + 1], eta, past,
            predict=lambda x, level: predict(x, level)[1].eps,
            between=partial(_between, schedule),
            draw=draw,
        )  # fmt: skip
        arrived, std = SAMPLERS[sampler].update(move)
        past = Stop(here, x0, *(move.corrected or [x])), *past[:1]
        x = arrived
        z = None
        if std > 0:
            z = noise(i).to(x) if noise else draw()
            x = x + std * z
        yield Step(i + 1, x, here.t, here.alpha, here.sigma, x0, p.eps, p.eps_cond, p.eps_uncond, z, past, draw.count)


def _levels(schedule: Schedule, steps: int, spacing: str, end: tuple[float, float]) -> list[Level]:
    t = schedule.timesteps(steps, spacing)
    alpha, sigma = schedule.at(t)
    return [*map(Level, t.tolist(), alpha.tolist(), sigma.tolist()), Level(0, *end)]


def _between(schedule: Schedule, ratio: float) -> Level:
    t = schedule.where(torch.tensor([ratio], dtype=torch.float64))
    alpha, sigma = schedule.at(t)
    return Level(t.item(), alpha.item(), sigma.item())


class _Noise:
    """z after z of the shape of x, from one generator a sample; count is how many there were."""

    def __init__(self, like: Tensor, generators: Sequence[torch.Generator] | None, count: int):
        self._like, self._generators, self.count = like, generators, count

    def __call__(self) -> Tensor:
        self.count += 1
        if self._generators is None:
            return torch.randn(self._like.shape).to(self._like)
        pairs = zip(self._like, self._generators, strict=True)
        return torch.stack([torch.randn(row.shape, generator=g) for row, g in pairs]).to(self._like)
