"""From settings to what the laboratory shows: a scene for the stage, a reel for the rail, curves and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from core import schedule as schedules
from core.toy import data, experiment
from core.toy.density import Grid
from core.toy.exact import ANY
from core.toy.experiment import Flow, Levels, World
from core.toy.experiment import Lane as Way
from core.toy.mlp import Config, Training
from core.types import RequestError
from core.updates import SAMPLERS
from dashboard import theme
from dashboard.components.rail import Reel
from dashboard.figures.curves import Line, curves
from dashboard.figures.lab_training import loss
from dashboard.tabs.lab.ending import ending
from dashboard.tabs.lab.frames import DENSITIES, FRAMES, GRID, aligned, frames, marks, reel
from dashboard.tabs.lab.settings import Settings
from dashboard.tabs.lab.stage import Lane, Scene, packed_probe

RAIL = "lab"
PARTICLES, FEWER = 400, 300  # FEWER where they walk back
ARROWS = 19  # along each side of the stage
REACH = 3.0  # of the arrows
PLACES = np.stack(np.meshgrid(*[np.linspace(-REACH, REACH, ARROWS)] * 2, indexing="ij"), -1).reshape(-1, 2)
OFF = 0.25  # a point is off the data where it lies farther than that from every one of them, whose variance is 1
WORST = 1.5  # the error of eps that the heat map shows in full colour; eps itself measures 1.41 on average


@dataclass(frozen=True)
class Shown:
    """All that one view needs."""

    scene: Scene
    reel: Reel
    told: str  # plain text
    curves: tuple[tuple[str, go.Figure], ...] = ()  # (what it shows, the figure), at most two


def world(settings: Settings, own: tuple | None) -> World:
    """The data and their distribution; own holds a visitor's points and classes."""
    if settings.data != "own":
        return known(settings.data, settings.points, settings.seed, settings.schedule)
    if own is None:
        raise RequestError("drawing", "empty", "drawn first, or opened from a CSV file")
    points = data.own(*own, count=settings.points, seed=settings.seed)
    return World.of(points, schedules.named(settings.schedule))


@lru_cache(maxsize=16)
def known(name: str, points: int, seed: int, schedule: str) -> World:
    """One of the laboratory's own; the same one for the same settings, so that what it led to is found again."""
    return World.of(data.make(name, points, seed), schedules.named(schedule))


def within(settings: Settings, here: World) -> Settings:
    """The settings with classes that the data have, where other data were chosen."""
    count = here.points.classes
    wanted = settings.wanted if settings.wanted < count else 0
    return replace(settings, wanted=wanted, negative=settings.negative if settings.negative < count else ANY)


def begin(here: World, settings: Settings) -> Training:
    config = Config(settings.kind, settings.width, settings.training, settings.rate, settings.told, settings.seed)
    return Training(here.points, here.schedule, config)


def fits(training: Training | None, here: World) -> bool:
    """Whether a network was trained on these very data and this schedule."""
    return (
        training is not None
        and training.schedule.name == here.schedule.name
        and np.array_equal(training.points.x, here.points.x)
    )


def show(settings: Settings, here: World, training: Training | None) -> Shown:
    learned = training if fits(training, here) and training.step else None
    if settings.view == "train":
        return train(settings, here, learned)
    return {"noise": noise, "field": field, "back": back, "density": density, "guidance": guidance}[settings.view](
        settings, here, learned
    )


def noise(settings: Settings, here: World, learned: Training | None) -> Shown:
    levels, grid = frames(settings, here), Grid(count=48)
    flow, source = experiment.spread(here, grid, levels.backwards, PARTICLES, settings.seed)
    lane = Lane("", theme.QUANTITY["x_t"], flow.x[::-1], here.points.label[source], flow.p[::-1], grid.half)
    half = len(flow.apart) // 2
    told = (
        f"{len(here.points)} points. The shading is their exact density under noise, by the Fokker-Planck equation. "
        f"Halfway, {PARTICLES} particles differ from it by {flow.apart[half]:.2f} (total variation: 0 is equal, 1 is "
        f"disjoint); as many exact samples differ by {flow.chance[half]:.2f}. {levels_told(levels)}"
    )
    scene = Scene("noise", here, levels, [lane], marks=marks(here, levels), picks="particle")
    return Shown(scene, reel(levels, play=True, backwards=True), told)


