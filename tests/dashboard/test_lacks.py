"""Models without a gallery, CLIP or attention, and pipelines of diffusers: every tab works or says why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import core
from core.arrows import arrows
from core.networks.store import MODELS
from core.types import RequestError
from dashboard import judge, lacks, maps, theme
from dashboard.service import Service
from dashboard.tabs.clip.spaces import Spaces
from dashboard.tabs.generate import views
from dashboard.tabs.guidance import views as guidance
from dashboard.tabs.samplers import lanes
from dashboard.tabs.samplers import views as lane_views
from dashboard.tabs.trajectory import views as trajectory
from tests import tiny_pipelines
from tests.fake_engine import FakeEngine

BARE = {"gallery": None, "clip": None, "vocabulary": None, "prior": None, "space": None}


@pytest.fixture(scope="module", params=["fake", "stable_diffusion", "wan"])
def bare(request, tmp_path_factory):
    """A service over such an engine, and a request of it."""
    if request.param == "fake":
        engine, size = FakeEngine("fake", delay=0, **BARE), {}
    else:
        folder = tmp_path_factory.mktemp("tiny") / request.param
        engine = core.load(getattr(tiny_pipelines, request.param)(folder), "cpu")
        size = {"width": 32, "height": 16} | ({"frames": 9} if request.param == "wan" else {})
    service = Service(lambda name: engine, lambda: [engine.name, "other"])
    asked = replace(engine.defaults, prompt="a fox", steps=5, seed=2, **size)
    return service, engine, asked


@pytest.fixture(scope="module")
def layer(bare):
    service, engine, asked = bare
    *steps, layer = service.stream(engine.name, asked)
    assert steps[-1].eps.shape[-1] == 3, "the noise in false colours, without a gallery to fit them to"
    return layer


def test_generate_shows_the_run_and_says_what_it_cannot(bare, layer):
    _, engine, asked = bare
    height, width = (asked.height, asked.width) if asked.width else (8, 8)
    assert layer.film.x0.shape == (6, height, width, 3)
    curve, told = views.clip_curve(engine, layer, [], "generate")
    assert curve is None
    assert f"“{engine.name}” brings no CLIP" in told
    assert "brings no gallery" in views.nearest(engine, layer.film.x0[-1])
    assert engine.name in views.origin(engine, layer)
    assert judge.distractors(engine, "a fox") == []


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("view", ["run", "plane"])
def test_trajectory_draws_the_path_alone(layer, view, dims):
    chart, sentences = maps.draw([layer], theme.RUNS[:1], None, view, dims)
    assert len(chart.cloud) == 0
    assert np.isfinite(chart.routes[0].line).all()
    assert "no gallery" in sentences[0]


@pytest.mark.parametrize("view", ["gallery", "umap"])
def test_a_map_of_the_gallery_is_refused_in_words(layer, view):
    with pytest.raises(RequestError, match="brings no gallery"):
        maps.draw([layer], theme.RUNS[:1], None, view, 2)


def test_runs_of_one_model_and_size_share_a_map(bare, layer):
    service, _, _ = bare
    layers = core_layers(layer)
    shown, others = trajectory.together(service, layers)
    assert shown is layer
    assert [other.id for other in others] == ["twin"]


def core_layers(layer):
    from dashboard.layers import Layers

    twin = replace(layer, id="twin", kept=True)
    small = replace(layer.trace, **{name: getattr(layer.trace, name)[..., :1] for name in layer.trace.ARRAYS[:5]})
    return Layers((twin, replace(layer, id="small", kept=True, trace=small), layer), layer.id)


def test_samplers_run_side_by_side(bare):
    service, engine, asked = bare
    wanted = lanes.requests(asked, [("ddim", 3, 0.0), ("ddpm-noiseless", 4, 0.0)])
    *_, traces = service.stream_many(engine.name, wanted)
    shown = lanes.measured(engine, lanes.compare(service, traces))
    assert shown.mean is None
    assert np.isnan(shown.curves["clip"]).all()
    assert lane_views.finished(shown)
    assert lane_views.lanes_map(shown, engine.gallery, "samplers", 2).data


def test_guidance_has_its_arrows_and_lights_the_picture_up(layer):
    found = arrows(layer.trace)
    reel = guidance.reel(layer, found)
    assert len(reel.positions) == len(layer.film.positions)
    assert guidance.arrow_plot(layer, found, "guidance").data
    assert all(figure.data for figure in guidance.plots(layer, found, "guidance").values())


def test_clips_tab_says_what_is_missing(bare):
    service, engine, _ = bare
    with pytest.raises(RequestError, match="brings no gallery"):
        Spaces(service).get(engine.name)
    with pytest.raises(RequestError, match="brings no CLIP"):
        lacks.need(engine, "clip", "a sweep cannot be scored")


def test_a_set_of_pictures_is_drawn_without_embeddings(bare):
    service, engine, asked = bare
    *_, last = service.draw(engine.name, [replace(asked, steps=2)])
    assert last.pictures.ndim == 4
    assert last.embeddings is None


def test_a_judge_of_its_own_scores_what_a_model_without_one_draws(tmp_path):
    folder = tiny_pipelines.stable_diffusion(tmp_path / "sd")
    with pytest.raises(core.ModelError):
        core.load(folder, "cpu", judge=str(tmp_path))
    engine = core.load(folder, "cpu", judge=str(MODELS / "starter" / "clip"))
    assert engine.gallery is None
    service = Service(lambda name: engine, lambda: [engine.name])
    asked = replace(engine.defaults, prompt="a fox", steps=3, width=24, height=16)
    *_, layer = service.stream(engine.name, asked)
    curve, told = views.clip_curve(engine, layer, ["a red apple"], "generate")
    assert len(curve.data) >= 2
    assert "brings no" not in told
    assert "brings no gallery" in views.nearest(engine, layer.film.x0[-1])
    shown = lanes.measured(engine, lanes.compare(service, [layer.trace, layer.trace]))
    assert np.isfinite(shown.curves["clip"]).all()
    *_, last = service.draw(engine.name, [replace(asked, steps=2)])
    assert last.embeddings.shape == (1, engine.clip.text(["a"]).shape[1])
    assert core.load("starter", "cpu", judge="nowhere").clip is not None, "who brings one keeps it"
