"""What no network can beat: score, density and denoiser of known data, in closed form and float64.

The data are a mixture of K isotropic Gaussians N(m_i, h_i^2), of weight pi_i: of a finite set of points, each
with one small width h (WIDTH), so that the density exists at the end of the walk too. Noised to
x_t = alpha x_0 + sigma eps, it is a mixture again, of N(alpha m_i, v_i) with v_i = alpha^2 h_i^2 + sigma^2, and

    w_i(x)       = softmax_i( log pi_i - log v_i - |x - alpha m_i|^2 / (2 v_i) )
    score        = grad log p_t(x) = sum_i w_i (alpha m_i - x) / v_i            = -E[eps | x] / sigma
    E[x_0 | x]   = sum_i w_i ( m_i + (alpha h_i^2 / v_i) (x - alpha m_i) )      (arXiv 2206.00364, eq. 57)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.guidance import Conditioning, Prediction
from core.schedule import Schedule
from core.toy.data import Points

WIDTH = 0.02  # h of a finite set of points, whose variance is 1 per coordinate
ANY = -1  # the label that stands for all classes together


@dataclass(frozen=True, eq=False)
class Mixture:
    """The data's distribution before any noise.

    Its methods take x (B, 2), alpha and sigma (B, 1) or (1, 1), and labels (B,) int64, ANY for all classes.
    """

    mean: Tensor  # (K, 2) float64
    width: Tensor  # (K,) float64
    weight: Tensor  # (K,) float64, summing to 1
    label: Tensor  # (K,) int64

    @classmethod
    def of(cls, points: Points, width: float = WIDTH) -> Mixture:
        """Every point as likely as any other."""
        count = len(points)
        full = torch.full((count,), 1.0, dtype=torch.float64)
        return cls(torch.from_numpy(points.x), width * full, full / count, torch.from_numpy(points.label))

    def log_terms(self, x: Tensor, alpha: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        """log( pi_i N(x; alpha m_i, v_i) ), (B, K); -inf in other classes.

        |x - alpha m|^2 is multiplied out, so that a level alike for all rows takes one product of matrices. What
        that loses to cancelling is 1e-16 |x|^2 / v: of 1e-10 at most, as v is never below h^2.
        """
        v = (alpha * self.width) ** 2 + sigma**2  # (B, K) or (1, K)
        alone = (self.weight / (2 * math.pi * v)).log() - (alpha**2 / (2 * v)) * self.mean.square().sum(1)
        if label is not None and bool((label != ANY).any()):
            alone = alone + self._members(label)  # (B, K)
        if len(v) == 1:
            across = torch.cat([(alpha / v) * self.mean.T, -0.5 / v])  # (3, K)
            return torch.addmm(alone, torch.cat([x, x.square().sum(1, keepdim=True)], 1), across)
        return alone + (alpha / v) * (x @ self.mean.T) - (0.5 / v) * x.square().sum(1, keepdim=True)

    def _members(self, label: Tensor) -> Tensor:
        """Minus the log of its class's share for a point of the row's class, -inf for others; 0 for ANY, (B, K)."""
        classes = torch.arange(ANY, int(self.label.max()) + 1)[:, None]
        member = (classes == ANY) | (classes == self.label)  # (classes + 1, K)
        share = (member * self.weight).sum(1, keepdim=True).log()
        return torch.where(member, -share, -math.inf)[label - ANY]

    def log_density(self, x: Tensor, alpha: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        """log p_t(x), (B,)"""
        return self.log_terms(x, alpha, sigma, label).logsumexp(1)

    def weights(self, x: Tensor, alpha: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        """How much each point of the data pulls at x, (B, K), rows summing to 1."""
        return self.log_terms(x, alpha, sigma, label).softmax(1)

    def posterior_mean(self, x: Tensor, alpha: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        """E[x_0 | x_t = x], (B, 2): the optimal denoiser."""
        w = self.weights(x, alpha, sigma, label)
        gain = alpha * self.width**2 / ((alpha * self.width) ** 2 + sigma**2)  # (B, K) or (1, K)
        if len(gain) == 1:  # one level for all, the sampler's case: the same in one pass over w
            mean = w @ torch.cat([(1 - alpha * gain) * self.mean.T, gain]).T  # (B, 3)
            return mean[:, :2] + mean[:, 2:] * x
        return (w * (1 - alpha * gain)) @ self.mean + (w * gain).sum(1, keepdim=True) * x

    def score(self, x: Tensor, alpha: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        """grad log p_t(x), (B, 2)"""
        w = self.weights(x, alpha, sigma, label) / ((alpha * self.width) ** 2 + sigma**2)
        return alpha * (w @ self.mean) - w.sum(1, keepdim=True) * x

    def denoiser(self, schedule: Schedule):
        """denoise(x, t, cond) for core.guidance; cond may hold a "label"."""

        def denoise(x: Tensor, t: Tensor, cond: Conditioning) -> Prediction:
            alone = t[:1] if bool((t == t[0]).all()) else t  # one level for all: K terms to prepare, not B K
            alpha, sigma = schedule.at(alone, like=x)
            x0 = self.posterior_mean(x, alpha, sigma, cond.get("label"))
            return Prediction((x - alpha * x0) / sigma, x0)

        return denoise

    def on_grid(self, axis: Tensor, alpha: float, sigma: float) -> tuple[Tensor, Tensor]:
        """p_t (G, G) and its score (2, G, G) on the grid axis x axis, first index x.

        A Gaussian is a product over x and y, so that G K exponentials serve all G^2 K. Where the density is
        below what float64 holds, the score is 0.
        """
        v = (alpha * self.width) ** 2 + sigma**2  # (K,)
        toward = alpha * self.mean.T[:, None] - axis[:, None]  # (2, G, K)
        along_x, along_y = torch.exp(-(toward**2) / (2 * v))
        along_x = along_x * (self.weight / (2 * math.pi * v))
        p = along_x @ along_y.T
        slope = torch.stack([(along_x * toward[0] / v) @ along_y.T, along_x @ (along_y * toward[1] / v).T])
        return p, torch.where(p > 1e-280, slope / p.clamp(min=1e-280), 0.0)


def timeless(mixture: Mixture, schedule: Schedule, x: Tensor, times: Tensor) -> Tensor:
    """The best guess of eps at x (B, 2) by a network that is not told the time, (B, 2).

    Training draws t evenly from times (M,), so it is the average of E[eps | x, t] over how likely x is at each t:
    sum_t p_t(x) E[eps | x, t] / sum_t p_t(x).
    """
    alpha, sigma = (value.view(-1, 1) for value in schedule.at(times))
    each = [(mixture.log_density(x, a[None], s[None]), -s * mixture.score(x, a[None], s[None]))
            for a, s in zip(alpha, sigma, strict=True)]  # fmt: skip
    share = torch.stack([log for log, _ in each]).softmax(0)  # (M, B)
    return (share[..., None] * torch.stack([eps for _, eps in each])).sum(0)


def speciation(mixture: Mixture, schedule: Schedule) -> float:
    """The timestep at which, walking back from noise, a sample commits to a part of the data.

    Where the data's widest spread and the noise weigh the same, alpha^2 Lambda = sigma^2, with Lambda the largest
    eigenvalue of the data's covariance: for large Lambda e^{-2t} Lambda = 1, as arXiv 2402.18491 defines t_S for
    the Ornstein-Uhlenbeck process.
    """
    centred = mixture.mean - mixture.weight @ mixture.mean
    covariance = centred.T @ (mixture.weight[:, None] * centred)
    widest = torch.linalg.eigvalsh(covariance)[-1] + mixture.weight @ mixture.width**2
    return _crossing(schedule, lambda alpha, sigma: float(alpha**2 * widest - sigma**2))


def collapse(mixture: Mixture, schedule: Schedule, probes: int = 64, seed: int = 0) -> float:
    """The timestep below which the exact score leads to single points of the data: memorising begins.

    Let x come from point i. Its own term of the mixture, Z_1, weighs as much as all others together, Z_2…n: the
    condition that arXiv 2402.18491 sets for t_C, here E log Z_1 = E log Z_2…n over probes of the points, with one
    fixed pair of noises each. 0 where the points overlap even without noise.
    """
    generator = torch.Generator().manual_seed(seed)
    own = torch.randperm(len(mixture.mean), generator=generator)[:probes]
    z = torch.randn(len(own), 2, generator=generator, dtype=torch.float64)
    rows, own, z = torch.arange(2 * len(own)), own.repeat(2), torch.cat([z, -z])

    def excess(alpha: Tensor, sigma: Tensor) -> float:
        spread = ((alpha * mixture.width[own]) ** 2 + sigma**2).sqrt()[:, None]
        terms = mixture.log_terms(alpha * mixture.mean[own] + spread * z, alpha[None, None], sigma[None, None])
        mine = terms[rows, own].clone()
        terms[rows, own] = -math.inf
        return float((mine - terms.logsumexp(1)).mean())

    return _crossing(schedule, excess)


def _crossing(schedule: Schedule, excess) -> float:
    """The timestep at which excess(alpha, sigma), falling in time, turns negative; found by halving."""
    low, high = 0, len(schedule) - 1
    if excess(schedule.alpha[0], schedule.sigma[0]) <= 0:
        return 0.0
    while high - low > 1:
        middle = (low + high) // 2
        above = excess(schedule.alpha[middle], schedule.sigma[middle]) > 0
        low, high = (middle, high) if above else (low, middle)
    return (high + 1) / len(schedule) if schedule.flow else float(high)
