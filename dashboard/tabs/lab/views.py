"""The laboratory's words: what each view shows, and the walk-through in eight captions."""

from __future__ import annotations

import html

from dashboard.markup import heading

HEADS = {  # view -> title, what one sees and what to notice, equation, paper
    "noise": (
        "Forward process: points become noise",
        "Every point takes small random steps (discrete Brownian motion), from the data at the right of the rail to "
        "noise at its left. Click a point and notice its line: the network is to predict all the noise along it, "
        "not only the last step's.",
        "x<sub>t</sub> = α<sub>t</sub> x<sub>0</sub> + σ<sub>t</sub> ε, ε ~ N(0, I); the densities p<sub>t</sub> "
        "obey the Fokker-Planck equation",
        ("2006.11239", "Ho et al. 2020"),
    ),
    "field": (
        "Score field: arrows back to the data",
        "Each arrow, the score, points the average way back to the data at the rail's noise level. Notice how it turns "
        "as the noise falls: a network needs time conditioning, since one place has many arrows.",
        "−E[ε | x<sub>t</sub>] / σ<sub>t</sub> = ∇ log p<sub>t</sub>(x<sub>t</sub>), the score",
        ("2206.00364", "Karras et al. 2022, eq. 57"),
    ),
    "train": (
        "Training: a network learns the arrows",
        "Shown noisy points, it predicts the noise in them. Notice that no arrow was ever shown to it: averaged over "
        "many points, its best prediction is the arrow.",
        "min E |ε̂(α<sub>t</sub> x<sub>0</sub> + σ<sub>t</sub> ε, t) − ε|<sup>2</sup>, for x̂<sub>0</sub> and v likewise",
        ("2006.11239", "Ho et al. 2020, algorithm 1"),
    ),
    "back": (
        "Sampling: from noise back to points",
        "One start, four samplers. DDPM and DDIM end on the data, by jittering paths and by smooth ones; notice where "
        "DDPM with no added noise ends, and how fast its variance falls.",
        "x<sub>s</sub> = α<sub>s</sub> x̂<sub>0</sub> + √(σ<sub>s</sub>² − τ²) ε + τ z, τ growing with η",
        ("2010.02502", "Song et al. 2020"),
    ),
    "density": (
        "Other paths, the same density",
        "Particles over the density that the Fokker-Planck equation gives. Notice that η does not change the "
        "marginals p_t, from the ODE (0) to the SDE with its Brownian motion (1).",
        "∂p/∂u = ½(1 + η²) ∇·(s p) − ½η² Δp, u = σ²/α² falling, s the score",
        ("2011.13456", "Song et al. 2021"),
    ),
    "guidance": (
        "Guidance: pulled towards one class",
        "Classifier-free guidance extrapolates from the arrow for all classes through the arrow for one, by g. Notice "
        "what a g above 1 does to the spread of the points.",
        "ε = ε<sub>all</sub> + g (ε<sub>class</sub> − ε<sub>all</sub>)",
        ("2207.12598", "Ho & Salimans 2022"),
    ),
}  # fmt: skip
MARKS = {  # over the rail
    "speciation": "Here, on the way from noise to data, each point commits to a part of the data, an arm or a cluster: "
    "α²Λ = σ², Λ the largest variance of the data. Biroli et al. 2024, arXiv 2402.18491.",
    "collapse": "From here on, on the way from noise to data, each point heads for one single point of the data, which "
    "outweighs all others. Biroli et al. 2024, arXiv 2402.18491.",
}

STORY = (  # caption, and the settings that go with it
    ("Here are points on three spirals. Noise shakes every one of them, a little at a time, until they are a cloud "
     "like any other. Press Play: this is a random walk, as Brownian motion is one, and we want to run it backwards.",
     {"view": "noise", "data": "spirals", "schedule": "linear"}),
    ("What should a network learn to undo this? Not the last small step: the whole noise. Click a point: the long "
     "line is the noise it took. Many ways lead to the same place, and their average is the arrow that points back.",
     {"view": "noise"}),
    ("At every place there is such an arrow, and here we can compute it exactly. Far out it points to the middle; as "
     "the noise falls, arrows turn to the nearest arm. So a network has to be told the time: time conditioning.",
     {"view": "field"}),
    ("Now let a network learn it. Press Train: in a few seconds it turns noisy points into arrows, and its own "
     "samples into spirals.",
     {"view": "train"}),
    ("Walk back along the arrows. DDPM takes a step and adds a little fresh noise; DDIM adds none and takes other "
     "steps. Both end on the spirals.",
     {"view": "back", "score": "exact", "steps": 50, "eta": 0.5}),
    ("But take DDPM with no added noise: xₜ then holds less noise than the network expects. The first prediction is "
     "the mean of the data (the cross); the end is a few points for this exact denoiser, a blur for a learned one.",
     {"view": "back", "score": "exact", "steps": 100, "eta": 0.5}),
    ("Why may DDIM do without? Because the ODE uses half the score term. Its smooth paths carry the same density as "
     "the random ones: with more noise or less, the cloud is spread alike at every moment.",
     {"view": "density", "score": "exact", "eta": 1.0}),
    ("Last, ask for one spiral. The arrow for it minus the arrow for all says what is special about it; guidance "
     "goes g times as far along it. Slide the scale.",
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
