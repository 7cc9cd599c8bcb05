"""The frames of a video: their places in latent space and where the thing stands in them. Arrays in, go.Figure out."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboard import theme


def frames_map(guesses: np.ndarray, axes: list[str], rail: str) -> go.Figure:
    """guesses (P, F, 2): where the guess of each frame lies at each position of the rail, which moves all of them."""
    fig = theme.figure(margin={"l": 28, "r": 8, "t": 8, "b": 28})
    for frame in range(guesses.shape[1]):
        way = guesses[:, frame].astype(np.float32)
        fig.add_scatter(x=way[:, 0], y=way[:, 1], mode="lines", hoverinfo="skip", opacity=0.35,
                        line={"color": theme.QUIET, "width": 1})  # fmt: skip
    names = [str(frame + 1) for frame in range(guesses.shape[1])]
    rounded = np.round(guesses, 3)
    fig.add_scatter(
        x=rounded[-1, :, 0], y=rounded[-1, :, 1], mode="lines+markers+text", text=names, textposition="top center",
        hovertemplate="frame %{text}<extra></extra>", line={"color": theme.QUANTITY["x0"], "width": 2},
        marker={"size": 8, "color": theme.QUANTITY["x0"]}, cliponaxis=False,
    )  # fmt: skip
    moves = [{"trace": len(fig.data) - 1, "x": rounded[..., 0].tolist(), "y": rounded[..., 1].tolist()}]
    ends = guesses.reshape(-1, 2)
    margin = 0.08 * np.maximum(np.ptp(ends, axis=0), 1e-6)
    spans = np.stack([ends.min(0) - margin, ends.max(0) + margin], 1).tolist()
    for axis, title, span in zip(("xaxis", "yaxis"), axes, spans, strict=True):
        fig.update_layout({axis: {"title": {"text": title}, "range": span, "showticklabels": False, "showgrid": False}})
    return fig.update_layout(meta={"rail": rail, "moves": moves})


def places(across: np.ndarray, down: np.ndarray, rail: str) -> go.Figure:
    """Where the thing stands in each frame of the guess: across and down, (P, F) each, 0 to 1, NaN where there is none.

    Lines are at the position in view, dots at the last one.
    """
    fig, moves = theme.figure(margin={"l": 40, "r": 10, "t": 26, "b": 34}), []
    frames = np.arange(1, across.shape[1] + 1)
    for name, values, colour in (
        ("from left (0) to right (1)", across, theme.QUANTITY["x0"]),
        ("from top (0) to bottom (1)", down, theme.QUANTITY["x_t"]),
    ):
        plain = [[None if np.isnan(one) else round(float(one), 4) for one in row] for row in values]
        fig.add_scatter(x=frames, y=plain[-1], mode="markers", showlegend=False, opacity=0.5, hoverinfo="skip",
                        marker={"color": colour, "size": 7, "symbol": "circle-open"})  # fmt: skip
        moves.append({"trace": len(fig.data), "y": plain})
        fig.add_scatter(x=frames, y=plain[-1], mode="lines", name=name, line={"color": colour, "width": 2},
                        hovertemplate="frame %{x}: %{y:.2f}<extra></extra>")  # fmt: skip
    return fig.update_layout(
        meta={"rail": rail, "moves": moves}, showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        xaxis={"title": {"text": "frame"}, "showgrid": False, "dtick": max(1, len(frames) // 8)},
        yaxis={"range": [-0.02, 1.02], "nticks": 5},
    )  # fmt: skip
