"""What the atlas says beside its map. Whatever a visitor or a file wrote is escaped here."""

from __future__ import annotations

import html

import numpy as np
from markupsafe import Markup

from core.expression import parse, total
from core.meaning import modality_gap, phrase
from core.text import plain
from core.types import RequestError
from dashboard import pictures, theme
from dashboard.figures.clip_atlas import PICTURES, WORDS, YOURS
from dashboard.markup import link
from dashboard.tabs.clip.spaces import Space
from dashboard.tabs.clip.views import NEAREST, bars, nearest

HEAD = (
    "A map of meaning",
    "CLIP puts pictures and texts into one space: here lie the gallery's pictures, the concepts' names and your words. "
    "Notice that things alike in meaning lie together, and that pictures and texts keep apart: the modality gap.",
    "cos(a, b) = a · b / (‖a‖ ‖b‖), the nearness that the map flattens",
    ("2103.00020", "Radford et al. 2021"),
)
HINT = '<p class="ds-quiet">Click a picture or a word: what lies near it? Lasso a group: what does it share?</p>'
READING = "Encoding the gallery's pictures and the concepts' names…"
COMPUTED = {
    "pca": "The directions in which {} differ most are being computed…",
    "umap": "{} are being placed so that neighbours stay together (UMAP)…",
    "axes": "The dot products of {} with your directions are being computed…",
}
WAITING = "UMAP is being laid out in the background; it takes its place here in a moment. Meanwhile, PCA:"
BENT = (
    "UMAP bends space to keep neighbours together: near means alike, but lengths, angles and gaps mean little. "
    "Your words are placed by their nearest points."
)
MAX_WORDS = 12
MAX_GROUP = 2000
SIDE = 120


def words(text: object) -> list[str]:
    """What a visitor typed to see on the map, separated by commas or lines."""
    if not isinstance(text, str) or len(text) > 1000:
        raise RequestError("words", text, "at most 1000 characters of text")
    found = [part.strip() for part in plain(text).replace("\n", ",").split(",") if part.strip()]
    if len(found) > MAX_WORDS:
        raise RequestError("words", f"{len(found)} of them", f"at most {MAX_WORDS}")
    return found


def computing(space: Space, view: object) -> str:
    """What goes on before a map is there."""
    count = f"{len(space.pictures):,} pictures and {len(space.names):,} words"
    return COMPUTED.get(view, "").format(count) if isinstance(view, str) else ""


def direction(space: Space, text: str) -> np.ndarray:
    """The direction that an expression over words names, (D,)."""
    terms = parse(text)
    if any(term.picture for term in terms):
        raise RequestError("axis", text, "made of words")
    vectors = space.clip.text([term.name for term in terms])
    return total(terms, dict(zip(terms, vectors, strict=True)))


def shares(share: float, count: int) -> str:
    number = "Two" if count == 2 else "Three"
    return f"{number} axes hold {share:.0%} of the variance of this space: much of what tells things apart is not seen."


def trust(value: float) -> str:
    return f"Trustworthiness {value:.2f}: which neighbours on the map are so in CLIP's space too (1 all, 0.5 chance)."


def gap(space: Space, closed: bool) -> str:
    length = np.linalg.norm(modality_gap(space.pictures, space.texts))
    usual = np.mean(np.linalg.norm(space.pictures - space.pictures.mean(0), axis=1))
    measure = f"{length:.2f}, where a picture lies {usual:.2f} from the mean picture"
    if closed:
        return (
            f"The modality gap ({measure}) is taken out: pictures and words were moved half of it towards each other. "
            "Bars and nearest things are still told in the space as it is."
        )
    return Markup(
        "Pictures and words lie apart: between their means is a modality gap of {}. Training only asks that a "
        "pair be nearer than other pairs, never that it meet: {}."
    ).format(measure, link("https://arxiv.org/abs/2203.02053", "Liang et al. 2022"))


def axis_title(text: str) -> str:
    return theme.words(text if len(text) < 40 else text[:39] + "…") + " →"


def axes_told(directions: np.ndarray) -> str:
    one = "Everything stands where its embedding falls on the"
    if len(directions) == 1:
        return f"{one} direction you named; upwards is what varies most in the rest."
    angle = np.degrees(np.arccos(np.clip(directions[0] @ directions[1], -1, 1)))
    return f"{one} directions you named. The two make an angle of {angle:.0f}°" + (
        ", nearly a right one." if abs(angle - 90) < 10 else ": what moves a point along one moves it along the other."
    )


def card(space: Space, name: object, index: object, typed: list[str]) -> str:
    """A point that was clicked, what lies near it in the full space, and the button that draws it."""
    known = {PICTURES: space.labels, WORDS: space.names, YOURS: typed}
    if name not in known or not isinstance(index, int) or not 0 <= index < len(known[name]):
        raise RequestError("point", (name, index), "one of the map")
    text, image = known[name][index], ""
    if name == PICTURES:
        point, image = space.pictures[index], f'<img src="{pictures.uri(space.thumbs[index], SIDE)}" alt="">'
    else:
        point = space.texts[index] if name == WORDS else space.clip.text([text])[0]
    kind = {PICTURES: "A picture of the gallery", WORDS: "The name of a concept", YOURS: "Your words"}[name]
    prompt = html.escape(text if name == YOURS else phrase(text))
    return (
        f'<div class="ds-card-head">{image}<h3>{html.escape(text)}<small>{kind}</small></h3></div>'
        f'<button type="button" class="ds-draw" data-prompt="{prompt}">Draw “{prompt}”</button>'
        + nearest(space, point, [(name, index)])
    )


def group(space: Space, points: object) -> list[tuple[str, int]]:
    """The points a lasso holds, which the browser named."""
    if not isinstance(points, list) or not 0 < len(points) <= MAX_GROUP:
        raise RequestError("group", "what was selected", f"1 to {MAX_GROUP} points of the map")
    sizes = {PICTURES: len(space.labels), WORDS: len(space.names)}
    rows = []
    for point in points:
        name, index = (point.get("name"), point.get("index")) if isinstance(point, dict) else (None, None)
        if name in sizes and isinstance(index, int) and 0 <= index < sizes[name]:
            rows.append((name, index))
    if not rows:
        raise RequestError("group", "empty", "some pictures or words of the map")
    return list(dict.fromkeys(rows))


def group_card(space: Space, rows: list[tuple[str, int]], shared: np.ndarray) -> str:
    """What a group has in common: the words that lie in the direction in which it differs from everything."""
    cosines = (space.texts - space.texts.mean(0)) @ shared
    order = np.argsort(-cosines, kind="stable")[: NEAREST + 3]
    seen = [i for kind, i in rows if kind == PICTURES][:24]
    images = "".join(
        f'<img src="{pictures.uri(space.thumbs[i], 40)}" alt="{html.escape(space.labels[i])}">' for i in seen
    )
    count = {kind: sum(k == kind for k, _ in rows) for kind in (PICTURES, WORDS)}
    title = " and ".join(f"{n} {kind}" for kind, n in count.items() if n)
    found = bars("Most characteristic words", [space.names[i] for i in order], cosines[order], [""] * len(order))
    return f'<div class="ds-card-head"><h3>{title}</h3></div><div class="ds-thumbs">{images}</div>{found}'
