"""Up to four runs side by side: which ones, where they stand at one noise level, and what is measured of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core import measure, projection
from core.settings import number, number_told
from core.types import Request, RequestError, Trace
from core.updates import SAMPLERS
from dashboard import maps, theme
from dashboard.figures.placement import Route
from dashboard.figures.trajectory import Chart

MAX_LANES = 4
POSITIONS = 41  # of the rail
STOPPED = "lanes-stopped"  # in an address: after how many steps of all lanes together they were stopped
FIELDS = ("sampler", "steps", "eta")


@dataclass(frozen=True)
class Preset:
    """One click: the lanes, and what to look at."""

    name: str
    lanes: tuple[tuple[str, int, float], ...]  # sampler, steps, eta
    caption: str
    guidance: float | None = None  # its own; None is the sidebar's
    exact: str = ""  # what to look at where the model is the exact denoiser


PRESETS = (
    Preset(
        "DDPM, 1000 steps, beside DDIM, 25",
        (("ddim", 25, 0.0), ("ddpm", 1000, 0.0)),
        "Same prompt, same first noise. DDIM glides along a smooth path; DDPM adds fresh noise a thousand times and "
        "jitters to another picture of the same kind. Compare what they cost, below each picture.",
    ),
    Preset(
        "DDPM, no added noise",
        (("ddpm", 100, 0.0), ("ddpm-noiseless", 100, 0.0)),
        "The second sampler removes noise as DDPM does and never puts any back. Guidance is 0 here, so the prompt "
        "plays no part. Its first predicted image is a blur near the mean of the data, which is shown beside. From "
        "then on xₜ holds less noise than its level says, which the network never met in training: it ends on a flat "
        "picture between all others, the same whatever the seed. How far each is from the mean is measured below.",
        guidance=0.0,
        exact="The exact denoiser knows the gallery's pictures and nothing else. Its first predicted image is the mean "
        "of the data itself, shown beside. But a perfect denoiser of finitely many pictures can only end on one of "
        "them: with no added noise the state shrinks, and one picture near the middle of all wins, the same whatever "
        "the seed. Put the noise back, and it may end on any of them.",
    ),
    Preset(
        "Eta from 0 to 1",
        tuple(("ddim", 50, eta) for eta in (0.0, 0.3, 0.7, 1.0)),
        "Eta is how much fresh noise each step adds: 0 is DDIM, 1 is DDPM. The more there is, the sooner a sampler "
        "leaves the path of the first one, and the less the first noise decides.",
    ),
    Preset(
        "More steps, same noise",
        tuple(("ddim", steps, 0.0) for steps in (5, 10, 50, 250)),
        "All four follow one smooth path, in longer or shorter strides. Few steps cut the corners; beyond some number, "
        "more of them hardly change the picture.",
    ),
)


def requests(base: Request, lanes: list[tuple]) -> list[Request]:
    """The request of the sidebar, once for each lane; RequestError says what is wrong with a lane."""
    if not 1 <= len(lanes) <= MAX_LANES:
        raise RequestError("lanes", len(lanes), f"from 1 to {MAX_LANES} of them")
    return [replace(base, branches=(), **dict(zip(FIELDS, lane, strict=True))) for lane in lanes]


def to_link(asked: list[Request]) -> str:
    """ "ddim:25:0,ddpm:1000:0", for the address."""
    return ",".join(f"{one.sampler}:{one.steps}:{number_told(float(one.eta))}" for one in asked)


def from_link(text: str) -> list[tuple[str, int, float]]:
    """The lanes that an address names; RequestError for anything else."""
    parts = text.split(",") if len(text) < 200 else []
    found = [re.fullmatch(r"([a-z0-9+-]+):(\d{1,4}):([0-9.e-]{1,25})", part) for part in parts]
    if not found or not all(found):
        raise RequestError("lanes", text, "like ddim:25:0,ddpm:1000:0")
    lanes = [(one[1], int(one[2]), number("eta", one[3], whole=False)) for one in found]
    requests(Request(), lanes)
    return lanes


@dataclass(frozen=True)
class Own:
    """What a comparison sets for itself, whatever the sidebar says: None is the sidebar's."""

    guidance: float | None = None
    model: str | None = None

    def applied(self, model: str, base: Request) -> tuple[str, Request]:
        if self.guidance is not None:
            # at 0 without the prompt, and then without the negative one, which would be all that is drawn
            base = replace(base, guidance=self.guidance, **({} if self.guidance else {"negative_prompt": ""}))
        return self.model or model, base

    def to_link(self) -> dict[str, str]:
        """Names and values for the address; an empty value takes the name out."""
        return {
            "lanes-guidance": "" if self.guidance is None else number_told(float(self.guidance)),
            "lanes-model": self.model or "",
        }

    @classmethod
    def from_link(cls, named: Mapping[str, str]) -> Own:
        """Anybody's text: RequestError for a guidance that is none; the model is checked when it is to run."""
        scale = named.get("lanes-guidance")
        guidance = number("lanes-guidance", scale, whole=False) if scale else None
        if guidance is not None:
            Request(guidance=guidance)
        return cls(guidance, named.get("lanes-model") or None)

    def told(self) -> str:
        """In words, empty where everything is the sidebar's."""
        guidance = [] if self.guidance is None else [f"guidance {self.guidance:g}"]
        return " and ".join(guidance + ([f"model {self.model}"] if self.model else []))


