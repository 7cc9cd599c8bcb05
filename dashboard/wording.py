"""A run's settings in words, said in one way wherever a run is named. Plain text: escape it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from core.types import Request
from core.updates import SAMPLERS

USUAL = Request()


@dataclass(frozen=True)
class Said:
    """A piece of what is said of a request, and the fields it tells of that are not as usual."""

    words: str
    changed: tuple[str, ...]


def settings(model: str, request: Request, scales: str = "") -> str:
    """The model and all that was asked of it, but prompt and seed; what is as usual and has no say is left out.

    scales: of guidance, where there are several.
    """
    return " · ".join([model, *(one.words for one in said(request, scales))])


def said(request: Request, scales: str = "", usual: Request = USUAL) -> list[Said]:
    """The same of the request, piece by piece. usual: what its model is meant to be run with."""
    named = partial(_not, request, usual)
    told = [
        (SAMPLERS[request.sampler].label, ["sampler"]),
        (f"{request.steps} step{'' if request.steps == 1 else 's'}", ["steps"]),
        (guidance(request, scales), ["guidance", "guidance_low", "guidance_high", "guidance_rescale"]),
    ]
    if request.distilled_guidance:
        told.append((f"distilled guidance {request.distilled_guidance:g}", ["distilled_guidance"]))
    if negative := request.negative_prompt.strip():
        told.append((f"negative prompt “{negative}”", ["negative_prompt"]))
    if named("eta") and SAMPLERS[request.sampler].reads_eta:
        told.append((f"η {request.eta:g}", ["eta"]))
    if named("shared_noise"):
        told.append((f"{request.shared_noise:.0%} of the starting noise shared by all frames", ["shared_noise"]))
    if named("spacing"):
        told.append((f"{request.spacing} spacing", ["spacing"]))
    for name, unit in (("width", "pixels wide"), ("height", "pixels high"), ("frames", "frames")):
        if value := getattr(request, name):
            told.append((f"{value} {unit}", [name]))
    return [Said(words, tuple(n for n in names if getattr(request, n) != getattr(usual, n))) for words, names in told]


def _not(request: Request, usual: Request, name: str) -> bool:
    """Whether a setting has a say: it is not as usual, or not as it is usual for the model."""
    return getattr(request, name) not in {getattr(USUAL, name)} & {getattr(usual, name)}


def guidance(request: Request, scales: str = "") -> str:
    rescale = f", rescaled by {request.guidance_rescale:g}" if request.guidance_rescale else ""
    return f"guidance {scales or f'{request.guidance:g}'}{interval(request)}{rescale}"


def interval(request: Request) -> str:
    """ " for σ 0.2 to 0.8" where guidance works between these noise levels only, else nothing."""
    low, high = request.guidance_low, request.guidance_high
    if (low, high) == (0, 1):
        return ""
    return f" for σ {low:.2g} to {high:.2g}" if low < high else " nowhere"


def shared(model: str, request: Request) -> dict[str, str]:
    """What runs that are compared have in common, by its name: sampler, steps and eta are what they differ in."""
    return {
        "model": model,
        "prompt": request.prompt.strip(),
        "negative prompt": request.negative_prompt.strip(),
        "seed": str(request.seed),
        "guidance": guidance(request),
    }


def duration(seconds: float, tenths: float = 10) -> str:
    """To be read at a glance: "1.2 s", "14 s", "3.5 min". tenths: from how many seconds on they are whole."""
    if seconds >= 90:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds < tenths - 0.05 else f"{seconds:.0f} s"


def about(seconds: float) -> str:
    """The same of what is only estimated: "about 1.2 s", "about 4 s"."""
    return f"about {duration(seconds, tenths=3)}"
