import pytest

from core.types import Request
from dashboard import controls, wording
from dashboard.tabs.generate import views


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


def test_what_is_set_out_of_sight_is_told_in_the_sidebar():
    usual = ("ddim", "", 0.0, "trailing", 0.0, 1.0)
    assert controls.told(*usual) == ""
    assert controls.told("ddpm", "", 0.5, "trailing", 0.0, 1.0) == "", "which no eta changes"
    told = controls.told("ddim", "<b>", 0.5, "leading", 0.2, 1)
    for said in ("negative prompt “&lt;b&gt;”", "η 0.5", "leading spacing", "guidance for σ 0.2 to 1"):
        assert said in told
    assert controls.told("ddim", None, "x", [], 2, 1) == ""