def preset(chosen: list[tuple], guidance: float) -> Preset | None:
    """The preset of these lanes, where its guidance is not another one than is in force."""
    fits = (one for one in PRESETS if list(one.lanes) == chosen and one.guidance in (None, guidance))
    return next(fits, None)


def title(request: Request) -> str:
    sampler = SAMPLERS[request.sampler]
    eta = f", eta {request.eta:g}" if sampler.reads_eta and request.eta else ""
    return f"{sampler.label}{eta} · {request.steps} step{'s' if request.steps > 1 else ''}"


def colours(asked: list[Request]) -> list[str]:
    """Each lane in a colour of its own."""
    return theme.processes([one.sampler for one in asked])


@dataclass(frozen=True, eq=False)
class Comparison:
    """Lanes that have run, at the P positions of a rail of noise levels.

    A level is the angle arctan(sigma / alpha), from the noise all start from down to 0: at each position a lane shows
    the last state it reached before it fell below that level.
    """

    traces: list[Trace]
    levels: np.ndarray  # (P,) radians
    at: np.ndarray  # (L, P) which state x_k each lane shows
    guesses: list[np.ndarray]  # L of (P, C, H, W), x̂_0 of those states; the picture itself for the last one
    frames: list[np.ndarray]  # L of (P, size, size, 3) uint8, decoded

    @property
    def gone(self) -> np.ndarray:
        """How much of the way from noise to picture lies behind each position, in percent, (P,)."""
        return 100 * (1 - self.levels / self.levels[0])

    def states(self, lane: int) -> np.ndarray:
        """x_t of a lane at each position, (P, C, H, W)."""
        return self.traces[lane].x[self.at[lane]]


def align(traces: list[Trace]) -> tuple[np.ndarray, np.ndarray]:
    """Levels (P,) and, of each lane, the state it shows there (L, P)."""
    angles = [np.append(np.arctan2(trace.sigma, trace.alpha), [0.0] * trace.finished) for trace in traces]
    levels = np.linspace(max(angle[0] for angle in angles), 0, POSITIONS)
    reached = [(angle[None] >= levels[:, None] - 1e-9).sum(1) - 1 for angle in angles]
    return levels, np.maximum(np.stack(reached), 0)


def compare(service, traces: list[Trace]) -> Comparison:
    """Decode what the rail shows, a lane a turn."""
    levels, at = align(traces)
    latents = [trace.guesses[row] for trace, row in zip(traces, at, strict=True)]
    frames = []
    for trace, row, guess in zip(traces, at, latents, strict=True):
        _, first, back = np.unique(row, return_index=True, return_inverse=True)
        with service.turn(trace.model) as engine:
            frames.append(engine.preview(guess[first])[back])
    return Comparison(traces, levels, at, latents, frames)


def curves(found: Comparison) -> dict[str, np.ndarray]:
    """Size of the state, and distance to where the lane ends, root mean squares over the latent: each (L, P)."""
    lanes = range(len(found.traces))
    ends = [guess[-1] for guess in found.guesses]
    return {
        "norm": np.stack([measure.rms(found.states(lane)) for lane in lanes]),
        "distance": np.stack([measure.rms(found.states(lane) - ends[lane]) for lane in lanes]),
    }


def scores(engine, found: Comparison) -> np.ndarray:
    """Cosine of CLIP's embeddings of each guess and of the prompt, (L, P); NaN where there is no prompt, or no CLIP."""
    from dashboard import judge

    prompt = found.traces[0].request.prompt
    if not prompt.strip() or engine.clip is None:
        return np.full(found.at.shape, np.nan)
    rows = []
    for at, frames in zip(found.at, found.frames, strict=True):
        _, first, back = np.unique(at, return_index=True, return_inverse=True)
        rows.append(judge.scores(engine, frames[first], [prompt])[back, 0])
    return np.stack(rows)


