"""Do DDIM and DDPM sample from one distribution? Pictures of both, drawn as often as one likes, and a test of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core import measure, projection
from core.types import Request, RequestError
from dashboard import pictures, theme
from dashboard.figures.claims import Cloud
from dashboard.tabs.samplers.claims import Gathered

SETS = (  # name, sampler, steps, seeds start at, hollow
    ("DDIM", "ddim", 25, 0, False),
    ("DDPM", "ddpm", 100, 10_000, False),
    ("DDPM again", "ddpm", 100, 20_000, True),
)
NEXT = 100_000  # between the seeds of one draw and those of the next
MIN_PICTURES, MAX_PICTURES = 8, 64  # of a set
MAX_DRAWS = 8  # that are kept and tested together
SIDE = 128  # of a picture that is kept, in pixels
LEVEL = 0.05  # a smaller p is called a difference


def requests(base: Request, count: object, number: int = 0) -> list[Request]:
    """count pictures of each set, the sets in turns, so that a stop leaves some of each; number: of the draw.

    Guidance is 1 here: it changes the distribution that is sampled, and differently for each sampler.
    """
    if not isinstance(count, int) or not MIN_PICTURES <= count <= MAX_PICTURES:
        raise RequestError("pictures", count, f"a whole number from {MIN_PICTURES} to {MAX_PICTURES}")
    base = replace(base, branches=(), guidance=1.0, eta=0.0)
    return [
        replace(base, sampler=sampler, steps=steps, seed=(base.seed + number * NEXT + offset + picture) % 2**32)
        for picture in range(count)
        for _, sampler, steps, offset, _ in SETS
    ]


@dataclass(frozen=True)
class Test:
    """Two sets of pictures compared by the energy distance, with what random relabelling makes of them."""

    distance: float
    chance: float  # the 95th percentile of the permutation distribution
    p: float

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> Test:
        distance, dealt, p = measure.energy_test(x, y)
        return cls(distance, float(np.quantile(dealt, 1 - LEVEL)), p)


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw: of each set CLIP's embeddings (N, D), the pictures, and the requests they came from."""

    number: int
    embeddings: tuple[np.ndarray, ...]
    uris: tuple[list[str], ...]
    requests: tuple[list[Request], ...]

    @classmethod
    def of(cls, number: int, asked: list[Request], gathered: Gathered) -> Draw | None:
        """None while a set has fewer than MIN_PICTURES."""
        sets = [[n for n in sorted(gathered.rows) if n % len(SETS) == i] for i in range(len(SETS))]
        if min(map(len, sets)) < MIN_PICTURES:
            return None
        return cls(
            number,
            tuple(np.stack([gathered.rows[n] for n in one]) for one in sets),
            tuple([pictures.uri(gathered.pictures[n], SIDE) for n in one] for one in sets),
            tuple([asked[n] for n in one] for one in sets),
        )


@dataclass(frozen=True, eq=False)
class Meeting:
    """All draws of one model and request together: three sets of pictures in CLIP space."""

    model: str
    base: Request
    draws: tuple[Draw, ...]
    each: tuple[Test, ...]  # DDIM against DDPM, of every draw alone
    across: Test  # DDIM against DDPM, of all draws together
    within: Test  # DDPM against DDPM again, of all draws together
    clouds: list[Cloud]
    axes: list[str]

    @property
    def counts(self) -> list[int]:
        return [len(cloud.points) for cloud in self.clouds]

    def picture(self, which: object, index: object) -> tuple[str, str] | None:
        """Name and picture of a point that a browser named; None for no such point."""
        if type(which) is not int or type(index) is not int or not 0 <= which < len(SETS):
            return None
        uris = [uri for draw in self.draws for uri in draw.uris[which]]
        return (f"{SETS[which][0]}, picture {index}", uris[index]) if 0 <= index < len(uris) else None

    def about(self) -> dict:
        """What a file says of itself: the sets as they were drawn, not as the sidebar is set, and the tests."""
        sets = []
        for i, (name, *_) in enumerate(SETS):
            asked = [one for draw in self.draws for one in draw.requests[i]]
            request = asked[0].to_dict()
            del request["seed"]
            sets.append({"set": name, "pictures": len(asked), "request": request, "seeds": [one.seed for one in asked]})
        tests = {"ddim_to_ddpm": vars(self.across), "ddpm_to_ddpm": vars(self.within)}
        return {"model": self.model, "sets": sets, "tests": tests, "p_of_each_draw": [one.p for one in self.each]}

    def rows(self) -> list[dict]:
        """Every picture's place on the map."""
        return [
            {"set": cloud.name, "picture": number, "pc1": x, "pc2": y}
            for cloud in self.clouds
            for number, (x, y) in enumerate(cloud.points.tolist())
        ]


def meet(model: str, base: Request, draws: tuple[Draw, ...]) -> Meeting:
    """draws: one or more; of more than MAX_DRAWS the last ones count."""
    draws = draws[-MAX_DRAWS:]
    sets = [np.concatenate([draw.embeddings[i] for draw in draws]) for i in range(len(SETS))]
    everything = np.concatenate(sets)
    fitted = projection.pca(everything)
    clouds = [
        Cloud(name, fitted.transform(rows), theme.process(sampler), hollow)
        for (name, sampler, *_, hollow), rows in zip(SETS, sets, strict=True)
    ]
    axes = [f"PC {i + 1} · {share:.0%}" for i, share in enumerate(fitted.explained(everything))]
    each = tuple(Test.of(*draw.embeddings[:2]) for draw in draws)
    across = each[0] if len(draws) == 1 else Test.of(sets[0], sets[1])
    return Meeting(model, base, draws, each, across, Test.of(sets[1], sets[2]), clouds, axes)


def more(before: Meeting | None, model: str, base: Request) -> tuple[Draw, ...]:
    """The draws that another one joins: none where anything that matters here was changed since."""

    def matters(request: Request) -> Request:
        return requests(request, MIN_PICTURES)[0]

    if before is None or before.model != model or matters(before.base) != matters(base):
        return ()
    return before.draws
