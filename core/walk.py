"""What a sampler walks by: the stops, the predictions made there, and the family of moves from one stop to the next.

Needs no more of torch than the arithmetic of its tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

PURE_NOISE = 1e-3  # alpha of a state that holds no picture to speak of


class Prediction(NamedTuple):
    """What a denoiser says of x_t.

    x0 may be left out where eps determines it: x_0 = (x_t - sigma eps) / alpha. Where alpha is near 0 that
    division leaves nothing but rounding, so a model that predicts x_0 or a velocity gives x0 as well.
    """

    eps: Tensor
    x0: Tensor | None = None
    eps_cond: Tensor | None = None
    eps_uncond: Tensor | None = None


def predicted(output: Tensor | Prediction) -> Prediction:
    """A denoiser's output as a Prediction."""
    return output if isinstance(output, Prediction) else Prediction(output)


def looks_ahead(alpha: float, last: bool) -> bool:
    """Whether a sampler that asks twice a step does so: not where the state holds no picture yet, or will be clean."""
    return not last and alpha >= PURE_NOISE


@dataclass(frozen=True)
class Level:
    """A stop on the walk: its timestep, and how much signal and noise there is."""

    t: float
    alpha: float
    sigma: float

    @property
    def ratio(self) -> float:
        """sigma / alpha, the noise in x / alpha (sigma in arXiv 2206.00364); infinite where there is no signal."""
        return self.sigma / self.alpha if self.alpha else math.inf


@dataclass(frozen=True)
class Stop:
    """A stop that lies behind: its level, the prediction made there, and the state that the sampler left it in."""

    level: Level
    x0: Tensor  # (B, …)
    x: Tensor  # (B, …)


@dataclass(frozen=True)
class Move:
    """What an update goes by: x at level t, the predictions made there, and the level s to reach."""

    x: Tensor  # (B, …)
    x0: Tensor  # (B, …)
    eps: Tensor  # (B, …)
    t: Level
    s: Level
    eta: float
    past: tuple[Stop, ...]  # the last two stops at most, the latest first
    predict: Callable[[Tensor, Level], Tensor]  # asks the network once more, for eps
    between: Callable[[float], Level]  # the level where sigma / alpha is this
    draw: Callable[[], Tensor]  # noise like x, for a state between t and s
    corrected: list[Tensor] = field(default_factory=list)  # takes x where the update leaves from another one


def family(m: Move, eta: float) -> tuple[Tensor, float]:
    """The mean of x_s and the standard deviation of its fresh noise: eta 0 is DDIM, 1 is DDPM."""
    kept = (m.t.alpha * m.s.sigma / (m.t.sigma * m.s.alpha)) ** 2  # SNR_t / SNR_s
    fresh = eta * math.sqrt(1 - kept)  # tau / sigma_s
    return m.s.alpha * m.x0 + m.s.sigma * math.sqrt(1 - fresh**2) * m.eps, m.s.sigma * fresh