def levels_told(levels: Levels) -> str:
    """How α and σ go together in this schedule."""
    preserving = np.allclose(levels.alpha**2 + levels.sigma**2, 1, atol=1e-3)
    return "Here α² + σ² = 1 at every noise level." if preserving else "On this schedule α = 1 − t and σ = t."


def field(settings: Settings, here: World, learned: Training | None) -> Shown:
    levels = frames(settings, here)
    exact = experiment.arrows(here, here.exact, levels, PLACES)
    x, source = experiment.walk(here, levels.backwards, 200, settings.seed)
    x, label = x[::-1], here.points.label[source]
    lanes = [field_lane("Exact: what a network should learn", exact, x, label, ink="exact")]
    if learned is None:
        timeless = experiment.timeless_arrows(here, levels, PLACES)
        lanes.append(field_lane("Best without time conditioning", timeless, x, label, ink="uncond"))
        apart = rms(timeless, exact)
        told = (
            "Without time conditioning a network can learn one field only, an average over all noise levels. Drag to "
            "the right: as t goes to 0 the exact arrows turn from the mean of the data to the nearest points, and grow."
        )
        other, heat, of = timeless, "How far that is off", "these arrows"
    else:
        guess = experiment.arrows(here, learned.denoiser(), levels, PLACES)
        name = "with" if learned.config.told_time else "without"
        lanes.append(
            field_lane(f"Learned in {learned.step} steps, {name} time conditioning", guess, x, label, ink="eps")
        )
        apart = experiment.errors(here, learned.denoiser(), levels.backwards, settings.seed)[::-1]
        told = (
            f"Where the points are, the arrows miss by {apart[:-1].mean():.2f} on average; the noise itself has 1.41."
        )
        other, heat, of = guess, "The difference", "ε where the points are"
    away = np.linalg.norm(other - exact, axis=-1) / WORST
    lanes.append(Lane(heat, theme.QUANTITY["guided"], x, heat=away))
    line = Line("error", apart[:-1], theme.QUANTITY["guided"])
    curve = curves(levels.index[:-1], [line], RAIL, unit="t", **theme.log_axis(apart[:-1]))
    scene = Scene("field", here, levels, lanes, PLACES, marks(here, levels), start=19)
    return Shown(scene, reel(levels), told, ((f"Mean error of {of}, by timestep t", aligned(curve)),))


def field_lane(title: str, eps: np.ndarray, x: np.ndarray, label: np.ndarray, ink: str) -> Lane:
    return Lane(title, theme.QUIET, x, label, arrows=[(ink, capped(-eps))])


def capped(v: np.ndarray, most: float = 3.0) -> np.ndarray:
    """Arrows (…, 2) as shares of the longest that is drawn: those of length most and beyond have length 1."""
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.maximum(length, most)


