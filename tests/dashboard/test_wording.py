import pytest

from core.types import Request
from dashboard import unusual, wording
from dashboard.tabs.generate import panels, views


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "broad · DDIM · 25 steps · guidance 4"),
        ({"steps": 1, "sampler": "ddpm", "eta": 0.5}, "broad · DDPM · 1 step · guidance 4"),
        ({"eta": 0.5, "spacing": "leading"}, "broad · DDIM · 25 steps · guidance 4 · η 0.5 · leading spacing"),
        ({"guidance_low": 0.2, "guidance_high": 0.8}, "broad · DDIM · 25 steps · guidance 4 for σ 0.2 to 0.8"),
        ({"guidance_high": 0.0}, "broad · DDIM · 25 steps · guidance 4 nowhere"),
        ({"negative_prompt": " a dog "}, "broad · DDIM · 25 steps · guidance 4 · negative prompt “a dog”"),
    ],
)
def test_a_run_is_named_with_all_that_is_not_as_usual(settings, said):
    assert wording.settings("broad", Request(**{"guidance": 4.0} | settings)) == said


def test_where_a_run_comes_from_is_told_with_its_predictions(service, engine):
    guided, plain = (service.layer(engine.trace(Request("a fox", guidance=g, steps=12))) for g in (4.0, 1.0))
    assert "12 steps took 24 predictions" in views.origin(engine, guided)
    assert "double work" in views.origin(engine, guided)
    assert "12 steps took 12 predictions" in views.origin(engine, plain)
    assert "double work" not in views.origin(engine, plain)


def test_what_is_not_as_usual_is_a_chip_in_the_sidebar():
    assert unusual.told({}) == ""
    told = unusual.told(
        {"negative_prompt": "<b>", "eta": 0.5, "spacing": "leading", "guidance": 0, "guidance_low": 0.2}
    )
    for said in ("negative prompt “&lt;b&gt;”", "η 0.5", "leading spacing", "guidance 0 for σ 0.2 to 1"):
        assert said in told
    assert 'data-names="guidance guidance_low" title="Set back to: 4, 0"' in told
    assert unusual.told({"negative_prompt": None, "eta": "x"}) == "", "the run will say so"


def test_an_eta_that_no_sampler_reads_is_not_told():
    assert unusual.told({"sampler": "ddpm", "eta": 0.5}).count("<button") == 1


def test_what_is_not_as_usual_stands_out_on_a_card(service, engine):
    layer = service.layer(engine.trace(Request("a fox", steps=12)))
    assert panels.settings(layer) == 'fake · DDIM · <mark class="ds-changed">12 steps</mark> · guidance 4'


@pytest.mark.parametrize(
    ("seconds", "said", "estimated"),
    [
        (2.94, "2.9 s", "about 2.9 s"),
        (2.96, "3.0 s", "about 3 s"),
        (9.94, "9.9 s", "about 10 s"),
        (9.96, "10 s", "about 10 s"),
        (89.4, "89 s", "about 89 s"),
        (90, "1.5 min", "about 1.5 min"),
    ],
)
def test_durations_are_read_at_a_glance(seconds, said, estimated):
    assert wording.duration(seconds) == said
    assert wording.about(seconds) == estimated
