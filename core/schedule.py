"""Noise schedules: how much signal and how much noise there is at each timestep.

Every process is x_t = alpha_t x_0 + sigma_t eps with eps ~ N(0, I); a schedule is those two curves.

Variance preserving (linear, scaled_linear, cosine): alpha^2 + sigma^2 = 1, and alpha_t is the square root of
the product of 1 - beta up to t (arXiv 2006.11239, eq. 4), at whole timesteps t, 0 (nearly clean) to T - 1.
Flow matching (flow): alpha = 1 - t and sigma = t, at any real t from 0 (clean) to 1 (arXiv 2210.02747).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import RequestError
from core.types import SPACINGS
from core.walk import PURE_NOISE

RHO = 7  # of the spacing "karras"
FLOW_START = 1 - 1e-8  # at t = 1 itself alpha is 0, and eps alone would not determine x_0


@dataclass(frozen=True, eq=False)
class Schedule:
    """alpha and sigma over T timesteps; of a flow schedule, at t = 1/T, 2/T … 1."""

    name: str
    alpha: Tensor  # (T,) float64
    sigma: Tensor  # (T,) float64
    flow: bool = False
    offset: int = 0  # added to the timesteps of the spacing "leading" (diffusers' steps_offset)
    shift: float = 1.0  # of a flow: t becomes shift t / (1 + (shift - 1) t) (arXiv 2403.03206, eq. 23)
    end: tuple[float, float] = (1.0, 0.0)  # alpha and sigma where DDIM stops

    def __len__(self) -> int:
        return len(self.alpha)

    def at(self, t: Tensor, like: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """alpha and sigma at timesteps t of any shape, int or (flow) float, as float64 on the CPU.

        With like, a batch x (B, …) for t (B,): in its dtype, on its device, shaped to broadcast over it.
        """
        t = t.cpu()
        if self.flow:
            alpha, sigma = 1 - t.double(), t.double()
        else:
            alpha, sigma = self._between(t.double()) if t.is_floating_point() else (self.alpha[t], self.sigma[t])
        if like is None:
            return alpha, sigma
        shape = (-1, *[1] * (like.ndim - 1))
        return alpha.view(shape).to(like), sigma.view(shape).to(like)

    def timesteps(self, steps: int, spacing: str) -> Tensor:
        """The timesteps a sampler visits, noisiest first: (steps,) int64, or float64 where they
        lie between whole ones.

        The spacings are diffusers' (arXiv 2305.08891, table 2): "leading" starts below T - 1 and ends at 0,
        "trailing" starts at T - 1 and ends above 0, "linspace" has both ends. On a flow schedule nothing is
        rounded and timestep p becomes t = (p + 1) / T, then shifted; there "linspace" is FlowMatchEuler's spacing.
        "karras" (arXiv 2206.00364, eq. 5, rho 7) crowds the low noise levels; its timesteps lie between whole ones.
        Raises RequestError for more steps than timesteps, or an unknown spacing.
        """
        T = len(self)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= T:
            raise RequestError("steps", steps, f"a whole number from 1 to {T}")
        whole = np.asarray if self.flow else np.round
        if spacing == "leading":
            p = np.minimum(np.arange(steps)[::-1] * (T // steps) + self.offset, T - 1)
        elif spacing == "trailing":
            p = whole(np.arange(T, 0, -T / steps)[:steps]) - 1  # its rounding may make one too many
        elif spacing == "linspace":
            low = T * self._shifted(1 / T) - 1 if self.flow else 0  # diffusers shifts a flow's end twice
            p = whole(np.linspace(low, T - 1, steps))[::-1]
        elif spacing == "karras":
            return self._karras(steps)
        else:
            raise RequestError("spacing", spacing, f"one of {', '.join(SPACINGS)}")
        return torch.from_numpy(np.minimum(self._shifted((p + 1) / T), FLOW_START) if self.flow else p.astype(np.int64))

    def _shifted(self, t: np.ndarray | float) -> np.ndarray | float:
        return t if self.shift == 1 else self.shift * t / (1 + (self.shift - 1) * t)

    def _karras(self, steps: int) -> Tensor:
        """The timesteps where sigma / alpha falls from the highest to the lowest by equal steps of its 7th root."""
        low, high = (self._ratio()[end] ** (1 / RHO) for end in (0, -1))
        return self.where(torch.from_numpy(np.linspace(high, low, steps) ** RHO))

    def where(self, ratio: Tensor) -> Tensor:
        """The timesteps at which sigma / alpha has these values, float64, mostly between whole ones."""
        if self.flow:
            return ratio / (1 + ratio)
        return torch.from_numpy(np.interp(np.log(ratio.numpy()), np.log(self._ratio()), np.arange(len(self))))

    def _ratio(self) -> np.ndarray:
        return (self.sigma / self.alpha.clamp(min=PURE_NOISE)).numpy()

    def _between(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """alpha and sigma between whole timesteps, where the logarithm of sigma / alpha goes straight."""
        low = t.floor().long().clamp(0, len(self) - 1)
        high = (low + 1).clamp(max=len(self) - 1)
        below, above = (torch.log(self.sigma[i] / self.alpha[i].clamp(min=1e-12)) for i in (low, high))
        ratio = torch.lerp(below, above, t - low).exp()
        alpha = (1 + ratio**2).rsqrt()
        whole = t == low
        return torch.where(whole, self.alpha[low], alpha), torch.where(whole, self.sigma[low], alpha * ratio)


def linear(T: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02) -> Schedule:
    """beta rises on a straight line (arXiv 2006.11239, section 4)."""
    return _from_betas("linear", torch.linspace(beta_start, beta_end, T, dtype=torch.float64))


def scaled_linear(T: int = 1000, beta_start: float = 0.00085, beta_end: float = 0.012) -> Schedule:
    """The square root of beta rises on a straight line: latent diffusion's schedule (arXiv 2112.10752)."""
    betas = torch.linspace(beta_start**0.5, beta_end**0.5, T, dtype=torch.float64) ** 2
    return _from_betas("scaled_linear", betas)


def cosine(T: int = 1000) -> Schedule:
    """The product of 1 - beta falls as a squared cosine, beta capped at 0.999 (arXiv 2102.09672, eq. 17)."""
    time = torch.linspace(0, 1, T + 1, dtype=torch.float64)
    falling = torch.cos((time + 0.008) / 1.008 * math.pi / 2) ** 2
    return _from_betas("cosine", (1 - falling[1:] / falling[:-1]).clamp(max=0.999))


def flow(T: int = 1000, shift: float = 1.0) -> Schedule:
    """A straight line from data to noise (arXiv 2210.02747, 2209.03003)."""
    t = torch.arange(1, T + 1, dtype=torch.float64) / T
    return Schedule("flow", 1 - t, t, flow=True, shift=shift)


SCHEDULES = {"linear": linear, "scaled_linear": scaled_linear, "cosine": cosine, "flow": flow}


def named(name: object) -> Schedule:
    """The schedule that a manifest or a link names; RequestError for any other name."""
    if not isinstance(name, str) or name not in SCHEDULES:
        raise RequestError("schedule", name, f"one of {', '.join(SCHEDULES)}")
    return SCHEDULES[name]()


def _from_betas(name: str, betas: Tensor) -> Schedule:
    signal = torch.cumprod(1 - betas, dim=0)
    return Schedule(name, signal.sqrt(), (1 - signal).sqrt())