def rms(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Root mean square distance of arrows (P, M, 2), by stop."""
    return np.sqrt(np.square(a - b).sum(-1).mean(-1))


def train(settings: Settings, here: World, learned: Training | None) -> Shown:
    """The network as it is now, beside the exact field; samples are drawn from it by DDIM."""
    levels = frames(settings, here)
    exact = experiment.arrows(here, here.exact, levels, PLACES)
    lanes = [Lane("Exact", theme.QUIET, arrows=[("exact", capped(-exact))])]
    told = "Press Train: a small network starts from nothing and learns to point from noise back to the data."
    figures = ()
    if learned is not None:
        denoise = learned.denoiser()
        guess = experiment.arrows(here, denoise, levels, PLACES)
        samples = experiment.back(here, denoise, "ddim", 20, count=FEWER, seed=settings.seed).x[-1:]
        away = experiment.energy_distances(samples, here.points.x)[0]
        lanes.append(Lane("Learned", theme.QUIET, arrows=[("eps", capped(-guess))]))
        lanes.append(Lane("Its samples", theme.QUANTITY["x0"], samples))
        apart = experiment.errors(here, denoise, levels.backwards, settings.seed)[1:].mean()
        told = (
            f"Step {learned.step} of {learned.config.steps}, {learned.seconds:.1f} s. The arrows miss by {apart:.2f} "
            f"on average; the energy distance of its samples to the data is {max(away, 0):.3f}."
        )
        figures = (("Loss", loss(np.array(learned.history).reshape(-1, 2), learned.config.steps)),)
    scene = Scene("train", here, levels, lanes, PLACES, marks(here, levels), start=9)
    return Shown(scene, reel(levels), told, figures)


def back(settings: Settings, here: World, learned: Training | None) -> Shown:
    denoise = chosen(settings, here, learned)
    four = [(name, SAMPLERS[name].label, 0.0, theme.process(name)) for name in ("ddpm", "ddim", "ddpm-noiseless")]
    four.append(("ddim", f"Between: η = {settings.eta:g}", settings.eta, theme.QUANTITY["cond"]))
    shrunk, lanes, lines = "", [], ([], [])
    for name, title, eta, colour in four:
        way = experiment.back(here, denoise, name, settings.steps, eta, FEWER, settings.seed)
        if SAMPLERS[name].shrinks:
            shrunk = ending(here, way, denoise, settings)
        at = kept(way)
        lanes.append(Lane(title, colour, way.x[at]))
        lines[0].append(Line(title, way.variance[at], colour))
        lines[1].append(Line(title, experiment.energy_distances(way.x[at, :200], here.points.x), colour))
    levels = Levels.at(here.schedule, way.index[at])
    told = f"All four start from the same noise; the cross is the mean of the data. {shrunk}"
    figures = (
        ("Variance of the particles; the data's is 1", curves(at, lines[0], RAIL)),
        ("Energy distance to the data", curves(at, lines[1], RAIL)),
    )
    scene = Scene("back", here, levels, lanes, marks=marks(here, levels), picks="particle")
    return Shown(scene, reel(levels, at, play=True), told, figures)


def chosen(settings: Settings, here: World, learned: Training | None):
    if settings.score == "exact":
        return here.exact
    if learned is None:
        raise RequestError("score", "learned", "trained on these data first: open Train and press Train")
    return learned.denoiser()


def kept(way: Way) -> np.ndarray:
    """The states of a way that are shown."""
    return np.unique(np.linspace(0, len(way.x) - 1, FRAMES).round().astype(int))


def gather(here: World, eta: float, seed: int, learned=None) -> Flow:
    return experiment.gather(here, GRID, eta, FEWER, DENSITIES, seed, learned)


gathered = lru_cache(maxsize=16)(gather)  # by the exact score: while eta slides, the ODE beside it stays


def density(settings: Settings, here: World, learned: Training | None) -> Shown:
    denoise = None if settings.score == "exact" else chosen(settings, here, learned)
    etas = list(dict.fromkeys((0.0, float(settings.eta))))
    flows = [gathered(here, eta, settings.seed) if denoise is None else gather(here, eta, settings.seed, denoise)
             for eta in etas]  # fmt: skip
    lanes, against, off = [], [], []
    for eta, flow, colour in zip(etas, flows, (theme.PROCESS["ddim"], theme.PROCESS["ddpm"]), strict=False):
        title = "η = 0: no noise, the ODE" if eta == 0 else f"η = {eta:g}" + (": the full SDE" if eta == 1 else "")
        lanes.append(Lane(title, colour, flow.x, density=flow.p, half=GRID.half))
        against.append(Line(title, flow.apart, colour))
        if denoise is not None:
            off.append(Line(title, experiment.astray(here, flow, GRID), colour))
    against.append(Line("chance alone", flow.chance, theme.QUIET, "dot"))
    at, ends = np.arange(DENSITIES), " and ".join(f"{one.apart[-1]:.2f}" for one in flows)
    told = (
        f"At the end particles and density differ by {ends}; {FEWER} exact samples would by {flow.chance[-1]:.2f} "
        "(total variation: 0 equal, 1 nothing in common)."
    )
    axis = {"unit": "stop", "rangemode": "tozero"}
    figures = [("Particles against density: total variation", curves(at, against, RAIL, **axis))]
    if denoise is None:
        told = f"Other paths, the same density. {told}"
    else:
        errors = " and ".join(f"{line.values[-1]:.2f}" for line in off)
        told = f"A density is only as good as its score: the learned one ends {errors} from the exact density. {told}"
        figures.append(("Learned density against the exact one: total variation", curves(at, off, RAIL, **axis)))
    scene = Scene("density", here, flow.levels, lanes, marks=marks(here, flow.levels), picks="particle")
    return Shown(scene, reel(flow.levels, play=True), told, tuple(figures))


def guidance(settings: Settings, here: World, learned: Training | None) -> Shown:
    classes = here.points.classes
    if classes < 2:
        raise RequestError("data", settings.data, "of several classes for guidance: three spirals, for example")
    if max(settings.wanted, settings.negative) >= classes:
        raise RequestError("class", max(settings.wanted, settings.negative) + 1, f"one of the {classes} there are")
    denoise, count = chosen(settings, here, learned), FEWER
    cond, uncond = (experiment.labels(count, label) for label in (settings.wanted, settings.negative))
    lanes, reached = [], []
    for scale in dict.fromkeys((0.0, 1.0, float(settings.scale))):
        way = experiment.back(
            here, denoise, "ddim", settings.steps, 0.0, count, settings.seed, cond, uncond, scale
        )  # fmt: skip
        at = kept(way)
        without = "unconditional" if settings.negative == ANY else f"class {settings.negative + 1}, the negative"
        title = {0.0: f"g = 0: {without}", 1.0: "g = 1: conditional"}.get(scale, f"g = {scale:g}: guided")
        lanes.append(
            Lane(title, theme.QUANTITY["uncond" if scale == 0 else "cond" if scale == 1 else "guided"], way.x[at])
        )
        away = np.linalg.norm(way.x[-1][:, None] - here.points.x, axis=-1)
        right = here.points.label[away.argmin(1)] == settings.wanted
        off = away.min(1) > OFF
        reached.append(f"at g = {scale:g} {np.mean(right & ~off):.0%}, and {np.mean(off):.0%} off the data")
    lost = ""
    if np.mean(off) > 0.1:
        lost = (
            "Guidance has thrown points off the data: it goes past them, and away from another class there is nowhere "
            "to stop. Classes of pictures overlap, so there it is milder."
        )
    levels = Levels.at(here.schedule, way.index[at])
    told = (
        f"Share that ends in class {settings.wanted + 1}: {'; '.join(reached)} (farther than {OFF:g} from every "
        f"point). {lost} Click anywhere to see the arrows."
    )
    scene = Scene(
        "guidance", here, levels, lanes, marks=marks(here, levels), start=len(at) * 3 // 5, scale=settings.scale
    )
    return Shown(scene, reel(levels, at), told)


def look(settings: Settings, here: World, training: Training | None, at: dict) -> str:
    """What the stage draws where a visitor clicked: at holds x and y, or the number of a particle."""
    levels = frames(settings, here)
    learned = training if fits(training, here) and training.step else None
    if settings.view == "noise":
        number = at.get("particle")
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < PARTICLES:
            raise RequestError("particle", number, f"a whole number from 0 to {PARTICLES - 1}")
        path = experiment.walk(here, levels.backwards, PARTICLES, settings.seed)[0][
            ::-1, number
        ].copy()  # torch walks no array backwards
    else:
        place = at.get("x"), at.get("y")
        if not all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= 8 for v in place):
            raise RequestError("place", place, "two numbers from -8 to 8")
        path = np.repeat([place], len(levels.index), 0).astype(float)
    guided = settings.view == "guidance"
    label, negative = (settings.wanted, settings.negative) if guided else (ANY, ANY)
    found = experiment.probe(here, path, levels, learned.denoiser() if learned else None, label, negative)
    return packed_probe(found, path, settings.seed, negative != ANY)
