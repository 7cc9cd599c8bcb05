"""Every sampler: how it moves from one noise level to the next.

A sampler walks from noise to a picture. Wherever it stands it holds x_t = alpha_t x_0 + sigma_t eps, of which
the network guesses eps, the noise. That guess is also a guess of where the walk ends,

    x̂_0 = (x_t - sigma_t eps) / alpha_t,

blurred at first and sharper at every stop. To reach the next stop s, a little less noisy, the sampler mixes
the two guesses again in the proportions of s; if it likes, it replaces some of eps by fresh z ~ N(0, I):

    x_s = alpha_s x̂_0 + sqrt(sigma_s^2 - tau^2) eps + tau z,      0 <= tau <= sigma_s.

For any tau x_s has as much signal and as much noise as it should, so one network serves a whole family
(arXiv 2010.02502, eqs. 12 and 16, in a form that also holds where alpha^2 + sigma^2 is not 1):

    tau = eta sigma_s sqrt(1 - SNR_t / SNR_s),      SNR = alpha^2 / sigma^2.

eta = 0         is DDIM: no fresh noise, so the starting noise alone decides the picture. The walk follows an
                ordinary differential equation; on a flow schedule its steps are exactly Euler's.
eta = 1         is DDPM: the fresh noise of the forward process run backwards (arXiv 2006.11239, eq. 7).
ddpm-large      has DDPM's mean and more noise, with the variance of the forward step.
ddpm-noiseless  has DDPM's mean and no noise: what is taken away is never put back, so all walks shrink
                towards an average, a blur.

More solvers follow DDIM's equation in fewer steps. DPM-Solver++ 2M takes a DDIM step to a better x̂_0, on the line
through the last two (2M SDE: a DDPM step; SDE: a DDPM step too, to an x̂_0 that the network is asked for halfway);
UniPC corrects each step by the next prediction; Heun takes a DDIM step, asks the network again where it arrives, and
corrects. LCM, for networks distilled for it, makes all the noise anew.

The walk ends clean, at alpha = 1 and sigma = 0, where the last step of every sampler gives x̂_0 itself. To add
a sampler, write the function that makes one update and give it a row in SAMPLERS. No update needs more of torch
than the arithmetic of its tensors, so the table is at hand before torch is, which takes seconds to import.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.sde import dpmpp_sde
from core.unipc import unipc
from core.walk import PURE_NOISE, Level, Move, Prediction, family, looks_ahead, predicted

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

__all__ = ["PURE_NOISE", "SAMPLERS", "Level", "Move", "Prediction", "Sampler", "predicted", "sampler_named"]

# The updates. Each gives the mean of x_s and the standard deviation of the noise to add to it.


def _ddim(m: Move) -> tuple[Tensor, float]:
    return family(m, m.eta)


def _ddpm(m: Move) -> tuple[Tensor, float]:
    return family(m, eta=1)


def _ddpm_large(m: Move) -> tuple[Tensor, float]:
    mean, tau = family(m, eta=1)
    return mean, tau * m.t.sigma / m.s.sigma if tau > 0 else 0.0  # sqrt(beta) on a VP schedule


def _ddpm_noiseless(m: Move) -> tuple[Tensor, float]:
    mean, _ = family(m, eta=1)
    return mean, 0.0


def _dpmpp_2m(m: Move, eta: float = 0) -> tuple[Tensor, float]:
    """arXiv 2211.01095, algorithm 2, of which the first and the last step are DDIM's, or DDPM's where eta is 1."""
    if not m.past or m.s.sigma == 0:
        return family(m, eta)
    last = m.past[0]
    longer = math.log(last.level.ratio / m.t.ratio) if math.isfinite(last.level.ratio) else math.inf
    stride = math.log(m.t.ratio / m.s.ratio) / longer  # 1 / r, of log-SNR
    x0 = m.x0 + stride / 2 * (m.x0 - last.x0)
    return family(replace(m, x0=x0, eps=(m.x - m.t.alpha * x0) / m.t.sigma), eta)


def _dpmpp_2m_sde(m: Move) -> tuple[Tensor, float]:
    return _dpmpp_2m(m, eta=1)


def _lcm(m: Move) -> tuple[Tensor, float]:
    """arXiv 2310.04378, algorithm 3: all noise is fresh. Its boundary factors are 1 and 0 but at t = 0."""
    return m.s.alpha * m.x0, m.s.sigma


def _heun(m: Move) -> tuple[Tensor, float]:
    """arXiv 2206.00364, algorithm 1 without churn: x / alpha moves along eps as sigma / alpha falls.

    A step out of pure noise is not corrected: from alpha near 0, the first step of a cosine or flow schedule,
    sigma / alpha falls a thousandfold, and a straight line that long would magnify any change of eps.
    """
    x, _ = family(m, eta=0)
    if not looks_ahead(m.t.alpha, last=m.s.sigma == 0):
        return x, 0.0
    eps = m.predict(x, m.s)
    return x + m.s.alpha * (m.s.ratio - m.t.ratio) / 2 * (eps - m.eps), 0.0


@dataclass(frozen=True)
class Sampler:
    """A row of the table of samplers: all that is computed, said and drawn of one, wherever that is.

    doing, doing_first, doing_eta: what it does with the predictions, at a step, at the first one where that differs,
        and where eta > 0, which is filled in.
    own_eta: of one that reads no eta, the eta that it amounts to, or what it does instead, in a word or two.
    process: whose colour it has: "ddim", "ddpm", "noiseless" or "faster"; dash: how its curves are drawn.
    calls: of the network, a step; evaluations says how many a whole run makes.
    shrinks: it leaves out noise that belongs there, so that paths end near the mean of the data.
    measured: the numbers of steps at which a model's curves of quality have a point of it.
    aliases: names that other programs have for it.
    """

    label: str
    description: str
    doing: str
    update: Callable[[Move], tuple[Tensor, float]]
    process: str
    measured: tuple[int, ...]
    doing_first: str = ""
    doing_eta: str = ""
    dash: str = "solid"
    adds_noise: bool = False
    reads_eta: bool = False  # and then adds noise where eta > 0
    own_eta: str = "0"
    ends_clean: bool = True  # else where the schedule ends, which may leave a trace of noise
    calls: int = 1
    shrinks: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its label with the names that others have for it: what a list to search in shows."""
        return f"{self.label} ({', '.join(self.aliases)})" if self.aliases else self.label

    def does(self, first: bool, eta: float) -> str:
        """What it does with the predictions of a step, the last step aside, which every sampler makes alike."""
        if first and self.doing_first:
            return self.doing_first
        return self.doing_eta.format(eta=eta) if self.reads_eta and eta > 0 else self.doing

    def evaluations(self, alpha: np.ndarray, finished: bool = True) -> int:
        """Network calls of a run whose steps start at these signal levels (S,); finished: its last step ends clean."""
        again = [looks_ahead(level, finished and k == len(alpha) - 1) for k, level in enumerate(alpha)]
        return len(alpha) + (self.calls - 1) * sum(again)

    def predictions(self, alpha: np.ndarray, both: np.ndarray, finished: bool = True) -> int:
        """Predictions of a run: its evaluations, each two at the steps where guidance asks twice, both (S,)."""
        each = [1 + bool(twice) for twice in both]
        again = [
            each[min(k + 1, len(each) - 1)]
            for k, level in enumerate(alpha)
            if looks_ahead(level, finished and k == len(alpha) - 1)
        ]
        return sum(each) + (self.calls - 1) * sum(again)


