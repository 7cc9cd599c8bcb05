"""Points in the plane as a small still picture: SVG, so that it stands in the text, prints, and needs no script.

Arrays in, markup out; its colours are those of the page (dashboard.theme), by way of the style sheet's names.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

HALF = 3.2  # the picture shows the square from -HALF to HALF
SIDE = 200  # of its own units


def cloud(points: np.ndarray, colour: str, data: np.ndarray | None = None, centre: float = 0.0) -> Markup:
    """points (N, 2) in a colour of the style sheet ("q-x_t"), over the data (M, 2) in grey; what lies outside is cut.

    centre: what both coordinates of the picture's middle are.
    """
    layers = [] if data is None else [_dots(data - centre, "quiet", 2.0)]
    layers.append(_dots(points - centre, colour, 2.6))
    return Markup('<svg viewBox="0 0 {0} {0}" aria-hidden="true">{1}</svg>').format(SIDE, Markup("").join(layers))


def _dots(points: np.ndarray, colour: str, size: float) -> Markup:
    """Each point a stroke without length, whose round end is the dot: one element for all."""
    x, y = np.round((np.clip(points, -2 * HALF, 2 * HALF) * (1, -1) / HALF + 1) * SIDE / 2).astype(int).T
    path = "".join(f"M{a} {b}h0" for a, b in zip(x, y, strict=True))
    return Markup(
        '<path d="{}" fill="none" stroke="var(--ds-{})" stroke-width="{}" stroke-linecap="round" opacity="0.7"/>'
    ).format(path, colour, size)
