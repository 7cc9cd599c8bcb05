"""The loss of the network that learns while one watches."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard import theme


def loss(history: np.ndarray, total: int) -> go.Figure:
    """Mean square error so far, rows of a step and its loss (M, 2), of total steps."""
    steps, losses = history.T
    fig = theme.figure()
    fig.add_scatter(x=steps, y=losses, mode="lines", line={"color": theme.QUANTITY["eps"], "width": 2},
                    hovertemplate="step %{x}: %{y:.3f}<extra></extra>")  # fmt: skip
    fig.update_layout(
        xaxis={"title": {"text": "training step"}, "range": [0, total], "showgrid": False, "nticks": 6},
        yaxis={"rangemode": "tozero", "nticks": 5},
    )
    return fig
