"""How much of the attention each word gets along a run, word by step. Arrays in, go.Figure out."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard import theme

SCALE = [[0.0, "rgba(213,94,0,0.03)"], [1.0, theme.QUANTITY["guided"]]]
ROWS = 14  # names that can be read one above the other
MAX_NAME = 16  # characters


def draw(shares: np.ndarray, tokens: list[str], steps: np.ndarray, rail: str) -> go.Figure:
    """shares (P, M) of 1 that M tokens get at the steps (P,); a rule stands at the step in view."""
    fig = theme.figure(margin={"l": 8, "r": 10, "t": 6, "b": 34})
    names = [theme.words(name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…") for name in tokens]
    fig.add_heatmap(
        x=steps, y=list(range(len(tokens))), z=shares.T.astype(np.float32), colorscale=SCALE, showscale=False, zmin=0,
        customdata=[[name] * len(steps) for name in names], xgap=1, ygap=2,
        hovertemplate="%{customdata}, step %{x}: %{z:.1%} of all attention<extra></extra>",
    )  # fmt: skip
    fig.add_scatter(
        x=[steps[-1]] * 2, y=[-0.5, len(tokens) - 0.5], mode="lines", line={"color": theme.QUIET, "width": 1},
        hoverinfo="skip",
    )  # fmt: skip
    told = range(0, len(tokens), -(-len(tokens) // ROWS))
    fig.update_layout(
        meta={"rail": rail, "moves": [{"trace": 1, "x": [[k, k] for k in [*steps.tolist(), int(steps[-1])]]}]},
        xaxis={"title": {"text": "step"}, "showgrid": False, "nticks": 6},
        yaxis={"range": [len(tokens) - 0.5, -0.5], "tickvals": list(told), "ticktext": [names[i] for i in told],
               "showgrid": False},
    )  # fmt: skip
    return fig
