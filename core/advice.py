"""What to know of a request before it runs: each a plain sentence, none where it does what it seems to ask.

The same sentences stand below the sidebar, in every tab and on the command line, for the prompt and the negative one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.text import plain
from core.types import Request

if TYPE_CHECKING:
    from core.engine import Engine
    from core.networks.clip import Clip
    from core.vocabulary import Vocabulary

NAMED = 8  # words of one kind, at most, in a sentence
TOO_CLEAN = 0.1  # alpha of a start that is not noise: more than a hundredth of the state's variance should be picture
MUCH_TOO_CLEAN = 0.3
KINDS = {
    "counts": "how many things there are",
    "actions": "what a thing does",
    "relations": "how things stand to one another",
    "denials": "what is not to be there",
}


def advice(engine: Engine, request: Request) -> list[str]:
    """All there is to know of a request."""
    return [*of_prompts(engine, request), *of_guidance(request), *of_start(engine, request)]


def of_prompts(engine: Engine, request: Request) -> list[str]:
    """What is not read of the prompt and the negative prompt, and what was never learned."""
    return [*of_text(engine.clip, engine.vocabulary, request.prompt), *of_negative(engine, request)]


def of_negative(engine: Engine, request: Request) -> list[str]:
    """The same of the negative prompt alone, where it plays a part."""
    if not request.negative_prompt.strip() or request.guidance == 1:
        return []
    told = of_text(engine.clip, engine.vocabulary, request.negative_prompt)
    return [f"The negative prompt: {sentence}" for sentence in told]


def of_text(clip: Clip | None, vocabulary: Vocabulary | None, text: str) -> list[str]:
    """The same of any text. clip: whose token limit counts; vocabulary: None where nobody knows what was learned."""
    text = plain(text)
    return [*_unread(clip, text), *(_unlearned(vocabulary, text) if vocabulary else [])]


def unread(clip: Clip | None, texts: list[str]) -> list[str]:
    """Which texts of a list are too long to be read whole, a sentence each."""
    return [told for text in dict.fromkeys(texts) for told in _unread(clip, plain(text))]


def of_guidance(request: Request) -> list[str]:
    """Where the negative prompt does something else than its name says."""
    negative, g = request.negative_prompt.strip(), request.guidance
    if not negative:
        return []
    if alike(negative, request.prompt):
        return [
            "The prompt and the negative prompt are the same, and so are both predictions: guidance changes nothing."
        ]
    if g == 0:
        return ["At guidance 0 only the negative prompt is drawn; the prompt plays no part."]
    if g < 1:
        return [
            f"Below 1 guidance leads towards the negative prompt, not away from it: at {g:g} its prediction counts "
            f"{1 - g:.0%}, the prompt's {g:.0%}."
        ]
    return ["At guidance 1 the negative prompt plays no part."] if g == 1 else []


def alike(a: str, b: str) -> bool:
    """Whether the text encoder reads the same: it knows no capitals, nor how many blanks there are."""
    return a.lower().split() == b.lower().split()


def of_start(engine: Engine, request: Request) -> list[str]:
    """Whether a run begins at a noise level where pure noise, which it is given, is not what belongs there."""
    t, alpha = start(engine, request)
    if alpha <= TOO_CLEAN:
        return []
    harm = "expect rubbish" if alpha > MUCH_TOO_CLEAN else "the picture is spoilt a little"
    return [
        f"With the spacing “{request.spacing}” {_steps(request.steps)} at t = {t:g}, where {alpha**2:.0%} of the "
        f"state's variance should be picture, on pure noise: {harm}. The spacing “trailing” begins at the noise."
    ]


def start(engine: Engine, request: Request) -> tuple[float, float]:
    """The timestep at which a run begins, and the alpha of the state that belongs there."""
    first = engine.schedule.timesteps(request.steps, request.spacing)[:1]
    return float(first[0]), float(engine.schedule.at(first)[0][0])


def _steps(count: int) -> str:
    return "1 step begins" if count == 1 else f"{count} steps begin"


def _unread(clip: Clip | None, text: str) -> list[str]:
    if clip is None or not (rest := clip.unread(text)):
        return []
    rest = " ".join(rest.split())
    shown = rest if len(rest) <= 80 else f"{rest[:40]} … {rest[-40:]}"
    return [f"Too long: CLIP reads {clip.length - 2} tokens. Not read: “{shown}”."]


def _unlearned(vocabulary: Vocabulary, text: str) -> list[str]:
    found: list[str] = []
    weights, signs, beyond = vocabulary.weights(text), vocabulary.signs(text), vocabulary.beyond(text)
    unknown = [word for word in vocabulary.unknown(text) if word not in beyond.get("actions", ())]
    if unknown or (signs and not vocabulary.known(text)):
        found.append(_unknown(vocabulary, text, unknown))
    if weights:
        found.append(f"Weights and brackets mean nothing here: {_listed(weights)} is read sign by sign.")
    if signs:
        found.append(f"No caption held {_listed(signs)}: digits, emoji and signs are read, but mean nothing.")
    if beyond:
        kinds = " or ".join(f"{KINDS[kind]} ({_listed(words)})" for kind, words in beyond.items())
        things = "one thing, or two beside or above each other" if vocabulary.pairs else "one thing"
        more = "a background and a motion" if vocabulary.motions else "a place and a background"
        found.append(f"No caption told {kinds}. They name {things}, with a colour, {more}.")
    return found


def _unknown(vocabulary: Vocabulary, text: str, unknown: list[str]) -> str:
    nothing = not vocabulary.known(text)
    if not unknown:
        return "No word of this is known: the picture may show anything."
    one = len(unknown) == 1
    told = f"{_listed(unknown)} {'is' if one else 'are'} not in the model's vocabulary"
    meant = [found for word in unknown[:NAMED] if (found := vocabulary.likely(word))]
    if meant:
        told += f"; {_listed(list(dict.fromkeys(meant)))} {'is' if len(set(meant)) == 1 else 'are'}"
    if nothing and meant:
        return f"{told}."
    if nothing:
        return f"{told}. No word of this is known: the picture may show anything."
    return f"{told}. It draws what the other words say."


def _listed(words: list[str]) -> str:
    named = ", ".join(f"“{word}”" for word in words[:NAMED])
    return f"{named} and {len(words) - NAMED} more" if len(words) > NAMED else named
