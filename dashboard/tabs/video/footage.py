"""A run of a video model as the tab shows it: its frames at the rail's positions, and what is read off them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from core import projection
from core.frames import centroids, consistency, moving, slice_through
from core.types import Trace
from dashboard import pictures, theme, videos
from dashboard.captions import positions_text
from dashboard.components.rail import Reel
from dashboard.figures.video import frames_map, places
from dashboard.layers import Layer, Layers
from dashboard.service import Progress, Service

POSITIONS = 13  # of the rail: all frames of each are decoded, twice
LARGE, SMALL = 128, 64  # pixels a frame's height; the page enlarges them
RAIL = "video"


@dataclass(frozen=True, eq=False)
class Footage:
    """The state and the guess at P positions, as many of their F frames as the model decodes cheaply."""

    trace: Trace
    at: np.ndarray  # (P,) steps
    x0: np.ndarray  # (P, F', h, w, 3) uint8
    x: np.ndarray | None = None  # (P, F', h, w, 3) uint8
    attention: np.ndarray | None = None  # (P - 1, blocks, F, F), as core.probe.frame_attention

    @property
    def frames(self) -> int:
        return self.x0.shape[1]

    @property
    def whole(self) -> bool:
        """Whether every frame can be seen at every step."""
        return self.frames == len(self.trace.frames)


def latest(layers: Layers) -> Layer | None:
    """The run in view if it is a video, else the newest video among the last runs."""
    found = [layer for layer in layers.entries if layer.trace.frames is not None]
    return layers.shown if layers.shown in found else (found[-1] if found else None)


def guessed(service: Service, layer: Layer) -> Footage:
    """The guesses alone: they are what is looked at first."""
    count = len(layer.trace.x0)
    at = np.unique(np.linspace(0, count, min(count + 1, POSITIONS)).round().astype(int))
    with service.turn(layer.model) as engine:
        return Footage(layer.trace, at, engine.frames(layer.trace.guesses[at]))


def completed(service: Service, footage: Footage) -> Footage:
    """With the states, and with what the frames read of each other where the model tells that."""
    from core.probe import frame_attention  # here, since torch takes seconds to import

    with service.turn(footage.trace.model) as engine:
        x = engine.frames(footage.trace.x[footage.at])
    with service.turn(footage.trace.model) as engine:
        looks = frame_attention(engine, footage.trace, footage.at[:-1]) if engine.model.frames_attend else None
    return replace(footage, x=x, attention=looks)


def live(progress: Progress, frames: np.ndarray) -> Reel:
    """The guess (F', h, w, 3) of the step that a run has just taken."""
    told = {"step": [f"Step {progress.index} of {progress.total}"], "caption": [""], "numbers": [""]}
    return Reel([progress.index], {"x0": [videos.strip(frames, LARGE)], "x": [None]}, told, live=True)


def reel(footage: Footage) -> Reel:
    """What the guesses alone show."""
    shown = {"x0": [videos.strip(one, LARGE) for one in footage.x0]}
    if footage.whole:
        line = slice_through(footage.x0[-1])
        shown["slice"] = [pictures.mosaic_uri(sliced(one, *line)) for one in footage.x0]
    return Reel(footage.at.tolist(), shown, positions_text(footage.trace, footage.at))


def with_rest(shown: Reel, footage: Footage) -> Reel:
    """The same reel, with the states and what the frames read of each other."""
    more = {"x": [videos.strip(one, SMALL, 75) for one in footage.x]}
    if footage.attention is not None:
        for block, weights in enumerate(np.moveaxis(footage.attention, 1, 0)):
            uris = [*map(pictures.mosaic_uri, tinted(weights / weights.max()))]
            more[f"attention:{block}"] = [*uris, uris[-1]]  # nothing is predicted from the last state
    return replace(shown, frames=shown.frames | more)


def sliced(frames: np.ndarray, along: str, number: int) -> np.ndarray:
    """One line of pixels of the frames (F, H, W, 3) over time: (F, W, 3) of a row, (H, F, 3) of a column."""
    return frames[:, number] if along == "row" else frames[:, :, number].swapaxes(0, 1)


def tinted(shares: np.ndarray) -> np.ndarray:
    """Shares (N, F, F) of 1 as pictures (N, F, F, 4), the colour of a state, more or less of it."""
    colour = [int(theme.QUANTITY["x_t"][at : at + 2], 16) for at in (1, 3, 5)]
    full = np.broadcast_to(np.array(colour, np.uint8), (*shares.shape, 3))
    return np.concatenate([full, (255 * shares[..., None]).round().astype(np.uint8)], -1)


def path(footage: Footage):
    """The guess of each frame on the plane in which the frames of the result differ most."""
    latents = np.moveaxis(footage.trace.guesses[footage.at], 2, 1)  # (P, F, C, h, w)
    fitted = projection.pca(latents[-1], 2)
    shares = fitted.explained(latents[-1])
    flat = fitted.transform(latents.reshape(-1, *latents.shape[2:])).reshape(*latents.shape[:2], 2)
    axes = [f"PC {n} of the last frames · {share:.0%}" for n, share in enumerate(shares, 1)]
    return frames_map(flat, axes, RAIL)


def movement(footage: Footage):
    """Where the thing stands in each frame of the guess."""
    found = np.stack([centroids(one) for one in footage.x0])  # (P, F, 2)
    return places(found[..., 0], found[..., 1], RAIL)


def measured(engine, trace: Trace) -> list[tuple[str, str, str]]:
    """Numbers of a finished video: name, value, and what it means."""
    found = [("change from frame to frame", f"{moving(trace.frames):.3f}", CHANGE)]
    if engine.clip is None:
        return found
    embedded = engine.clip.image([Image.fromarray(one) for one in trace.frames])
    found.append(("neighbouring frames", f"{consistency(embedded):.3f}", NEIGHBOURS))
    if trace.request.prompt.strip():
        score = float((embedded @ engine.clip.text([trace.request.prompt])[0]).mean())
        found.append(("CLIP score", f"{score:.3f}", SCORE))
    return found


CHANGE = "Root mean square difference of neighbouring frames, as a share of the range of a pixel: 0 stands still."
NEIGHBOURS = "Mean cosine of CLIP's embeddings of neighbouring frames: lower where what is shown changes."
SCORE = "Mean cosine of CLIP's embeddings of the frames and of the prompt; a frame alone tells CLIP no direction."
