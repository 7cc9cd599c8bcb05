"""One visual language: the colours of every quantity and process, and the look of every plot.

The Okabe-Ito palette (jfly.uni-koeln.de/color), safe for colour-blind readers, plus its grey. A module that
needs a colour takes it from here. Imports neither gradio nor torch, so that figures stay pure.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.updates import SAMPLERS

QUANTITY = {
    "x_t": "#0072B2",  # the state, partly noise
    "x0": "#E69F00",  # x̂_0, the picture predicted from it
    "eps": "#CC79A7",  # ε, the predicted noise
    "uncond": "#56B4E9",  # the prediction without the prompt
    "cond": "#009E73",  # the prediction with the prompt
    "guided": "#D55E00",  # the two combined by the guidance scale
    "negative": "#999999",  # the prediction for the negative prompt
}
PROCESS = {"ddpm": "#D55E00", "ddim": "#0072B2", "noiseless": "#CC79A7", "faster": "#009E73"}
RUNS = (  # runs laid over each other on one map
    QUANTITY["x_t"], "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#AA3377", "#8A8A2B", "#7B61C9",
)  # fmt: skip
QUIET = "#999999"  # comparisons, clouds, whatever stays in the background

INK = {  # the page itself, light and dark
    "ground": ("#fbfbfa", "#131312"),
    "raised": ("#ffffff", "#1c1c1a"),
    "well": ("#f1f1ee", "#20201e"),
    "line": ("#e4e3de", "#2e2e2b"),
    "ink": ("#1d1d1b", "#edecea"),
    "ink-soft": ("#6a6964", "#a09f99"),
    "wrong": ("#b3400a", "#f2896b"),  # vermilion for text, which "guided" is too light for on white
}
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def process(sampler: str) -> str:
    """The colour of a sampler: the four processes are DDIM, DDPM, DDPM without noise, and faster solvers."""
    return PROCESS[SAMPLERS[sampler].process]


def processes(samplers: list[str]) -> list[str]:
    """Each sampler's colour among these: its process's; a second one of a process has a colour that is left."""
    wanted = [process(one) for one in samplers]
    spare = [colour for colour in RUNS if colour not in wanted]
    chosen: list[str] = []
    for colour in wanted:
        chosen.append(spare.pop(0) if colour in chosen else colour)
    return chosen


def figure(rail: str | None = None, moves: list[dict] | None = None, data: Sequence[dict] = (), **layout) -> go.Figure:
    """A figure in the house style, of these traces. Ink, grid and background come from the page, so both themes fit.

    rail, moves: what the step rail moves, {"trace": index, "x": [per position], …}; see static/plot.js.
    layout: what differs from the house, key by key.
    """
    axis = {"zeroline": False, "ticks": "", "automargin": True, "title": {"standoff": 8}}
    house = {  # at once: Plotly takes ten times as long over one key after the other
        "template": "none",
        "font": {"family": FONT, "size": 12},
        "margin": {"l": 44, "r": 12, "t": 8, "b": 36},
        "xaxis": axis,
        "yaxis": axis,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "meta": {"rail": rail, "moves": moves or []},
    }
    return go.Figure(list(data), _changed(house, layout))


def _changed(layout: dict, by: dict) -> dict:
    """The layout with the keys of another in place of its own, at any depth."""
    found = dict(layout)
    for key, value in by.items():
        nested = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = _changed(found[key], value) if nested else value
    return found


def log_axis(values: np.ndarray) -> dict:
    """A logarithmic axis over positive values whose ticks read as numbers: 0.2, 0.5, 1, where Plotly writes 2, 5, 1."""
    known = values[np.isfinite(values) & (values > 0)]
    low, high = (np.log10(known.min()), np.log10(known.max())) if len(known) else (0.0, 1.0)
    leads = (1, 2, 5) if high - low < 1.5 else (1, 3) if high - low < 3 else (1,)
    ticks = [lead * 10.0**power for power in range(int(np.floor(low)) - 1, int(np.ceil(high)) + 1) for lead in leads]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:.10g}" for tick in ticks]}


def css_variables(by_itself: bool = False) -> str:
    """The same colours for the style sheet: --ds-ink, --ds-q-x_t, --ds-p-ddim, …

    by_itself: a page is dark where its browser is, else where its body has the class "dark".
    """
    fixed = [(f"q-{name}", colour) for name, colour in QUANTITY.items()]
    fixed += [(f"p-{name}", colour) for name, colour in PROCESS.items()] + [("quiet", QUIET)]
    light = [(name, pair[0]) for name, pair in INK.items()]
    dark = [(name, pair[1]) for name, pair in INK.items()]
    night = (
        f"@media (prefers-color-scheme: dark) {{ {_rule(':root', dark)} }}\n" if by_itself else _rule("body.dark", dark)
    )
    return _rule(":root", fixed + light) + night


def _rule(selector: str, pairs: list[tuple[str, str]]) -> str:
    return f"{selector} {{" + "".join(f" --ds-{name}: {colour};" for name, colour in pairs) + " }\n"


def words(text: str) -> str:
    """Anybody's text for Plotly, which draws &lt; and &amp; as the signs they stand for, but &quot; as it is."""
    return html.escape(text, quote=False)
