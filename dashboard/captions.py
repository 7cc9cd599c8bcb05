"""What happens at each step of a run, in plain English for a student. Pure: a Trace in, sentences out."""

from __future__ import annotations

import numpy as np

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

    The last position has no guess of its own: it counts the way from the last guess to the result.
    """
    guesses = np.concatenate([trace.x0, trace.x[-1:] if trace.finished else trace.x0[-1:]])[at]
    moved = (guesses[1:] - guesses[:-1]).reshape(len(at) - 1, -1)
    return np.concatenate([[0.0], np.sqrt(np.mean(moved**2, 1))])


def stage(trace: Trace, k: int) -> str:
    """What the noise level of the state x_k means for what the network can settle."""
    if k == len(trace.x0):
        if trace.finished:
            return "Finished. No noise is left: the state itself is the picture."
        return f"Stopped here. The state still holds its noise; what you see is the last guess, after {k} steps."
    alpha, sigma = float(trace.alpha[k]), float(trace.sigma[k])
    share = sigma**2 / (alpha**2 + sigma**2)
    subject = "pictures that fit the prompt" if trace.request.prompt.strip() else "pictures it has learned from"
    if k == 0:
        return f"Pure noise, and the network's first guess at what it hides: close to the average of all {subject}."
    if share > 0.9:
        return (
            f"{share:.0%} of the state's variance is noise. Only the coarsest things show through: where it is light "
            "and dark, and the main colours."
        )
    if share > 0.5:
        return f"There is more noise than picture ({share:.0%}). Layout and large shapes show through, no more."
    if share > 0.1:
        return (
            f"There is more picture than noise now ({share:.0%} noise). The composition stands; parts and outlines "
            "become readable."
        )
    return f"The state is nearly clean ({share:.1%} noise). What is left to settle is texture and the last sharp edges."


def changes(trace: Trace, at: np.ndarray) -> list[str]:
    """How much the guess changed on the way to each position, beside the rest of the run."""
    moved = guess_change(trace, at)
    total, largest = moved.sum(), int(np.argmax(moved))
    if total == 0:
        return [""] * len(at)
    done, sentences = np.cumsum(moved) / total, [""]
    typical = total / (len(at) - 1)
    for p in range(1, len(at)):
        if p == largest:
            sentence = "The guess has never changed more than here."
        elif moved[p] > 1.4 * typical:
            sentence = f"The guess changed a lot: {done[p]:.0%} of all its change is behind it."
        elif moved[p] < 0.4 * typical:
            sentence = f"The guess hardly moved ({done[p]:.0%} of its change is done)."
        else:
            sentence = f"So far the guess has gone through {done[p]:.0%} of all the change it will see."
        sentences.append("" if p == len(at) - 1 else sentence)
    return sentences


def sampler(request: Request, k: int) -> str:
    """What the sampler does with the predictions of step k, which leads from x_k to x_{k+1}."""
    if k == request.steps - 1:
        return "This last step removes all the remaining noise and ends at x̂_0 itself."
    return SAMPLERS[request.sampler].does(first=k == 0, eta=request.eta)


def _numbers(trace: Trace, k: int) -> str:
    if k == len(trace.x0):
        return "α 1.000 · σ 0.000" if trace.finished else "stopped"
    return f"t {trace.t[k]:g} · α {trace.alpha[k]:.3f} · σ {trace.sigma[k]:.3f}"
