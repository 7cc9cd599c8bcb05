"""Text as people type, paste and save it, made plain: two spellings that look alike are one text.

Whatever text comes in goes through here, once: a Request's prompts, the texts that CLIP reads, and every list that a
visitor types. A caption of training held none of what is folded here, so that without it an invisible sign or a
curly quote drew another picture.
"""

from __future__ import annotations

import re
import unicodedata

BREAKS = re.compile("\r\n|[\r\u2028\u2029]")
MARKS = str.maketrans({"‐": "-"} | dict.fromkeys("‘’‚‛ʼ´", "'") | dict.fromkeys("“”„‟", '"'))
FOLDED = ("<wide>", "<narrow>", "<font>", "<noBreak>")  # ａ, ｶ, 𝐚, and the spaces that keep a line together
# Signs with no look of their own that are not of Unicode's category Cf: joiners, fillers, blanks, variation selectors
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u2d7f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\ufffc"
    "\U0001d159\U000e0000-\U000e0fff]"
)
EMOJI = "[\u2190-\u2bff\U0001f000-\U0001faff]"
JOINER = re.compile(f"(?<!{EMOJI})\u200d|\u200d(?!{EMOJI})")  # one that makes no single emoji of two


def plain(text: str) -> str:
    """The text in Unicode's form NFC without what cannot be seen, its quotes straight, its letters of one width.

    Format characters (Cf: zero-width spaces, marks of direction, soft hyphens, byte order marks) are taken out, but for
    what joins one emoji to the next. Whatever breaks a line is a line feed. Plain text stays as it is.
    """
    text = BREAKS.sub("\n", text)
    if text.isascii():
        return text
    seen = "".join(char for char in UNSEEN.sub("", text) if unicodedata.category(char) != "Cf" or char == "\u200d")
    folded = "".join(map(_folded, JOINER.sub("", seen)))
    return unicodedata.normalize("NFC", folded).translate(MARKS)


def lines(text: str) -> list[str]:
    """The lines of a text that hold something, plain and without the space around them."""
    return [line.strip() for line in plain(text).split("\n") if line.strip()]


def one_line(text: str) -> str:
    """The text, plain, on one line: no network here tells a line break from a space."""
    return " ".join(plain(text).split())


def _folded(char: str) -> str:
    tag = unicodedata.decomposition(char).partition(" ")[0]
    ligature = tag == "<compat>" and unicodedata.category(char) == "Ll"  # ﬁ, as PDFs have it
    return unicodedata.normalize("NFKC", char) if ligature or tag in FOLDED else char
