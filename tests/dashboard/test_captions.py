import numpy as np
import pytest

from core.types import Request, Trace
from core.updates import SAMPLERS
from dashboard import captions
from dashboard.layers import positions


def made(engine, **settings) -> Trace:
    return engine.trace(Request("a fox", **({"steps": 20} | settings)))


def test_every_position_has_every_text(engine):
    at = positions(20)
    texts = captions.positions_text(made(engine), at)
    assert {len(entries) for entries in texts.values()} == {21}
    assert all(texts["caption"])
    assert texts["step"][7] == "Step 7 of 20"
    assert len(set(texts["caption"])) >= 6


def test_the_stage_follows_the_noise(engine):
    trace = made(engine)
    said = [captions.stage(trace, k) for k in range(21)]
    assert "Pure noise" in said[0]
    assert "nearly clean" in said[19]
    assert said[20].startswith("Done: σ = 0")
    order = [
        next(i for i, text in enumerate(said) if phrase in text)
        for phrase in (
            "Pure",
            "of the variance of xₜ is noise",
            "more noise than picture",
            "more picture than noise",
            "nearly clean",
            "Done",
        )
    ]
    assert order == sorted(order)


def test_the_change_is_measured_from_one_shown_guess_to_the_next(engine):
    trace, at = made(engine), np.array([0, 10, 20])
    change = captions.guess_change(trace, at)
    assert change[0] == 0
    assert change[1] == pytest.approx(np.sqrt(np.mean((trace.x0[10] - trace.x0[0]) ** 2)), rel=1e-5)
    assert change[2] == pytest.approx(np.sqrt(np.mean((trace.x[20] - trace.x0[10]) ** 2)), rel=1e-5)


@pytest.mark.parametrize("sampler", list(SAMPLERS))
def test_every_sampler_is_explained_in_its_own_words(sampler):
    others = [captions.sampler(Request(sampler=name, steps=9), 4) for name in SAMPLERS if name != sampler]
    assert captions.sampler(Request(sampler=sampler, steps=9), 4) not in others


def test_chance_is_told_as_it_is():
    assert "the step is deterministic" in captions.sampler(Request(steps=9), 3)
    assert "η = 0.5" in captions.sampler(Request(steps=9, eta=0.5), 3)
    assert "fresh noise back" in captions.sampler(Request(steps=9, sampler="ddpm"), 3)


def test_a_stopped_run_says_so(engine):
    request = Request("a fox", steps=20)
    steps = [step for step in engine.run(request) if step.index <= 5]
    trace = engine.collect(request, steps, 0.1)
    texts = captions.positions_text(trace, positions(5))
    assert texts["caption"][-1].startswith("Stopped after 5 steps")
    assert texts["numbers"][-1] == "stopped"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"guidance": 4.0}, "from that of all training images towards that of the images that fit the prompt, 4 times"),
        ({"guidance": 4.0, "negative_prompt": "a cat"}, "the images that fit the negative prompt"),
        ({"guidance": 1.0}, "close to the mean of the images that fit the prompt"),
        ({"guidance": 0.0}, "close to the mean of all training images"),
        ({"guidance": 4.0, "guidance_high": 0.5}, "close to the mean of the images that fit the prompt"),
    ],
)
def test_the_first_prediction_is_a_mean_or_what_guidance_makes_of_two(engine, settings, said):
    assert said in captions.stage(made(engine, **settings), 0)
