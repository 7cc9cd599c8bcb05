"""What is said of a request before it runs, with the words and the tokenizer of the default model."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.advice import TOO_CLEAN, advice, of_guidance, of_start, of_text, start
from core.networks.clip import load_clip
from core.networks.store import MODELS
from core.schedule import cosine, flow
from core.types import SPACINGS, Request
from core.vocabulary import Vocabulary

LONG = "a red apple " + "and a cat " * 13


@pytest.fixture(scope="module")
def engine():
    folder = MODELS / "broad"
    concepts = json.loads((folder / "manifest.json").read_text("utf-8"))["concepts"]
    words = (folder / "words.txt").read_text("utf-8").split()
    clip = load_clip(folder / "clip")
    return SimpleNamespace(clip=clip, vocabulary=Vocabulary(words, concepts, pairs=True), schedule=cosine())


def said(engine, prompt, **settings) -> str:
    return "\n".join(advice(engine, Request(prompt, **settings)))


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "a red apple",
        "a red apple on a sky blue background",
        "a robot next to a car",
        "a small dog in the top left",
        "a cat above a dog",
        "two hearts",
        "woman and man holding hands",
        "pin\u0303ata",
        "a woman’s boot",
        "a pool 8 ball",
        "a king",
    ],
)
def test_of_what_captions_held_nothing_is_said(engine, prompt):
    assert said(engine, prompt) == ""


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        (LONG + "a blue car", "a blue car”"),
        (LONG + "a green frog", "a green frog”"),
        ("🍎", "“🍎”"),
        ("3 dogs", "“3”"),
        ("!!!", "“!!!”"),
        ("a (red:1.3) apple", "Weights and brackets mean nothing here: “(red:1.3)”"),
        ("((red)) apple", "“((red))”"),
        ("a [green:red:0.5] apple", "“[green:red:0.5]”"),
        ("red::2 apple", "“red::2”"),
        ("a zorblat", "“zorblat” is not in the model's vocabulary. No word of this is known"),
        ("a fox and a zorblat", "“zorblat” is not in the model's vocabulary. It draws what the other words say."),
        ("apples", "“apple” is"),
        ("cherrys", "“cherry” is"),
        ("wolves", "“wolf” is"),
        ("an elefant", "“elephant” is"),
        ("two cats", "how many things there are (“two”)"),
        ("an astronaut riding a horse", "what a thing does (“riding”)"),
        ("a cat under a tree", "how things stand to one another (“under”)"),
        ("a cat on a dog", "how things stand to one another (“on”)"),
        ("a cat without a hat", "what is not to be there (“without”)"),
    ],
)
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_what_was_not_read_or_never_learned_is_named(engine, prompt, named, field):
    told = said(engine, **{"prompt": "a red apple"} | {field: prompt})
    assert named in told
    assert ("The negative prompt: " in told) == (field == "negative_prompt")


def test_one_thing_at_a_time_where_no_pairs_were_drawn(engine):
    alone = Vocabulary(engine.vocabulary.words, engine.vocabulary.concepts, pairs=False)
    told = "\n".join(advice(SimpleNamespace(**vars(engine) | {"vocabulary": alone}), Request("a cat next to a dog")))
    assert "“next to”" in told
    assert "They name one thing, with a colour" in told


@pytest.mark.parametrize(
    ("guidance", "named"),
    [(0, "only the negative prompt is drawn"), (0.3, "its prediction counts 70%"), (1, "plays no part"), (1.5, "")],
)
def test_below_one_guidance_leads_towards_the_negative_prompt(guidance, named):
    told = of_guidance(Request("a cat", "a penguin", guidance=guidance))
    assert bool(told) == bool(named)
    assert named in "".join(told)
    assert of_guidance(Request("a cat", guidance=guidance)) == []


def test_the_same_prompt_twice_is_told():
    assert "the same" in of_guidance(Request("a cat", " a cat\u200b", guidance=4))[0]


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_start_that_is_not_noise_is_told_of_and_no_other(engine, spacing):
    for steps in [*range(1, 1001, 7), 251, 332, 333, 334, 498, 499, 500, 501, 600, 998, 999, 1000]:
        request = Request("a cat", steps=steps, spacing=spacing)
        t, alpha = start(engine, request)
        assert alpha == pytest.approx(float(engine.schedule.alpha[int(t)]))
        assert bool(of_start(engine, request)) == (alpha > TOO_CLEAN)
        assert spacing != "trailing" or not of_start(engine, request)
    request = Request("a cat", steps=501, spacing="leading")
    assert "501 steps begin at t = 500, where 49% of" in of_start(engine, request)[0]
    assert "1 step begins at t = 0, where 100% of" in of_start(engine, replace(request, steps=1))[0]
    assert of_start(SimpleNamespace(schedule=flow()), Request(steps=4, spacing="linspace")) == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [("kittns", "kitten"), ("elefant", "elephant"), ("wolves", "wolf"), ("mice", "mouse"), ("pengiun", "penguin"),
     ("jumping", None), ("house-less", None), ("aple", "apple"), ("feline", None), ("chasing", None)],
)  # fmt: skip
def test_an_unknown_word_is_taken_for_one_only_where_it_is_a_slip_of_it(engine, word, meant):
    assert engine.vocabulary.likely(word) == meant


def test_a_model_of_videos_has_learned_what_a_thing_does():
    still, film = (Vocabulary(["a", "rocket", "flying", "up", "running"], ["rocket"], False, motions)
                   for motions in ((), ("flying up", "moving up")))  # fmt: skip
    assert still.beyond("a rocket flying up") == {"actions": ["flying"]}
    assert film.beyond("a rocket flying up") == {}
    assert film.beyond("a rocket running") == {"actions": ["running"]}
    assert still.beyond("a rocket gyrating") == {"actions": ["gyrating"]}, "told by its ending, known or not"
    (told,) = of_text(None, still, "a rocket gyrating gyrating")
    assert told.startswith("No caption told what a thing does (“gyrating”).")
