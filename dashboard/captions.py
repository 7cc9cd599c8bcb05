"""What happens at each step of a run, in plain English for a student. Pure: a Trace in, sentences out."""

from __future__ import annotations

import numpy as np

from core.advice import TOO_CLEAN
from core.measure import rms
from core.types import Request, Trace
from core.updates import SAMPLERS


def positions_text(trace: Trace, at: np.ndarray) -> dict[str, list[str]]:
    """The texts of a reel at the steps `at` (P,): where we are, the numbers, what happens, what the sampler does."""
    total = trace.request.steps
    return {
        "step": [f"Step {k} of {total}" for k in at],
        "numbers": [_numbers(trace, k) for k in at],
        "caption": [f"{stage(trace, k)} {change}".strip() for k, change in zip(at, changes(trace, at), strict=True)],
        "sampler": [sampler(trace.request, k) if k < len(trace.x0) else "" for k in at],
    }


def guess_change(trace: Trace, at: np.ndarray) -> np.ndarray:
    """How far x̂_0 moved since the position before, as a root mean square over the latent, (P,); 0 at the first.

    The last position has no prediction of its own: it counts the way from the last prediction to the result.
    """
    return np.concatenate([[0.0], rms(np.diff(trace.guesses[at], axis=0))])


def stage(trace: Trace, k: int) -> str:
    """What the noise level of the state x_k means for what the network can settle."""
    if k == len(trace.x0):
        drawn = "image" if trace.frames is None else "video"
        if trace.finished:
            return f"Done: σ = 0, so xₜ is the final {drawn}."
        return f"Stopped after {k} steps: xₜ still holds noise, and what you see is the last predicted {drawn}."
    alpha, sigma = float(trace.alpha[k]), float(trace.sigma[k])
    share = sigma**2 / (alpha**2 + sigma**2)
    if k == 0 and alpha > TOO_CLEAN:
        return (
            f"This run begins at t = {trace.t[0]:g}, where {1 - share:.0%} of the variance should be picture, on pure "
            "noise: the network takes noise for a picture. Another spacing begins where there is noise."
        )
    if k == 0:
        return f"Pure noise (α = {alpha:.2g}). {_first(trace.request, sigma)}"
    if share > 0.9:
        return (
            f"{share:.0%} of the variance of xₜ is noise. Only the coarsest things show through: where it is light "
            "and dark, and the main colours."
        )
    if share > 0.5:
        return f"There is more noise than picture in xₜ ({share:.0%}). Layout and large shapes show through, no more."
    if share > 0.1:
        return (
            f"There is more picture than noise in xₜ now ({share:.0%} noise). The composition stands; parts and "
            "outlines become readable."
        )
    return f"xₜ is nearly clean ({share:.1%} noise). What is left to settle is texture and the last sharp edges."


def _first(request: Request, sigma: float) -> str:
    """What the image predicted from pure noise is: a mean, or what guidance makes of two of them."""
    g = request.scale_at(sigma)
    without = "the images that fit the negative prompt" if request.negative_prompt.strip() else "all training images"
    if g == 0 or not (request.prompt.strip() or request.embedding):
        return f"Nothing of a picture shows through yet, so x̂₀ is close to the mean of {without}."
    if g == 1:
        return "Nothing of a picture shows through yet, so x̂₀ is close to the mean of the images that fit the prompt."
    return (
        f"Nothing of a picture shows through yet, so the network can only predict means. Guidance goes from that of "
        f"{without} towards that of the images that fit the prompt, {g:g} times as far: x̂₀ lies beyond any image."
    )


def changes(trace: Trace, at: np.ndarray) -> list[str]:
    """How much the predicted image changed on the way to each position, beside the rest of the run."""
    moved = guess_change(trace, at)
    total, largest = moved.sum(), int(np.argmax(moved))
    if total == 0:
        return [""] * len(at)
    done, sentences = np.cumsum(moved) / total, [""]
    typical = total / (len(at) - 1)
    for p in range(1, len(at)):
        if p == largest:
            sentence = f"x̂₀ changes most here: {done[p]:.0%} of its total change has happened."
        elif moved[p] > 1.4 * typical:
            sentence = f"x̂₀ changed a lot: {done[p]:.0%} of its total change has happened."
        elif moved[p] < 0.4 * typical:
            sentence = f"x̂₀ hardly moved: {done[p]:.0%} of its total change has happened."
        else:
            sentence = f"{done[p]:.0%} of the total change of x̂₀ has happened."
        sentences.append("" if p == len(at) - 1 else sentence)
    return sentences


def sampler(request: Request, k: int) -> str:
    """What the sampler does with the predictions of step k, which leads from x_k to x_{k+1}."""
    if k == request.steps - 1:
        return "This last step removes all the remaining noise and ends at x̂₀ itself."
    return SAMPLERS[request.sampler].does(first=k == 0, eta=request.eta)


def _numbers(trace: Trace, k: int) -> str:
    if k == len(trace.x0):
        return "α 1.000 · σ 0.000" if trace.finished else "stopped"
    alpha = trace.alpha[k]
    shown = f"{alpha:.3f}" if alpha >= 5e-4 else f"{alpha:.2g}"
    return f"t {trace.t[k]:g} · α {shown} · σ {trace.sigma[k]:.3f}"
