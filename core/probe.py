"""What is inside a step: how much of each word every place of the picture reads (cross-attention).

Nothing is captured while a run goes on. The network has no memory, so it is asked once more about the states that
the trace kept: the same weights, at the same timesteps, and no way to change a number of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.errors import RequestError
from core.networks.dit import IMAGE_TOKENS, DiT
from core.reading import END, NO_PICTURE, PICTURE, START, Reading
from core.types import Trace

if TYPE_CHECKING:
    from core.engine import Engine


@torch.inference_mode()
def attention(engine: Engine, trace: Trace, steps: np.ndarray) -> Reading:
    """How the conditional branch read the trace's prompt at the states x_k, k of steps (P,), all below S.

    Raises RequestError for a model without cross-attention, and for steps that the trace has not.
    """
    parts = getattr(engine, "parts", None)  # other kinds of engines have none
    model = getattr(getattr(parts, "network", None), "model", None)
    if not isinstance(model, DiT):
        raise RequestError("model", engine.name, "a network that reads its prompt by cross-attention")
    steps = np.asarray(steps)
    if len(steps) == 0 or steps.min() < 0 or steps.max() >= len(trace.x0):
        raise RequestError("steps", steps.tolist(), f"some of 0 … {len(trace.x0) - 1}")
    request = trace.request
    cond = parts.network.condition(engine.clip, [request.prompt], [request.embedding])
    seen: list[torch.Tensor] = []
    cond = {name: rows.expand(len(steps), *rows.shape[1:]) for name, rows in cond.items()}
    model.denoise(torch.from_numpy(trace.x[steps]), torch.from_numpy(trace.t[steps]).long(), cond, seen)
    picture = NO_PICTURE if request.embedding is None else PICTURE
    return Reading([*_tokens(engine.clip, request.prompt), picture], [_places(weights) for weights in seen])


def _places(weights: torch.Tensor) -> np.ndarray:
    """(P, heads, n n, words + IMAGE_TOKENS) -> (P, words + 1, n, n)"""
    shares = weights.mean(1).transpose(1, 2)
    shares = torch.cat([shares[:, :-IMAGE_TOKENS], shares[:, -IMAGE_TOKENS:].sum(1, keepdim=True)], 1)
    n = round(shares.shape[-1] ** 0.5)
    return shares.unflatten(-1, (n, n)).float().cpu().numpy()


def _tokens(clip, prompt: str) -> list[str]:
    pieces = [clip.tokenizer.decode([i]).strip() for i in clip.tokens([prompt])["input_ids"][0, 1:-1].tolist()]
    return [START, *pieces, END]
