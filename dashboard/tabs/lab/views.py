"""The laboratory's words: what each view shows, and the walk-through in eight captions."""

from __future__ import annotations

import html

from dashboard.markup import heading

HEADS = {  # view -> title, sentence, equation, paper
    "noise": (
        "Points drift into noise",
        "Every point takes small random steps until nothing of the shape is left. Click a point to follow it.",
        "x<sub>t</sub> = α<sub>t</sub> x<sub>0</sub> + σ<sub>t</sub> ε, ε ~ N(0, I)",
        ("2006.11239", "Ho et al. 2020"),
    ),
    "field": (
        "Arrows back to the data",
        "From every place the best guess of the way back, at the time on the rail. Click a place to see what pulls.",
        "−E[ε | x<sub>t</sub>] / σ<sub>t</sub> = ∇ log p<sub>t</sub>(x<sub>t</sub>), the score",
        ("2206.00364", "Karras et al. 2022, eq. 57"),
    ),
    "train": (
        "A network learns the arrows",
        "Shown noisy points, it guesses the noise in them; averaged over many, the guess becomes the arrow back.",
        "min E |ε̂(α<sub>t</sub> x<sub>0</sub> + σ<sub>t</sub> ε, t) − ε|<sup>2</sup>, for x̂<sub>0</sub> and v likewise",
        ("2006.11239", "Ho et al. 2020, algorithm 1"),
    ),
    "back": (
        "From noise back to points",
        "One start, four ways back: with fresh noise, with none, without noise that should be there, and in between.",
        "x<sub>s</sub> = α<sub>s</sub> x̂<sub>0</sub> + √(σ<sub>s</sub>² − τ²) ε + τ z, τ growing with η",
        ("2010.02502", "Song et al. 2020"),
    ),
    "density": (
        "Other paths, the same density",
        "How random the particles' way back is makes no difference to how they are spread: η slides from ODE to SDE.",
        "∂p/∂u = ½(1 + η²) ∇·(s p) − ½η² Δp, u = σ²/α² falling: the Fokker-Planck equation",
        ("2011.13456", "Song et al. 2021"),
    ),
    "guidance": (
        "Pulled towards one class",
        "The arrow for one class minus the arrow for all: guidance adds more of that difference than there is.",
        "ε = ε<sub>all</sub> + g (ε<sub>class</sub> − ε<sub>all</sub>)",
        ("2207.12598", "Ho & Salimans 2022"),
    ),
}  # fmt: skip
MARKS = (
    "Speciation: walking back, where α²Λ = σ², the points commit to a part of the data (Λ: their largest variance). "
    "Collapse: from here on one single point of the data outweighs all others. Biroli et al. 2024, arXiv 2402.18491."
)

STORY = (  # caption, and the settings that go with it
    ("Here are points on three spirals. Noise shakes every one of them, a little at a time, until they are a cloud "
     "like any other. Press Play: this is a random walk, and we want to run it backwards.",
     {"view": "noise", "data": "spirals", "schedule": "linear"}),
    ("What should a network learn to undo this? Not the last small step: the whole noise. Click a point: the long "
     "line is the noise it took. Many ways lead to the same place, and their average is the arrow that points back.",
     {"view": "noise"}),
    ("At every place there is such an arrow, and here we can compute it exactly. Far out it points to the middle; as "
     "the noise falls, arrows turn to the nearest arm. So a network has to be told the time.",
     {"view": "field"}),
    ("Now let a network learn it. Press Train: in a few seconds it turns noisy points into arrows, and its own "
     "drawings into spirals.",
     {"view": "train"}),
    ("Walk back along the arrows. DDPM takes a step and adds a little fresh noise; DDIM adds none and takes other "
     "steps. Both end on the spirals.",
     {"view": "back", "score": "exact", "steps": 50, "eta": 0.5}),
    ("But take DDPM and simply leave its random steps out: every point is drawn to the average, and the variance "
     "falls to nothing. In pictures this average is a blur.",
     {"view": "back", "score": "exact", "steps": 100, "eta": 0.5}),
    ("Why may DDIM do without? Because it takes half the pull. Its smooth paths carry the same density as the random "
     "ones: with more noise or less, the cloud is spread alike at every moment.",
     {"view": "density", "score": "exact", "eta": 1.0}),
    ("Last, ask for one spiral. The arrow for it minus the arrow for all says what is special about it; guidance "
     "follows that difference further than it goes. Slide the scale.",
     {"view": "guidance", "data": "spirals", "wanted": 0, "negative": -1, "scale": 3.0, "score": "exact"}),
)  # fmt: skip


def head(view: str) -> str:
    return heading(*HEADS[view])


def caption(step: int) -> str:
    """The walk-through's caption, or what starts it where step is -1."""
    if step < 0:
        return ""
    text = html.escape(STORY[step][0])
    return f"<p><b>{step + 1} of {len(STORY)}</b> {text}</p>"


def told(text: str) -> str:
    return f'<p role="status">{html.escape(text)}</p>' if text else ""
