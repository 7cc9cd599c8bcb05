"""Room on a map: where names and pictures stand without covering the paths or one another. In 2 dimensions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from dashboard import theme

THUMBS = 60  # pictures on a map at most
THUMB = 29  # pixels a side
GAP = 8  # pixels between a point and its name
MARGIN = 30  # pixels around all that is drawn
SCREEN = (560, 400)  # pixels of a map, about: what pictures and names are sized against
PLACES = ("top left", "top right", "bottom left", "bottom right", "middle right", "middle left")
CENTRAL = ("top center", "bottom center")
OUTSIDE, HIT = 2000, 800  # what a name costs that is cut off, or stands on another; a point of a path under it costs 1
NOISE, STATE, GUESS = "<i>x</i><sub>T</sub>", "<i>x</i><sub>t</sub>", "<i>x̂</i><sub>0</sub>"


@dataclass(frozen=True)
class Route:
    """One run on a map of d = 2 or 3 dimensions; the rail has P positions."""

    id: str
    name: str  # short, and may be anybody's text
    colour: str
    line: np.ndarray  # (L, d) the path of x_t, in as many points as it takes
    walked: np.ndarray  # (P,) how many points of line lie behind each position
    x0: np.ndarray  # (P, d) x̂_0 at each position
    steps: list[str]  # (P,) what each position is called

    @property
    def x(self) -> np.ndarray:
        """x_t at each position, (P, d)."""
        return self.line[self.walked - 1]


@dataclass(frozen=True)
class Sheet:
    """The part of the plane that a map shows; a true map has one scale for both axes."""

    low: np.ndarray  # (d,)
    high: np.ndarray  # (d,)
    true: bool

    @classmethod
    def around(cls, cloud: np.ndarray, routes: list[Route], true: bool) -> Sheet:
        points = np.concatenate([cloud, _crowd(routes)])
        return cls(points.min(0), points.max(0), true)

    @property
    def pixel(self) -> np.ndarray:
        """What a pixel of the screen spans along each axis, about, (2,)."""
        size = np.maximum(self.high - self.low, 1e-9) / SCREEN
        return np.full(2, size.max()) if self.true else size

    @property
    def ranges(self) -> list[list[float]]:
        """Both axes with a margin."""
        pad = MARGIN * self.pixel
        return np.stack([self.low - pad, self.high + pad], 1).tolist()


@dataclass(frozen=True)
class Screen:
    """How a plane is shown on a screen of some size: what a pixel spans, and where the figure ends, in its units."""

    pixel: float
    low: np.ndarray  # (2,)
    high: np.ndarray  # (2,)


@dataclass(frozen=True)
class Name:
    """A text beside a point, and in 2 dimensions the side it stands on and the corners of its box, (2, 2)."""

    point: np.ndarray  # (d,)
    text: str  # escaped
    colour: str
    place: str = "top center"
    box: np.ndarray | None = None


def names(routes: list[Route], sheet: Sheet) -> list[Name]:
    """x_T and x̂_0 where the first route begins, and each run's name at the end of its path.

    In 2 dimensions each stands where it covers the fewest points of the paths and no name before it.
    """
    first = routes[0]
    wanted = [(first.line[0], NOISE, 2, theme.QUIET), (first.x0[0], GUESS, 2, theme.QUANTITY["x0"])]
    wanted += [(route.line[-1], theme.words(route.name), len(route.name), route.colour) for route in routes]
    if len(sheet.low) == 3:
        return [Name(point, text, colour) for point, text, _, colour in wanted]
    crowd, chosen = _crowd(routes), []
    for point, text, length, colour in wanted:
        boxes = [point + _corners(place, length) * sheet.pixel for place in PLACES]
        best = int(np.argmin([_cost(box, crowd, chosen, sheet) for box in boxes]))
        chosen.append(Name(point, text, colour, PLACES[best], boxes[best]))
    return chosen


def sides(points: np.ndarray, lengths: list[int], wishes: list[str], screens: list[Screen]) -> list[list[str]]:
    """Where N texts of so many letters stand beside points that move, (P, N, 2): the side of each at each position.

    Of all ways to place them the one in which, over all screens, the fewest are cut off or stand on one another; of
    these, the one nearest to what is wished for.
    """
    places, (moments, count, _) = [*PLACES, *CENTRAL], points.shape
    cost = np.zeros((moments, *[len(places)] * count))

    def add(charge: np.ndarray, *texts: int) -> None:
        """charge (P, places) of a text, or (P, places, places) of two."""
        cost[...] += charge.reshape(len(charge), *(len(places) if n in texts else 1 for n in range(count)))

    for n, wish in enumerate(wishes):
        add(np.array([[(one != wish) + (one.split()[0] != wish.split()[0]) for one in places]]), n)
    offsets = [np.stack([_corners(place, length) for place in places]) for length in lengths]  # (places, 2, 2) each
    for screen in screens:
        boxes = [points[:, n, None, None] + offset * screen.pixel for n, offset in enumerate(offsets)]
        for n, box in enumerate(boxes):
            add(OUTSIDE * ((box[:, :, 0] < screen.low) | (box[:, :, 1] > screen.high)).any(2), n)
        for i, j in itertools.combinations(range(count), 2):
            add(HIT * _meet(boxes[i][:, :, None], boxes[j][:, None]), i, j)
    best = np.unravel_index(cost.reshape(moments, -1).argmin(1), cost.shape[1:])
    return [[places[i] for i in row] for row in np.transpose(best).tolist()]


def thin(cloud: np.ndarray, routes: list[Route], true: bool) -> list[int]:
    """The points of the cloud (N, 2) whose pictures fit: none over another, over a path or over a name."""
    sheet = Sheet.around(cloud, routes, true)
    side = THUMB * sheet.pixel
    written = [np.linspace(*name.box, 12) for name in names(routes, sheet)]
    taken = np.concatenate([_crowd(routes), *written]) / side
    return apart(cloud / side, taken)[:THUMBS]


def apart(points: np.ndarray, taken: np.ndarray, spread: float = 1.05) -> list[int]:
    """Of points (N, 2), in widths of a picture, those whose pictures neither overlap nor cover what is taken (M, 2)."""
    chosen: list[int] = []
    for index, point in enumerate(points):
        if (
            np.abs(points[chosen] - point).max(1).min(initial=np.inf) > spread
            and np.abs(taken - point).max(1).min(initial=np.inf) > 0.7
        ):
            chosen.append(index)
    return chosen


def _crowd(routes: list[Route]) -> np.ndarray:
    """Points along all the paths, close enough that none slips through between two of them."""
    return np.concatenate([_dense(path) for route in routes for path in (route.line, route.x0)])


def _dense(path: np.ndarray) -> np.ndarray:
    at = np.linspace(0, len(path) - 1, 10 * len(path))
    return np.stack([np.interp(at, np.arange(len(path)), column) for column in path.T], 1)


def _corners(place: str, length: int) -> np.ndarray:
    """Lower and upper corner of a text of so many letters beside a point, in pixels from it, (2, 2)."""
    vertical, horizontal = place.split()
    width, height = 7.5 * length, 18
    x = {"right": GAP, "center": -width / 2, "left": -GAP - width}[horizontal]
    y = {"top": GAP / 2, "middle": -height / 2, "bottom": -GAP / 2 - height}[vertical]
    return np.array([[x, y], [x + width, y + height]])


def _meet(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether boxes (…, 2, 2) cover a part of one another, (…)."""
    return np.all((a[..., 0, :] < b[..., 1, :]) & (b[..., 0, :] < a[..., 1, :]), -1)


def _cost(box: np.ndarray, crowd: np.ndarray, before: list[Name], sheet: Sheet) -> int:
    covered = np.all((crowd > box[0]) & (crowd < box[1]), 1).sum()
    spare = GAP * sheet.pixel  # not all the margin: a map may be narrower than SCREEN, and its names as wide
    outside = (box[0] < sheet.low - spare).any() or (box[1] > sheet.high + spare).any()
    hit = any(_meet(box, name.box) for name in before)
    return covered + OUTSIDE * outside + HIT * hit  # a name cut off at the edge is lost, one on a path can be read
