"""What is inside a step: how much of each word every place of the picture reads (cross-attention), and which frames
of a video read which.

Nothing is captured while a run goes on. The network has no memory, so it is asked once more about the states that
the trace kept: the same weights, at the same timesteps, and no way to change a number of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from core.errors import RequestError
from core.model import Asked
from core.reading import Reading
from core.types import Trace

if TYPE_CHECKING:
    from core.engine import Engine


@torch.inference_mode()
def attention(engine: Engine, trace: Trace, steps: np.ndarray) -> Reading:
    """How the conditional branch read the trace's prompt at the states x_k, k of steps (P,), all below S.

    Raises RequestError for a model without cross-attention, and for steps that the trace has not.
    """
    if not engine.model.attends:
        raise RequestError("model", engine.name, "a network that reads its prompt by cross-attention")
    return engine.model.attention(Asked.towards(trace.request), *_states(engine, trace, steps))


@torch.inference_mode()
def frame_attention(engine: Engine, trace: Trace, steps: np.ndarray) -> np.ndarray:
    """How much each frame reads of each frame, with the prompt, at the states x_k: (P, blocks, F, F), rows of sum 1.

    Raises RequestError for a model whose frames do not attend to each other, and for steps that the trace has not.
    """
    if not engine.model.frames_attend:
        raise RequestError("model", engine.name, "a network whose frames attend to each other by themselves")
    return engine.model.frame_attention(Asked.towards(trace.request), *_states(engine, trace, steps))


def _states(engine: Engine, trace: Trace, steps: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """The states x_k, k of steps (P,), and their timesteps."""
    steps = np.asarray(steps)
    if len(steps) == 0 or steps.min() < 0 or steps.max() >= len(trace.x0):
        raise RequestError("steps", steps.tolist(), f"some of 0 … {len(trace.x0) - 1}")
    x, t = (torch.from_numpy(values[steps]).to(engine.model.place.device) for values in (trace.x, trace.t))
    return x, t
