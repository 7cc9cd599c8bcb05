"""What a model trained here can be asked for: the words that its captions held, and what they were said of.

Captions name one thing or two, a colour, a place, a background (core/training/scenes.py). Everything else that a
prompt may hold is read too, but was never learned: this tells which parts those are. It takes no part in drawing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

WORD = re.compile(r"[^\W\d_]+")
WEIGHT = re.compile(r"[(\[{<]+[^()\[\]{}<>]*[)\]}>]*|[)\]}]+|\w+:+\d[\d.]*")  # (red:1.3), ((red)), [a:b:0.5], red::2
SIGN = re.compile(r"\d+|[^\w\s]+|_+")
PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("es", ""), ("s", ""), ("men", "man"))
IRREGULAR = {"mice": "mouse", "geese": "goose", "children": "child", "people": "person", "feet": "foot"}
# A slip of the pen, no more: difflib's ratio to a name, and to any other word, and letters
ALIKE, CLOSER, SHORTEST = 0.8, 0.83, 4

LEARNED = re.compile(  # relations and places that captions held
    r"\bon an? (?:\w+ ){1,2}background\b|\bin the (?:(?:top|bottom) ?)?(?:left|right|cent(?:er|re)|middle|top|bottom)\b"
)
PAIRS = re.compile(r"\b(?:and|next to|(?:left|right) of|above|below)\b")  # only where two things were drawn
COUNTS = frozenset(WORD.findall("two three four five six seven eight nine ten many several few dozen hundred"))
RELATIONS = frozenset(
    WORD.findall(
        "on in with under underneath beneath inside outside behind between around through over beside near onto into "
        "among against across holding wearing"
    )
)
LINKS = RELATIONS | frozenset(WORD.findall("a an the and of to next left right above below background"))
DENIALS = frozenset(WORD.findall("no not without never"))
NO_ACTIONS = frozenset(  # that end so
    WORD.findall(
        "ring king wing string spring sting sling evening morning lightning building clothing dumpling duckling "
        "sapling seedling sterling pudding wedding ceiling earring plaything thanksgiving something nothing everything"
    )
)


class Vocabulary:
    """words: of captions, in small letters; concepts: names of what can be drawn; pairs: whether two at a time;
    motions: what captions of videos said of how a thing moves.
    """

    def __init__(self, words: Iterable[str], concepts: Iterable[str], pairs: bool, motions: Iterable[str] = ()):
        self.words, self.concepts, self.pairs = frozenset(words), tuple(concepts), pairs
        self.motions = tuple(motions)
        self._signs = set(SIGN.findall(" ".join(self.concepts)))
        self._nouns = {word for name in self.concepts for word in WORD.findall(name.lower())} - LINKS

    def unknown(self, text: str) -> list[str]:
        """Words that no caption held, in their order."""
        return list(dict.fromkeys(word for word in WORD.findall(text.lower()) if word not in self.words))

    def known(self, text: str) -> bool:
        """Whether a caption held any word of it that says something by itself."""
        return any(word in self.words and word not in LINKS for word in WORD.findall(text.lower()))

    def likely(self, word: str) -> str | None:
        """The word of a caption that an unknown word stands for: its singular, or what it is a slip of."""
        forms = [IRREGULAR.get(word), *(word[: -len(end)] + one for end, one in PLURALS if word.endswith(end))]
        if found := next((form for form in forms if form in self.words), None):
            return found
        if len(word) < SHORTEST or _action(word):
            return None
        # a slip seldom changes the first letter: "jumping" is no dumpling
        for words, alike in ((self._nouns, ALIKE), (self.words, CLOSER)):
            if close := get_close_matches(word, [one for one in words if one[0] == word[0]], 1, alike):
                return close[0]
        return None

    def mended(self, text: str) -> str:
        """The text with the words that its unknown ones stand for, where any do."""
        return WORD.sub(lambda found: self._mended(found[0]), text)

    def _mended(self, word: str) -> str:
        return word if word.lower() in self.words else self.likely(word.lower()) or word

    def weights(self, text: str) -> list[str]:
        """Weights and brackets, which other programs read as orders: here they are signs like any other."""
        return [found.strip() for found in WEIGHT.findall(text)]

    def signs(self, text: str) -> list[str]:
        """Digits, emoji and other signs that no caption held, without those of weights."""
        text = re.sub(r"[()\[\]{}<>]|:+\d*\.?\d*", " ", text) if WEIGHT.search(text) else text
        marks = "".join(char for char in text if not unicodedata.category(char).startswith("M"))
        return [sign for sign in dict.fromkeys(SIGN.findall(marks)) if sign not in self._signs]

    def beyond(self, text: str) -> dict[str, list[str]]:
        """Words for what captions never showed: counts, actions, relations, denials, where they stand.

        Actions are told by their ending, and need not be known; the others are.
        """
        text = self._names.sub(" ", LEARNED.sub(" ", text.lower()))
        if self.motions:
            text = self._moves.sub(" ", text)
        if self.pairs:
            text = PAIRS.sub(" ", text)
        said = list(dict.fromkeys(WORD.findall(text)))
        words = [word for word in said if word in self.words]
        things = [word for word in said if word in self._nouns and not _action(word)]
        kinds = {
            "counts": [word for word in words if word in COUNTS],
            "actions": [word for word in said if _action(word) and things],
            "relations": [word for word in words if word in RELATIONS and not _action(word)],
            "denials": [word for word in words if word in DENIALS],
        }
        if not self.pairs:
            kinds["relations"] += list(dict.fromkeys(PAIRS.findall(text)))
        return {kind: found for kind, found in kinds.items() if found}

    @cached_property
    def _moves(self) -> re.Pattern:
        """Every phrase for a motion, the longest first."""
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(self.motions, key=len, reverse=True)))})\b")

    @cached_property
    def _names(self) -> re.Pattern:
        """Every concept whose name is of several words, which may hold "two", "with" or "dancing"."""
        many = sorted((name.lower() for name in self.concepts if " " in name), key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, many))})\b" if many else r"(?!)")


def _action(word: str) -> bool:
    return len(word) > 4 and word.endswith("ing") and word not in NO_ACTIONS
