"""From a network to a denoiser: whatever it predicts becomes eps, and its conditionings become guidance.

    network(x, t, cond)  --as_denoiser-->  denoise(x, t, cond)  --guide-->  denoise(x, t)

A denoiser gives eps in the dtype of x, as a plain tensor or as a Prediction that says more. x is (B, …), t is
(B,), and cond is a tree (dicts and lists, nested as the network likes) of tensors with B rows each; nothing here
asks what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from core.errors import RequestError
from core.schedule import Schedule
from core.updates import Prediction, predicted

Conditioning = dict[str, Any]  # the tree: its tensors, and dicts and lists of more, by the names that its network knows


def each(function: Callable[..., Tensor], *trees: Any) -> Any:
    """A tree of what function makes of the tensors that stand at one place of the trees."""
    first = trees[0]
    if isinstance(first, dict):
        return {name: each(function, *(tree[name] for tree in trees)) for name in first}
    if isinstance(first, (list, tuple)):
        return [each(function, *below) for below in zip(*trees, strict=True)]
    return function(*trees)


def split(tree: Conditioning) -> tuple[Conditioning, Conditioning]:
    """The first half of the rows, and the second."""
    return each(lambda rows: rows.chunk(2)[0], tree), each(lambda rows: rows.chunk(2)[1], tree)


def as_denoiser(network: Callable, kind: str, schedule: Schedule) -> Callable:
    """A denoiser from a network(x, t, cond) that predicts, of x_t = alpha x_0 + sigma eps, one kind of

    "eps", "x0", "v" = alpha eps - sigma x_0 (arXiv 2202.00512), "flow" = eps - x_0 (arXiv 2209.03003).
    Raises RequestError for any other kind.
    """
    if kind not in KINDS:
        raise RequestError("prediction kind", kind, f"one of {', '.join(KINDS)}")
    if kind == "eps":
        return network
    return lambda x, t, cond: _read(kind, network(x, t, cond), x, *schedule.at(t, like=x))


KINDS: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {  # a and b of a prediction a x_0 + b eps, of alpha and sigma
    "eps": lambda alpha, sigma: (0, 1),
    "x0": lambda alpha, sigma: (1, 0),
    "v": lambda alpha, sigma: (-sigma, alpha),
    "flow": lambda alpha, sigma: (-1, 1),
}


def _read(kind: str, prediction: Tensor, x: Tensor, alpha: Tensor, sigma: Tensor) -> Prediction:
    """Both unknowns, of the two equations x = alpha x_0 + sigma eps and prediction = a x_0 + b eps."""
    a, b = KINDS[kind](alpha, sigma)
    scale = alpha * b - sigma * a
    return Prediction((alpha * prediction - a * x) / scale, (b * x - sigma * prediction) / scale)


def rescaling(kind: str, schedule: Schedule, share: Tensor) -> Callable:
    """Guidance rescale (arXiv 2305.08891, eqs. 14 to 16), for guide: much guidance makes a prediction too large, which
    shows as glaring pictures; it is made as large as the one with the prompt, by this share (B,) of the way.

    Large is meant as what the network predicts, whose standard deviation over a whole sample is taken.
    """

    def rescale(x: Tensor, t: Tensor, g: Tensor, guided: Prediction, cond: Prediction) -> Prediction:
        alpha, sigma = schedule.at(t, like=x)
        a, b = KINDS[kind](alpha, sigma)

        def told(p: Prediction) -> Tensor:
            return p.eps if p.x0 is None else a * p.x0 + b * p.eps

        def deviation(p: Prediction) -> Tensor:
            return told(p).flatten(1).std(1)

        on = torch.where((g == 0) | (g == 1), 0, share).to(x)  # where one branch alone counts, as if it ran alone
        factor = torch.lerp(torch.ones_like(on), deviation(cond) / deviation(guided), on)
        larger = factor.view(-1, *[1] * (x.ndim - 1)) * told(guided)
        return Prediction(larger) if guided.x0 is None else _read(kind, larger, x, alpha, sigma)

    return rescale


def guide(
    denoise: Callable,
    cond: Conditioning,
    uncond: Conditioning,
    guidance: float | Tensor | Callable[[Tensor], Tensor],
    rescale: Callable[[Tensor, Tensor, Tensor, Prediction, Prediction], Prediction] | None = None,
) -> Callable:
    """Classifier-free guidance (arXiv 2207.12598): eps = eps_uncond + g (eps_cond - eps_uncond).

    g = 1 is the conditional prediction alone and g = 0 the unconditional one, each at half the cost; a tensor
    (B,) gives every sample its own g, and a function of t (B,) gives that tensor for each timestep. A negative
    prompt is what guidance leads away from: its conditioning takes the place of uncond. Both branches go through
    the network in one batch of 2 B. rescale: what rescaling made, for the guided prediction.
    """
    scale = guidance if callable(guidance) else lambda t: torch.as_tensor(guidance, dtype=torch.float64)
    both = each(lambda *halves: torch.cat(halves), cond, uncond)

    def guided(x: Tensor, t: Tensor) -> Prediction:
        g = scale(t)
        if (g == 1).all():
            p = predicted(denoise(x, t, cond))
            return p._replace(eps_cond=p.eps)
        if (g == 0).all():
            p = predicted(denoise(x, t, uncond))
            return p._replace(eps_uncond=p.eps)
        p = predicted(denoise(torch.cat([x, x]), torch.cat([t, t]), both))  # (2 B, …)
        weight = g.to(x).view(-1, *[1] * (x.ndim - 1))  # (B, 1, …), or (1, 1, …) for one g

        def mix(pair: Tensor) -> Tensor:
            with_cond, without = pair.chunk(2)
            return torch.lerp(without, with_cond, weight)  # exact at 0 and at 1

        guided = Prediction(mix(p.eps), None if p.x0 is None else mix(p.x0))
        if rescale is not None:
            cond_half = Prediction(p.eps.chunk(2)[0], None if p.x0 is None else p.x0.chunk(2)[0])
            guided = rescale(x, t, g, guided, cond_half)
        with_cond, without = p.eps.chunk(2)
        return guided._replace(eps_cond=with_cond, eps_uncond=without)

    return guided


def within(
    schedule: Schedule, guidance: float | Tensor, low: float | Tensor, high: float | Tensor
) -> Callable[[Tensor], Tensor]:
    """Guidance only where low <= sigma_t <= high, and 1, the conditional prediction alone, elsewhere.

    Guidance harms at high noise levels and is of little use at low ones (arXiv 2404.07724, whose sigma is
    sigma / alpha here). Guidance and bounds are numbers, or (B,) for every sample its own.
    """
    g, low, high = (torch.as_tensor(value, dtype=torch.float64) for value in (guidance, low, high))

    def scale(t: Tensor) -> Tensor:
        _, sigma = schedule.at(t)  # (B,)
        return torch.where((low <= sigma) & (sigma <= high), g, 1.0)

    return scale
