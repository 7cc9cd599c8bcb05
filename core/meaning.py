"""What CLIP's space says: labels for a picture, directions between words, the gap between pictures and texts.

Pictures and texts are unit vectors, (N, D) and (M, D); nothing here knows which network made them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from core.errors import RequestError
from core.measure import as_rows, unit

if TYPE_CHECKING:
    from core.networks.clip import Clip

TEMPLATES = (  # {} is a label with its article
    "{}", "{} on a white background", "{} on a blue background", "{} on a black background", "{} in the center",
    "a picture of {}", "{} emoji",
)  # fmt: skip


DETERMINERS = {
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their",
    "some", "any", "no", "each", "every", "another", "both", "all", "several", "many", "few", "one", "two",
    "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
}  # fmt: skip
AFTER_NOUN = re.compile(
    r"\s(?:with|without|of|in|on|at|over|under|behind|near|next|for|to|from|by|and|or|as|holding|lifting|wearing|riding)\s"
)
# What the library gets wrong: singulars that it takes for plurals (rhinoceros, octopus, iris, glass), and the reverse
SINGULARS = {
    "alias", "atlas", "bias", "canvas", "chaos", "cosmos", "gas", "lens", "pancreas", "rhinoceros", "sos",
    "thermos",
}  # fmt: skip
SINGULAR_ENDS = ("us", "is", "ss")
PLURALS = {"alibis", "bikinis", "cacti", "emus", "gnus", "gurus", "kiwis", "menus", "skis", "taxis", "yetis"}


DOING = re.compile(r"(\w+) \w+ing\b")  # "dogs playing": the noun before what it does


@functools.lru_cache(1 << 15)
def phrase(label: str) -> str:
    """The label with the article that it takes in English, as captions have it; none with one, or in the plural."""
    words = label.split()
    if not words or words[0].lower() in DETERMINERS or words[0].isdigit() or plural(label):
        return label
    letters = unicodedata.normalize("NFD", label).encode("ascii", "ignore").decode().lstrip("\"' ")  # as it is spoken
    letters = re.sub(r"^\d+", lambda found: _english().number_to_words(found[0]), letters)
    return f"{_english().a(letters or 'one').split()[0]} {label}"


def plural(label: str) -> bool:
    """Whether the noun of a label, which may go on after it ("men holding hands"), is in the plural."""
    last = AFTER_NOUN.split(label, maxsplit=1)[0].split()[-1:] or [""]
    return any(map(_in_plural, [*last, *DOING.findall(label)]))


def _in_plural(noun: str) -> bool:
    noun = noun.rpartition("-")[2].lower()
    singular = _english().singular_noun(noun) if noun.isalpha() else False
    if singular == noun:  # one form for both: sheep and species are taken for one, scissors never are
        return noun.endswith("s") and noun not in ("species", "series", "biceps")
    return noun in PLURALS or (bool(singular) and noun not in SINGULARS and not noun.endswith(SINGULAR_ENDS))


@functools.lru_cache(1)
def _english():
    import inflect  # here, since it takes half a second to import

    return inflect.engine()


def prototypes(clip: Clip, labels: list[str], templates: tuple[str, ...] = TEMPLATES) -> np.ndarray:
    """One unit vector a label: the mean over the templates' texts (arXiv 2103.00020, section 3.1.4), (M, D)."""
    texts = [template.format(phrase(label)) for label in labels for template in templates]
    return unit(clip.text(texts).reshape(len(labels), len(templates), -1).mean(1))


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(logits), each divided by their sum along the axis."""
    shifted = np.exp(logits - logits.max(axis, keepdims=True))
    return shifted / shifted.sum(axis, keepdims=True)


def contrast(cosines: np.ndarray, temperature: float) -> float:
    """CLIP's loss of a square of cosines whose diagonal is right: the mean of both cross entropies, in nats.

    0 is perfect, log N is chance (arXiv 2103.00020, figure 3).
    """
    if cosines.ndim != 2 or len(cosines) != cosines.shape[1]:
        raise RequestError("cosines", cosines.shape, "as many texts as pictures")
    rows, columns = (np.diag(softmax(temperature * cosines, axis)) for axis in (1, 0))
    return float(-(np.log(rows).mean() + np.log(columns).mean()) / 2)


def direction(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The unit vector from one point (D,) to another: "cat" to "dog"."""
    way = np.asarray(end, float) - start
    length = np.linalg.norm(way)
    if not length > 1e-6:
        raise RequestError("axis", "two ends alike", "between two things that differ")
    return way / length


def modality_gap(pictures: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The mean picture minus the mean text, (D,): the two lie in cones of their own (arXiv 2203.02053)."""
    return as_rows("pictures", pictures).mean(0) - as_rows("texts", texts).mean(0)


def without_gap(pictures: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both moved by half the gap towards each other, and made unit vectors again (arXiv 2203.02053, section 5)."""
    half = modality_gap(pictures, texts) / 2
    return unit(pictures - half), unit(texts + half)


def shared_by(group: np.ndarray, everything: np.ndarray) -> np.ndarray:
    """The unit direction (D,) in which a group (K, D) differs from everything (N, D), itself included."""
    return direction(as_rows("everything", everything).mean(0), as_rows("group", group).mean(0))


def slerp(start: np.ndarray, end: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """From one unit vector (D,) to another along the great circle: (D,), or (N, D) for shares (N,).

    (sin((1 - s) w) start + sin(s w) end) / sin w, w the angle between them (Shoemake 1985): the angle grows evenly and
    the length stays 1, where a straight line cuts through the sphere. Raises RequestError for opposite vectors.
    """
    start, end, share = np.asarray(start, float), np.asarray(end, float), np.asarray(share, float)[..., None]
    angle = 2 * np.arctan2(np.linalg.norm(start - end), np.linalg.norm(start + end))
    if np.pi - angle < 1e-6:
        raise RequestError("ends", "opposite vectors", "not opposite: then every way round is as short")
    if angle < 1e-9:
        return unit(start + share * (end - start))
    return (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)


def edited(picture: np.ndarray, before: np.ndarray, after: np.ndarray, strength: float | np.ndarray) -> np.ndarray:
    """A picture's embedding (D,) turned towards a difference of two texts, "a cat" to "a blue cat": as slerp has it.

    strength 0 leaves the picture, 1 is the difference alone; a quarter to a half changes what the words say (arXiv
    2204.06125, section 3.3), and what it keeps of the rest depends on them. Raises RequestError where the texts are
    alike.
    """
    return slerp(picture, direction(before, after), strength)
