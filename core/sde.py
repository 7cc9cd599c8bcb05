"""DPM-Solver++ SDE: DDPM's random walk, each step aimed by a second prediction halfway (arXiv 2211.01095, its 2S).

Halfway is meant in log(alpha / sigma). The noise that leads there is part of the noise of the whole step: both are of
one Brownian motion, whose time is the signal-to-noise ratio.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from core.walk import Move, family, looks_ahead

if TYPE_CHECKING:
    from torch import Tensor


def dpmpp_sde(m: Move) -> tuple[Tensor, float]:
    if not looks_ahead(m.t.alpha, last=m.s.sigma == 0):
        return family(m, eta=1)
    middle = m.between(math.sqrt(m.t.ratio * m.s.ratio))
    z = m.draw()
    mean, std = family(replace(m, s=middle), eta=1)
    x = mean + std * z
    x0 = (x - middle.sigma * m.predict(x, middle)) / middle.alpha
    mean, std = family(replace(m, x0=x0, eps=(m.x - m.t.alpha * x0) / m.t.sigma), eta=1)
    begun, half, whole = (level.ratio**-2 for level in (m.t, middle, m.s))
    share = (half - begun) / (whole - begun)  # of the step's noise, in variance, that led halfway
    return mean + std * math.sqrt(share) * z, std * math.sqrt(1 - share)
