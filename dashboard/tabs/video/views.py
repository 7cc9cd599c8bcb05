"""The HTML of the Video tab. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from core.frames import slice_through
from core.types import Request
from dashboard import wording
from dashboard.markup import advised, heading, note
from dashboard.tabs.video.footage import Footage

ROWS = 7  # of the matrix
INTRO = heading(
    "Text to video",
    "All frames begin as noise and are refined together: one latent with a time axis, one prompt, one noise level. "
    "In addition to what an image model does, each position looks at the same position in all other frames (temporal "
    "attention). Notice how early the motion is settled, and that the details come last.",
    "<var>x<sub>t</sub></var> = α<sub>t</sub> <var>x</var><sub>0</sub> + σ<sub>t</sub> ε, "
    "<var>x</var> of C × F × H × W numbers",
    ("2204.03458", "Ho et al. 2022"),
)
MATRIX = heading(
    "Frames by steps",
    "Each row is the predicted video x̂₀ at one step, frame by frame. Click a row to go there. Notice how soon the "
    "frames of a row agree: they are made together, not one after the other.",
)
SLICE = heading(
    "Space-time slice",
    "One line of pixels of the predicted video, frame below frame. A thing that moves leaves a slanted stripe, one "
    "that stands still a straight one. Notice how it turns from blur into structure.",
)
PATH = heading(
    "The frames in latent space",
    "Where the prediction of each frame lies, on the plane in which the frames of the result differ most. Notice "
    "that they begin as one point, the mean of all videos, and spread along a path; a video that loops closes it.",
    "y = (x̂<sub>0</sub> − x̄) B<sup>T</sup>, B the directions of largest variance of the last frames",
    ("2311.15127", "Blattmann et al. 2023"),
)
PLACES = heading(
    "How the motion settles",
    "Where the thing stands in each frame, the middle of what differs from the background: lines for the prediction at "
    "the step in view, circles for the finished video. Notice how early the two agree.",
)
ATTENTION = heading(
    "Which frames look at which",
    "Attention over time, one square a block: a row for each frame, and in it how much it reads of every frame. Notice "
    "in which blocks a frame reads itself (the diagonal) more than the others, and in which it reads all alike.",
    "softmax(QK<sup>T</sup> / √<var>d</var>) over the frames, mean over heads and places",
    ("2304.08818", "Blattmann et al. 2023"),
)
PLOTS, HEIGHT = (
    {
        "places": "Where the thing stands in each frame of the predicted video",
        "path": "The frames of the predicted video in latent space",
    },
    260,
)
LOOP = '<button type="button" class="ds-chip">Pause loop</button>'
BY = "“Make a video” runs {}."
NONE = note(
    "No video yet. “Make a video” draws the sidebar's prompt: say in it what moves, and how, or try an example."
)


def stage(frames: int, ratio: float = 1.0) -> Markup:
    """The predicted video as it plays, and the noisy latent that it is read from; the rail fills them in."""
    return STAGE.format(frames, f"{ratio:.4g}")


def matrix(footage: Footage) -> Markup:
    if not footage.whole:
        return note(_only(footage))
    head = Markup("").join(Markup("<span>{}</span>").format(n + 1) for n in range(footage.frames))
    shown = np.unique(np.linspace(0, len(footage.at) - 1, min(len(footage.at), ROWS)).round().astype(int)).tolist()
    rows = Markup("").join(ROW.format(at=at, step=footage.at[at]) for at in shown)
    return FRAMES.format(head, rows)


def line(footage: Footage) -> Markup:
    """The space-time slice; the rail fills it in."""
    if not footage.whole:
        return Markup("")
    along, number = slice_through(footage.x0[-1])
    return Markup(
        '<div class="ds-slice is-{}"><img class="ds-pixels" data-frame="slice" alt="A line of pixels over time"></div>'
        '<p class="ds-quiet">{} {} of {}, where most changes; time runs {}.</p>'
    ).format(along, along.capitalize(), number + 1, footage.x0.shape[2], "down" if along == "row" else "to the right")


def attention(footage: Footage) -> Markup:
    if footage.attention is None:
        return note(f"“{footage.trace.model}” does not let its attention over time be looked at here.")
    squares = Markup("").join(
        Markup(
            '<figure><img class="ds-pixels" data-frame="attention:{}" alt="Attention over the frames in block {}">'
            "<figcaption>block {}</figcaption></figure>"
        ).format(block, block + 1, block + 1)
        for block in range(footage.attention.shape[1])
    )
    return Markup(
        '<div class="ds-squares">{}</div><p class="ds-quiet">Rows read, columns are read, both from frame 1 to {}. '
        "Each block has one scale for the whole run, from 0 to its largest share.</p>"
    ).format(squares, footage.attention.shape[-1])


def by(model: str, request: Request, advice: list[str]) -> Markup:
    """Which model draws the next video, and how, and what to know of that before."""
    return note(BY.format(wording.settings(model, request))) + advised(advice)


def told(trace, numbers: list[tuple[str, str, str]]) -> Markup:
    """What was drawn, with what, and its numbers, each explained."""
    request = trace.request
    return Markup('<h2>{} · seed {}</h2><p class="ds-quiet">{}</p>{}').format(
        request.prompt.strip() or "no prompt", request.seed, wording.settings(trace.model, request), measures(numbers)
    )


def measures(numbers: list[tuple[str, str, str]]) -> Markup:
    """Numbers of a video, each explained."""
    cells = Markup("").join(
        Markup('<dt title="{}">{}</dt><dd>{}</dd>').format(meaning, name, value) for name, value, meaning in numbers
    )
    return Markup('<dl class="ds-measures">{}</dl>').format(cells)


def _only(footage: Footage) -> str:
    name, count = footage.trace.model, len(footage.trace.frames)
    return (
        f"To decode all {count} frames of “{name}” at every step would take longer than to draw them: its first frame "
        "stands for each step, and the files hold the whole video."
    )


FRAMES = Markup('<div class="ds-frames"><div class="ds-frames-head"><span>frame</span><div>{}</div></div>{}</div>')
STAGE = Markup(
    '<div class="ds-videos" style="--frames: {}; --ratio: {}">'
    '<figure><div class="ds-loop"><img data-frame="x0" alt="The video predicted from the noisy latent">'
    '</div><figcaption><i class="ds-q-x0"></i>predicted video <var>x̂<sub>0</sub></var></figcaption></figure>'
    '<figure><div class="ds-loop"><img data-frame="x" alt="The noisy latent, decoded"></div>'
    '<figcaption><i class="ds-q-x_t"></i>noisy latent <var>x<sub>t</sub></var></figcaption></figure></div>'
)
STORY = """
<div class="ds-story">
  <p class="ds-caption" data-text="caption"></p>
  <p class="ds-numbers" data-text="numbers"></p>
</div>"""
ROW = Markup(
    '<button type="button" data-at="{at}" aria-label="Step {step}"><span>step {step}</span>'
    '<img data-frame="x0" data-at="{at}" alt=""></button>'
)
