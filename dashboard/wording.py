"""A run's settings in words, said in one way wherever a run is named. Plain text: escape it."""

from __future__ import annotations

from core.types import Request
from core.updates import SAMPLERS


def settings(model: str, request: Request) -> str:
    """The model and all that was asked of it, but prompt and seed; what is as usual and has no say is left out."""
    steps = f"{request.steps} step{'' if request.steps == 1 else 's'}"
    return " · ".join([model, SAMPLERS[request.sampler].label, steps, guidance(request), *unusual(request)])


def guidance(request: Request) -> str:
    return f"guidance {request.guidance:g}{interval(request)}"


def interval(request: Request) -> str:
    """ " for σ 0.2 to 0.8" where guidance works between these noise levels only, else nothing."""
    low, high = request.guidance_low, request.guidance_high
    if (low, high) == (0, 1):
        return ""
    return f" for σ {low:.2g} to {high:.2g}" if low < high else " nowhere"


def unusual(request: Request) -> list[str]:
    """The settings that are seldom touched, where they are not the usual ones and change the run."""
    said = []
    if negative := request.negative_prompt.strip():
        said.append(f"negative prompt “{negative}”")
    if request.eta and SAMPLERS[request.sampler].reads_eta:
        said.append(f"η {request.eta:g}")
    if request.spacing != Request.spacing:
        said.append(f"{request.spacing} spacing")
    return said
