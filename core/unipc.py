"""UniPC of order 2 (arXiv 2302.04867, with B(h) = e^h - 1): each prediction also corrects the step that led to it.

In the variables of its paper: h is how much log(alpha / sigma) rises over a step, and D the difference of two
predictions x̂_0 over the share of the step that lies between them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.walk import Level, Move, family

if TYPE_CHECKING:
    from torch import Tensor


def unipc(m: Move) -> tuple[Tensor, float]:
    """Correct x by the prediction made at it, then go on from there; the first and the last step go on as DDIM does."""
    x = _corrected(m) if m.past else m.x
    m.corrected.append(x)
    if m.s.sigma == 0:
        return family(m, eta=0)
    h, phi, straight = _straight(x, m.x0, m.t, m.s)
    if not m.past:
        return straight, 0.0
    slope = (m.past[0].x0 - m.x0) / (_log_ratio(m.t, m.past[0].level) / h)
    return straight - m.s.alpha * phi * slope / 2, 0.0


def _corrected(m: Move) -> Tensor:
    """x anew from the stop before, now that the prediction at its end is known too."""
    last, *earlier = m.past
    h, phi, straight = _straight(last.x, last.x0, last.level, m.t)
    ends = m.x0 - last.x0
    if not earlier or math.isinf(earlier[0].level.ratio):
        return straight - m.t.alpha * phi * ends / 2
    share = _log_ratio(last.level, earlier[0].level) / h  # negative: it lies before the step
    slope = (earlier[0].x0 - last.x0) / share
    first = (phi / -h - 1) / phi  # of the two conditions on the weights: their sum, and what they weigh
    second = (first * phi / -h - 0.5) * 2 / phi
    mine = (second - share * first) / (1 - share)
    return straight - m.t.alpha * phi * ((first - mine) * slope + mine * ends)


def _straight(x: Tensor, x0: Tensor, t: Level, s: Level) -> tuple[float, float, Tensor]:
    """h of the step from t to s, e^-h - 1, and the state at s if x̂_0 stayed as it is."""
    h = _log_ratio(t, s)
    phi = math.expm1(-h)
    return h, phi, s.sigma / t.sigma * x - s.alpha * phi * x0


def _log_ratio(t: Level, s: Level) -> float:
    """How much log(alpha / sigma) rises from t to s."""
    if math.isinf(s.ratio):
        return -math.inf
    return math.log(t.ratio / s.ratio) if math.isfinite(t.ratio) else math.inf
