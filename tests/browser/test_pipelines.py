"""Pipelines of diffusers on every tab: nothing breaks, and what such a model lacks is said in one sentence."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import core
from core.networks import store
from tests import tiny_pipelines

SIZES = {"sd": "&width=24&height=16", "wan": "&width=32&height=16&frames=9", "kandinsky": "&width=24&height=16"}
SPACINGS = {"sd": "leading", "wan": "linspace", "kandinsky": "leading"}  # their schedulers'
RUN = "?model={}&prompt=a+fox&seed=2&steps=3&guidance=7.5&spacing={}" + "&tab={}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A page whose only models are tiny pipelines, in a folder as assets/models is."""
    from dashboard.app import build
    from dashboard.service import Service
    from dashboard.serving import serve
    from dashboard.welcome import Welcome

    folder = tmp_path_factory.mktemp("models")
    tiny_pipelines.stable_diffusion(folder / "sd")
    tiny_pipelines.wan(folder / "wan")
    tiny_pipelines.kandinsky(folder / "kandinsky")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "MODELS", folder)
        service = Service(
            lambda name: core.load(name, "cpu"),
            core.models,
            videos=core.videos,
            about=lambda name: core.about(name, "cpu"),
        )
        demo = build(service, Welcome(service, folder))
        url = serve(demo, "127.0.0.1")
        yield SimpleNamespace(url=url, service=service)
        demo.close(verbose=False)


@pytest.fixture
def opened(visit):
    """opened(model, tab): the page once the run that its link asks for is there."""

    def get(model, tab):
        page = visit(RUN.format(model, SPACINGS[model], tab) + SIZES[model], ready=False)
        page.wait_for_selector("#status >> text=3 steps in", state="attached")
        page.wait_for_function("!document.body.classList.contains('ds-running')")
        return page

    return get


def said(page) -> list[str]:
    """The messages that lie over the page, which are then closed."""
    found = page.locator(".toast-body").all_inner_texts()
    page.evaluate("document.querySelectorAll('.toast-close').forEach((button) => button.click())")
    return found


def pressed(page, tab: str, *buttons: str) -> list[str]:
    """What is said where a tab is opened and its buttons are pressed, one after the other."""
    page.get_by_role("tab", name=tab, exact=True).click()
    page.wait_for_timeout(500)
    for button in buttons:
        page.click(button)
        page.wait_for_function("!document.body.classList.contains('ds-running')")
        page.wait_for_timeout(700)
    return said(page)


@pytest.mark.parametrize("model", SIZES)
def test_a_run_is_shown_and_what_is_missing_is_said(opened, model):
    page = opened(model, "generate")
    page.wait_for_selector("#strip img")
    if model == "kandinsky":  # which brings the CLIP that its prior draws for
        page.wait_for_selector("#curve-clip .main-svg")
    else:
        page.wait_for_selector("#clip-won >> text=brings no CLIP")
    page.wait_for_selector("#nearest >> text=brings no gallery")
    assert model in page.inner_text("#run")
    assert pressed(page, "Tour") == []
    assert pressed(page, "Trajectory") == []
    page.wait_for_selector("#map .js-plotly-plot")
    assert pressed(page, "Samplers", "#lanes-run") == []
    page.wait_for_selector("#lanes img")
    for tab, buttons in {"Guidance": ["#sweep-run"], "CLIP": [], "unCLIP": []}.items():
        told = pressed(page, tab, *buttons)
        assert all("brings no" in one for one in told), told
    assert pressed(page, "Video") == []
    page.wait_for_selector("#video-told >> text=wan" if model == "wan" else "#video-by >> text=runs wan")
    if model == "wan":
        assert pressed(page, "Video", "#video-run") == []
    assert pressed(page, "2-D lab") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_model_that_is_chosen_sets_what_it_is_meant_for(opened):
    page = opened("sd", "generate")
    page.click("#more > button")
    page.wait_for_selector("#width")
    assert page.input_value("#width input") == "24"
    assert page.locator("#frames, #shared-noise").count() == 0
    chips = page.inner_text("#unusual")
    assert "3 steps" in chips
    assert "guidance" not in chips
    assert "spacing" not in chips
    page.click("#model input")
    page.get_by_role("option", name="wan").click()
    page.wait_for_selector("#frames")
    page.wait_for_selector("#shared-noise")
    page.wait_for_function("document.querySelector('#guidance input').value === '5'")
    page.wait_for_function("document.querySelector('#steps input').value === '50'")
    page.wait_for_function("document.querySelector('#spacing input').value === 'linspace'")
    page.wait_for_function("!document.querySelector('#unusual').innerText.includes('steps')")
