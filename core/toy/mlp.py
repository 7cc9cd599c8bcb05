"""A small network that learns to denoise points in the plane while one watches.

It is trained as the large ones are (arXiv 2006.11239, algorithm 1): take a point, a time and a noise, mix them, and
guess from the mix. Whether it guesses eps, x0 or v, the loss is the square error of that very thing; where it
samples, core.guidance makes eps of it.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import RequestError
from core.guidance import Conditioning, as_denoiser
from core.schedule import Schedule
from core.toy.data import MAX_CLASSES, Points
from core.toy.exact import ANY

KINDS = ("eps", "x0", "v")
WIDTHS = (32, 64, 128)
MAX_STEPS = 20_000
BATCH = 384
FREQUENCIES = 8  # of the time's sines and cosines
UNLABELLED = 0.2  # share of the batch that is told no class, so that guidance has its second branch
AVERAGE = 0.995  # of the weights that are shown: a running mean
EVERY = 10  # steps between the points of the loss curve


@dataclass(frozen=True)
class Config:
    """What a visitor chooses. RequestError for a value outside what is allowed."""

    kind: str = "eps"  # what it predicts
    width: int = 64  # of its three hidden layers
    steps: int = 2000
    rate: float = 3e-3  # at the start; it falls to nothing along half a cosine
    told_time: bool = True
    seed: int = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise RequestError("prediction kind", self.kind, f"one of {', '.join(KINDS)}")
        if self.width not in WIDTHS:
            raise RequestError("width", self.width, f"one of {', '.join(map(str, WIDTHS))}")
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or not 1 <= self.steps <= MAX_STEPS:
            raise RequestError("steps", self.steps, f"a whole number from 1 to {MAX_STEPS}")
        if isinstance(self.rate, bool) or not isinstance(self.rate, (int, float)) or not 1e-5 <= self.rate <= 0.1:
            raise RequestError("learning rate", self.rate, "a number from 1e-05 to 0.1")


class Network(nn.Module):
    """network(x, t, cond): x (B, 2), t (B,) and at will cond["label"] (B,) -> (B, 2)."""

    def __init__(self, width: int, told_time: bool, schedule: Schedule):
        super().__init__()
        self.told_time, self.schedule = told_time, schedule
        self.label = nn.Embedding(MAX_CLASSES + 1, width)  # the last stands for all classes
        nn.init.normal_(self.label.weight, std=0.1)
        self.first = nn.Linear(2, width)
        self.time = nn.Linear(2 * FREQUENCIES + 1, width)
        self.rest = nn.Sequential(
            nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 2)
        )

    def forward(self, x: Tensor, t: Tensor, cond: Conditioning) -> Tensor:
        label = cond.get("label", torch.full((len(x),), ANY))
        h = self.first(x.float()) + self.label(torch.where(label == ANY, MAX_CLASSES, label))
        if self.told_time:
            alone = t[:1] if bool((t == t[0]).all()) else t  # one time for all, the sampler's case: one row of waves
            h = h + self.time(self._features(alone))
        return self.rest(h).to(x)

    def _features(self, t: Tensor) -> Tensor:
        """sigma, and waves of it: (B, 2 FREQUENCIES + 1)."""
        _, sigma = self.schedule.at(t)
        sigma = sigma.float()[:, None]
        waves = sigma * torch.pi * torch.arange(1, FREQUENCIES + 1)
        return torch.cat([2 * sigma - 1, waves.sin(), waves.cos()], 1)


@dataclass(frozen=True)
class Progress:
    step: int
    seconds: float


class Training:
    """A network, how far it has come, and the data it learns; run() goes on where it stopped."""

    def __init__(self, points: Points, schedule: Schedule, config: Config):
        self.points, self.schedule, self.config = points, schedule, config
        self._generator = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self._network = Network(config.width, config.told_time, schedule)
        self._shown = copy.deepcopy(self._network).requires_grad_(False)
        self._adam = torch.optim.Adam(self._network.parameters(), config.rate, fused=True)
        self.step, self.seconds = 0, 0.0
        self.history: list[tuple[int, float]] = []  # every EVERY steps: the step, and the mean loss since the last
        self._losses: list[Tensor] = []  # since then

    @property
    def finished(self) -> bool:
        return self.step >= self.config.steps

    def denoiser(self):
        """denoise(x, t, cond) of the network as it is now; it changes while run() goes on."""
        return torch.no_grad()(as_denoiser(self._shown, self.config.kind, self.schedule))

    def run(self, pause: float = 0.25) -> Iterator[Progress]:
        """Train to the last step, with a Progress about every pause seconds; close it to stop.

        pause 0 gives one after every step, and the same steps whatever the machine's speed.
        """
        x0, label = torch.from_numpy(self.points.x).float(), torch.from_numpy(self.points.label)
        began = time.perf_counter()
        while not self.finished:
            self._adam.param_groups[0]["lr"] = self.config.rate * self._fall()
            self._losses.append(self._learn(x0, label))
            self.step += 1
            if self.step % EVERY == 0 or self.finished:
                self.history.append((self.step, float(torch.stack(self._losses).mean())))
                self._losses.clear()
            passed = time.perf_counter() - began
            if passed >= pause or self.finished:
                self.seconds += passed
                yield Progress(self.step, self.seconds)
                began = time.perf_counter()

    def _fall(self) -> float:
        """The rate at the current step, as a share of the first one."""
        return 0.5 + 0.5 * math.cos(math.pi * self.step / self.config.steps)

    def _learn(self, x0: Tensor, label: Tensor) -> Tensor:
        luck = self._generator
        chosen = torch.randint(len(x0), (BATCH,), generator=luck)
        t = torch.randint(len(self.schedule), (BATCH,), generator=luck)
        if self.schedule.flow:
            t = (t + 1.0) / len(self.schedule)
        eps, x0 = torch.randn(BATCH, 2, generator=luck), x0[chosen]
        alpha, sigma = self.schedule.at(t, like=x0)
        told = torch.where(torch.rand(BATCH, generator=luck) < UNLABELLED, ANY, label[chosen])
        guess = self._network(alpha * x0 + sigma * eps, t, {"label": told})
        target = {"eps": eps, "x0": x0, "v": alpha * eps - sigma * x0}[self.config.kind]
        loss = (guess - target).square().mean()
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()
        keep = min(AVERAGE, self.step / (self.step + 10))  # the first weights are soon forgotten
        torch._foreach_lerp_(list(self._shown.parameters()), list(self._network.parameters()), 1 - keep)
        return loss.detach()