_POWERS = (2, 4, 8, 16, 32, 64)

SAMPLERS = {
    "ddim": Sampler(
        "DDIM",
        "Takes one smooth path from noise to picture; eta mixes in fresh noise, as much as DDPM's at 1.",
        "DDIM recombines x̂_0 and ε at the next noise level; the step is deterministic.",
        _ddim,
        "ddim",
        _POWERS,
        doing_eta="DDIM with η = {eta:g} recombines x̂_0 and ε at the next noise level, and replaces part of ε by fresh "
        "noise.",
        reads_eta=True,
        ends_clean=False,
        aliases=("Euler",),
    ),
    "ddpm": Sampler(
        "DDPM",
        "Takes noise away and puts a little fresh noise back at every step, as in the original paper.",
        "DDPM removes noise and puts fresh noise back: x_t jitters even where x̂_0 has settled.",
        _ddpm,
        "ddpm",
        (*_POWERS, 250),
        adds_noise=True,
        own_eta="1",
        aliases=("Euler ancestral", "Euler a"),
    ),
    "ddpm-large": Sampler(
        "DDPM, large variance",
        "DDPM with a little more fresh noise at every step: the larger of the paper's two choices.",
        "DDPM removes noise and puts fresh noise back, a little more than its mean calls for: x_t jitters even where "
        "x̂_0 has settled.",
        _ddpm_large,
        "ddpm",
        (),
        dash="dash",
        adds_noise=True,
        own_eta="above 1",
    ),
    "ddpm-noiseless": Sampler(
        "DDPM, no added noise",
        "DDPM with its fresh noise left out: the path shrinks to an average, and the picture blurs.",
        "DDPM's fresh noise is left out: x_t holds less noise than the network expects, and x̂_0 blurs.",
        _ddpm_noiseless,
        "noiseless",
        (),
        dash="dot",
        own_eta="no noise",
        shrinks=True,
    ),
    "dpm++2m": Sampler(
        "DPM-Solver++ 2M",
        "Takes DDIM's path in longer strides, using its last two predictions of the picture to aim.",
        "DPM-Solver++ aims along the line through its last two predictions x̂_0, and so needs fewer steps than DDIM.",
        _dpmpp_2m,
        "faster",
        _POWERS[:5],
        doing_first="DPM-Solver++ has only one prediction x̂_0 so far, so its first step is a DDIM step.",
        aliases=("DPM++ 2M",),
    ),
    "dpm++2m-sde": Sampler(
        "DPM-Solver++ 2M SDE",
        "DDPM's random walk in longer strides, using its last two predictions of the picture to aim.",
        "DPM-Solver++ 2M SDE aims along the line through its last two predictions x̂_0 and adds DDPM's fresh noise.",
        _dpmpp_2m_sde,
        "ddpm",
        (),
        doing_first="DPM-Solver++ 2M SDE has only one prediction x̂_0 so far, so its first step is a DDPM step.",
        dash="dot",
        adds_noise=True,
        own_eta="1",
        aliases=("DPM++ 2M SDE",),
    ),
    "dpm++sde": Sampler(
        "DPM-Solver++ SDE",
        "DDPM's random walk in longer strides, asking the network again halfway to aim, for twice the work.",
        "DPM-Solver++ SDE goes halfway, asks the network again there, and takes a DDPM step to that x̂_0.",
        dpmpp_sde,
        "ddpm",
        (),
        dash="dash",
        adds_noise=True,
        own_eta="1",
        calls=2,
        aliases=("DPM++ SDE",),
    ),
    "unipc": Sampler(
        "UniPC",
        "Takes DDIM's path in longer strides, correcting each step by the next prediction, at no extra cost.",
        "UniPC corrects x_t by the prediction just made there, then aims along the line through its last two x̂_0.",
        unipc,
        "faster",
        (),
        doing_first="UniPC has only one prediction x̂_0 so far, so its first step is a DDIM step.",
        dash="dot",
        aliases=("Unified predictor-corrector",),
    ),
    "heun": Sampler(
        "Heun",
        "Takes DDIM's path, looking ahead and correcting itself at every step, for twice the work.",
        "Heun takes a DDIM step, asks the network again where it arrives, and corrects the step by that answer.",
        _heun,
        "faster",
        _POWERS[:4],
        dash="dash",
        calls=2,
    ),
    "lcm": Sampler(
        "LCM",
        "Replaces all noise at every step: for networks distilled to need few steps, a blur or a jumble from others.",
        "LCM takes x̂_0 as it is and puts entirely fresh noise of the next noise level on it.",
        _lcm,
        "ddpm",
        (),
        dash="dash",
        adds_noise=True,
        own_eta="all new",
        aliases=("Latent consistency",),
    ),
}


def sampler_named(name: str) -> str:
    """The key of a sampler by its key, its label or a name that other programs have for it; any other as it is."""
    asked = _plain(name)
    for key, row in SAMPLERS.items():
        if asked in map(_plain, (key, row.label, *row.aliases)):
            return key
    return name


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum() or char == "+")