@dataclass(frozen=True)
class Mean:
    """The mean of the gallery's latents, of the things a prompt names or else of all."""

    latent: np.ndarray  # (C, H, W)
    of: str  # "the 3 gallery pictures of “fox”", plain text
    picture: np.ndarray  # (size, size, 3) uint8, decoded
    distances: np.ndarray  # (L, P) of each lane's guesses, root mean square
    usual: float  # the same of the gallery pictures it is the mean of
    nearest: list[float]  # distance of each lane's result from the nearest picture of the whole gallery


@dataclass(frozen=True, eq=False)
class Shown:
    """What the tab shows: the lanes, their curves, each (L, P), and the data's mean where a lane leaves noise out."""

    found: Comparison
    curves: dict[str, np.ndarray]
    mean: Mean | None


def measured(engine, found: Comparison) -> Shown:
    all_curves = curves(found) | {"clip": scores(engine, found)}
    if engine.gallery is None or not any(SAMPLERS[trace.request.sampler].shrinks for trace in found.traces):
        return Shown(found, all_curves, None)
    mean = data_mean(engine, found)
    return Shown(found, all_curves | {"mean": mean.distances}, mean)


def data_mean(engine, found: Comparison) -> Mean:
    prompt, gallery = f" {found.traces[0].request.prompt.lower()} ", engine.gallery
    ignored = found.traces[0].request.guidance == 0
    words = [rf"\b{re.escape(label.lower())}\b" for label in gallery.labels]
    named = [] if ignored else [i for i, word in enumerate(words) if re.search(word, prompt)]
    if named:
        longest = max((gallery.labels[i] for i in named), key=len)
        named = [i for i in named if gallery.labels[i] == longest]
    if len(named) < 2:  # the mean of one picture would be that picture
        named, of = list(range(len(gallery.labels))), f"all {len(gallery.labels)} gallery pictures"
    else:
        of = f"the {len(named)} gallery pictures of “{longest}”"
    latent = gallery.latents[named].mean(0)
    distances = np.stack([measure.rms(guess - latent) for guess in found.guesses])
    nearest = [float(measure.rms(gallery.latents - guess[-1]).min()) for guess in found.guesses]
    usual = float(measure.rms(gallery.latents[named] - latent).mean())
    return Mean(latent, of, engine.preview(latent[None])[0], distances, usual, nearest)


def chart(shown: Shown, gallery, dims: int) -> tuple[Chart, np.ndarray | None]:
    """All lanes on the axes of largest variance of the states they show, over the gallery; and the data's mean (d,)."""
    if dims not in (2, 3):
        raise RequestError("dimensions", dims, "2 or 3")
    found = shown.found
    states = np.concatenate([found.states(lane) for lane in range(len(found.traces))])
    fitted = projection.pca(states, dims)
    routes = []
    asked = [trace.request for trace in found.traces]
    for lane, (trace, colour) in enumerate(zip(found.traces, colours(asked), strict=True)):
        at = found.at[lane]
        drawn = np.union1d(at, np.linspace(0, at[-1], min(at[-1] + 1, maps.LINE)).round().astype(int))
        walked = np.searchsorted(drawn, at) + 1
        line, x0 = fitted.transform(trace.x[drawn]), fitted.transform(found.guesses[lane])
        steps = [f"step {k} of {trace.request.steps}" for k in at]
        routes.append(Route(f"lane{lane}", title(trace.request), colour, line, walked, x0, steps))
    axes = [f"PC {i + 1} · {maps.percent(share)}" for i, share in enumerate(fitted.explained(states))]
    cloud, labels = (fitted.transform(gallery.latents), gallery.labels) if gallery else (np.zeros((0, dims)), [])
    drawn = Chart(routes, cloud, labels, {}, axes, True)
    return drawn, fitted.transform(shown.mean.latent[None])[0] if shown.mean else None


def rows(shown: Shown) -> list[dict]:
    """Every curve of every lane, a row for each position of the rail."""
    out, found = [], shown.found
    for lane, trace in enumerate(found.traces):
        one = trace.request
        for p, k in enumerate(found.at[lane]):
            eta = one.eta if SAMPLERS[one.sampler].reads_eta else np.nan
            row = {"lane": lane + 1, "sampler": one.sampler, "steps": one.steps, "eta": eta}
            row |= {"noise_gone_percent": found.gone[p], "angle_radians": found.levels[p], "step": k}
            out.append(row | {name: values[lane, p] for name, values in shown.curves.items()})
    return out


def path_ratio(trace: Trace) -> float:
    """How many times the straight line between its ends a path is long."""
    path = trace.x.reshape(len(trace.x), -1)
    return measure.path_length(path) / float(np.linalg.norm(path[-1] - path[0]))
