"""What the test of DDIM against DDPM says, before it is drawn and after."""

from __future__ import annotations

from markupsafe import Markup

from dashboard.markup import heading, note
from dashboard.tabs.samplers.destination import LEVEL, MAX_DRAWS, SETS, Meeting

HEAD = heading(
    "Do DDIM and DDPM sample from the same distribution?",
    "Samples of DDIM and of DDPM in CLIP's space, and a test whether they differ. Notice the control: a second set of "
    "DDPM samples shows how far two sets differ by chance alone.",
    "dx = [f(x, t) − ½(1 + η²) g(t)² ∇ log p<sub>t</sub>(x)] dt + η g(t) dw has the same p<sub>t</sub> for every η, "
    "by the Fokker-Planck equation; <var>w</var> is Brownian motion",
    ("2011.13456", "Song et al. 2021, section 4.3 and appendix D.1"),
)
BEFORE = Markup("<dl class='ds-terms'>{}</dl>").format(
    Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(*row)
        for row in (
            (
                "Exact",
                "In continuous time and with the true score, DDIM (an ODE) and DDPM (an SDE, driven by Brownian "
                "motion) have the same density at every noise level: the Fokker-Planck equation.",
            ),
            (
                "Approximate",
                "Here they take 25 and 100 steps along a learned score. Both make a small error; with enough samples "
                "the test finds it.",
            ),
            (
                "Chance",
                "Where the two distributions are equal, 5 of 100 tests still come out below p = 0.05. One small p "
                "proves little: draw again, and read the test of all draws together.",
            ),
        )
    )
)
ENERGY = (
    "2 E|X − Y| − E|X − X′| − E|Y − Y′| over CLIP's embeddings of the pictures, each picture's distance to itself "
    "counted too: 0 only for two sets that are the same, above 0 by chance (Székely & Rizzo 2013)"
)
P_VALUE = (
    "All pictures of both sets are mixed and relabelled at random 999 times: p is the share of relabellings that are "
    "at least as far apart"
)


def verdict(met: Meeting) -> Markup:
    count, across, within = len(met.draws), met.across, met.within
    sizes = " + ".join(map(str, met.counts))
    told = (
        "The pictures do not tell the two samplers apart."
        if across.p >= LEVEL
        else "The pictures tell the two samplers apart. That is the approximation, or chance: draw again, since chance "
        "does not repeat itself and a true difference grows clearer."
    )
    drawn = "" if count == 1 else f" All {count} draws together."
    p = Markup('<abbr title="{}">p</abbr>').format(P_VALUE)
    energy = Markup('<abbr title="{}">energy distance</abbr>').format(ENERGY)
    numbers = Markup(
        "<p>DDIM to DDPM: {} {:.4f}, the 95th percentile of the permutation distribution is {:.4f}, {} = {:.3f}. "
        "DDPM to DDPM again: {:.4f}, {:.4f}, {} = {:.3f}.</p>"
    ).format(energy, across.distance, across.chance, p, across.p, within.distance, within.chance, p, within.p)
    low = sum(one.p < LEVEL for one in met.each)
    alone = " · ".join(f"{one.p:.3f}" for one in met.each)
    first, *_, last = (f"{name} in {steps} steps" for name, _, steps, *_ in SETS)
    prompt = f"“{met.base.prompt.strip()}”" if met.base.prompt.strip() else "no prompt"
    return (
        Markup("<p><b>{}</b>{}</p>").format(told, drawn)
        + numbers
        + note(
            f"p of each draw alone: {alone}. {low} of {count} below {LEVEL:g}; by chance alone, one in twenty would be."
        )
        + note(
            f"{sizes} pictures of {prompt} by {met.model}: {first}, {last.replace(' again', '')}, guidance 1, since "
            f"guidance changes the distribution that is sampled. The last {MAX_DRAWS} draws count."
        )
    )


def picked(name: str, uri: str) -> Markup:
    return note(name) + Markup('<div class="ds-samples"><img src="{}" alt="{}"></div>').format(uri, name)
