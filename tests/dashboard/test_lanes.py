"""Lanes: what a link or a field may ask for, where each stands at one noise level, and what is measured."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import Request, RequestError
from core.updates import SAMPLERS
from dashboard import exports
from dashboard.markup import note
from dashboard.tabs.samplers import lanes, views
from tests.strategies import LANE


@pytest.fixture
def found(service, engine):
    asked = lanes.requests(Request("a fox"), [("ddim", 5, 0.0), ("ddpm", 60, 0.0), ("ddpm-noiseless", 20, 0.0)])
    return lanes.compare(service, [engine.trace(one) for one in asked])


def test_a_link_restores_its_lanes():
    chosen = [("ddim", 25, 0.3), ("dpm++2m", 8, 0.0), ("ddpm-noiseless", 1000, 0.0)]
    assert lanes.from_link(lanes.to_link(lanes.requests(Request(), chosen))) == chosen
    assert lanes.to_link(lanes.requests(Request(), chosen[:1])) == "ddim:25:0.3"


@pytest.mark.parametrize(
    "text", ["", "ddim", "ddim:0:0", "ddim:25:2", "nope:25:0", "ddim:25:0," * 5, "ddim:1e9:0", "ddim:25:0\n", "x" * 999]
)
def test_any_other_link_is_refused(text):
    with pytest.raises(RequestError):
        lanes.from_link(text)


def test_the_lanes_share_prompt_and_noise_and_leave_branches_out():
    base = Request("a fox", seed=7, guidance=2.0, branches=((3, 1),))
    for one in lanes.requests(base, [("ddim", 2, 0.0), ("ddpm", 9, 1.0)]):
        assert (one.prompt, one.seed, one.guidance, one.branches) == ("a fox", 7, 2.0, ())
    for wrong in ([], [("ddim", 5, 0.0)] * 5, [("ddim", None, 0.0)], [("ddim", 5, "1")]):
        with pytest.raises(RequestError):
            lanes.requests(base, wrong)


def test_lanes_line_up_by_noise_level(found):
    assert found.at[:, 0].tolist() == [0, 0, 0]
    assert found.at[:, -1].tolist() == [5, 60, 20]
    assert (np.diff(found.at, axis=1) >= 0).all()
    for lane, trace in enumerate(found.traces):
        angle = np.append(np.arctan2(trace.sigma, trace.alpha), 0)
        assert (angle[found.at[lane]] >= found.levels - 1e-9).all(), "never past the level of the rail"
        later = np.minimum(found.at[lane] + 1, len(angle) - 1)
        assert ((angle[later] < found.levels) | (found.at[lane] == len(angle) - 1)).all(), "and never behind it"
    assert (found.gone[0], found.gone[-1]) == (0, 100)


def test_the_pictures_are_those_of_the_states(found, engine):
    for lane, trace in enumerate(found.traces):
        k = found.at[lane, 10]
        np.testing.assert_array_equal(found.frames[lane][10], engine.decode(trace.x0[k : k + 1])[0])
        np.testing.assert_array_equal(found.frames[lane][-1], np.asarray(trace.image))


def test_curves_begin_and_end_where_they_must(found):
    curves = lanes.curves(found)
    np.testing.assert_allclose(curves["norm"][:, 0], curves["norm"][0, 0], rtol=1e-6)
    np.testing.assert_allclose(curves["distance"][:, -1], 0, atol=1e-6)
    assert (curves["distance"][:, 0] > 0).all()


def test_the_score_of_clip_is_not_defined_without_a_prompt(service, engine, found):
    assert lanes.scores(engine, found).shape == found.at.shape
    blank = lanes.compare(service, [engine.trace(Request(steps=3))])
    assert np.isnan(lanes.scores(engine, blank)).all()


def test_a_lane_that_was_stopped_shows_what_it_has(service, engine):
    steps = list(engine.run(Request("a fox", steps=40)))[:11]
    whole = engine.trace(Request("a fox", steps=10))
    found = lanes.compare(service, [engine.collect(Request("a fox", steps=40), steps, 0.1), whole])
    assert found.at[0].max() == 9, "its last state of a known level"
    assert np.isfinite(lanes.curves(found)["distance"]).all()
    assert "stopped after 10" in views.finished(lanes.measured(engine, found))


def test_heun_asks_as_often_as_is_said():
    import torch

    from core.sampler import sample
    from core.schedule import cosine, linear

    for schedule in (cosine(), linear()):
        asked = []

        def denoise(x, t, asked=asked):
            asked.append(t)
            return 0.5 * x

        steps = list(sample(denoise, torch.zeros(1, 2), schedule, "heun", 6, spacing="trailing"))[1:]
        alpha = np.array([step.alpha for step in steps])
        assert SAMPLERS["heun"].evaluations(alpha) == len(asked)
        assert SAMPLERS["heun"].predictions(alpha, np.ones(6, bool)) == 2 * len(asked)


def test_the_mean_is_of_what_the_prompt_names(engine, found):
    rows = [i for i, label in enumerate(engine.gallery.labels) if label == "a fox"]
    mean = lanes.data_mean(engine, found)
    np.testing.assert_allclose(mean.latent, engine.gallery.latents[rows].mean(0))
    assert mean.of == f"the {len(rows)} gallery pictures of “a fox”"
    end = found.traces[0].x[-1]
    assert mean.distances[0, -1] == pytest.approx(np.sqrt(np.mean((end - mean.latent) ** 2)), rel=1e-5)
    first = found.traces[0].x0[0]
    assert mean.distances[0, 0] == pytest.approx(np.sqrt(np.mean((first - mean.latent) ** 2)), rel=1e-5)
    apart = np.sqrt(np.mean((engine.gallery.latents - end) ** 2, axis=(1, 2, 3)))
    assert mean.nearest[0] == pytest.approx(apart.min(), rel=1e-5)


def test_the_mean_is_measured_where_a_lane_leaves_its_noise_out(service, engine, found):
    shown = lanes.measured(engine, found)
    np.testing.assert_array_equal(shown.curves["mean"], shown.mean.distances)
    assert "result to mean" in views.finished(shown)
    plain = lanes.measured(engine, lanes.compare(service, [engine.trace(Request("a fox", steps=3))]))
    assert plain.mean is None
    assert set(plain.curves) == {"norm", "distance", "clip"}


def test_the_lanes_of_a_preset_are_known_again():
    for preset in lanes.PRESETS:
        mine = lanes.Own.from_link(lanes.Own(preset.guidance).to_link())
        _, base = mine.applied("broad", Request(guidance=3.0))
        assert base.guidance == (3.0 if preset.guidance is None else preset.guidance)
        assert lanes.preset(list(preset.lanes), base.guidance) is preset
        assert lanes.preset(list(preset.lanes), 2.0) is (preset if preset.guidance is None else None)


def test_lanes_keep_settings_of_their_own_apart_from_the_sidebars():
    base = Request("a fox", guidance=4.0)
    assert lanes.Own().applied("broad", base) == ("broad", base)
    assert lanes.Own(0.0, "exact").applied("broad", base) == ("exact", replace(base, guidance=0.0))
    assert base.guidance == 4.0
    mine = lanes.Own(0.0, "exact")
    assert lanes.Own.from_link(mine.to_link()) == mine
    assert lanes.Own.from_link(lanes.Own().to_link()) == lanes.Own.from_link({}) == lanes.Own()
    assert mine.told() == "guidance 0 and model exact"
    assert 'data-event="back"' in views.caption("", mine)
    assert views.caption("", lanes.Own()) == ""
    for wrong in ("x", "-1", "1e9", "nan"):
        with pytest.raises(RequestError):
            lanes.Own.from_link({"lanes-guidance": wrong})


def test_the_lanes_say_which_model_made_them_and_count_predictions(service, engine):
    shown = lanes.measured(engine, lanes.compare(service, [engine.trace(Request("a fox", steps=3))]))
    assert "fake" in views.summary(shown.found)
    assert "<dd>6</dd>" in views.finished(shown)


def test_lanes_of_other_settings_than_the_sidebars_say_so(engine, found):
    shown = lanes.measured(engine, found)
    same = replace(found.traces[0].request, sampler="ddpm", steps=3, eta=1.0)
    assert views.stale(None, "other", same) == views.stale(shown, "fake", same) == []
    assert "made with another model." in views.stale(shown, "other", same)[0]
    other = replace(same, prompt="a tree", seed=same.seed + 1, guidance=7.0)
    assert "made with another prompt, seed and guidance. Run makes" in views.stale(shown, "fake", other)[0]


def test_without_guidance_the_mean_is_of_everything(service, engine):
    found = lanes.compare(service, [engine.trace(Request("a fox", steps=3, guidance=0.0))])
    assert lanes.data_mean(engine, found).of == "all 40 gallery pictures"


def test_two_lanes_of_one_process_have_two_colours():
    asked = lanes.requests(Request(), [("ddim", 5, 0.0), ("ddim", 9, 0.0), ("ddpm", 9, 0.0), ("heun", 3, 0.0)])
    colours = lanes.colours(asked)
    assert len(set(colours)) == 4
    assert colours[0] == lanes.theme.process("ddim")


@pytest.mark.parametrize("dims", [2, 3])
def test_the_map_has_a_route_a_lane_and_the_mean(found, engine, dims):
    shown = lanes.measured(engine, found)
    chart, mean = lanes.chart(shown, engine.gallery, dims)
    for route in chart.routes:
        assert route.x0.shape == (lanes.POSITIONS, dims)
        assert route.x.shape == (lanes.POSITIONS, dims)
    np.testing.assert_allclose(chart.routes[0].line[0], chart.routes[1].line[0], atol=1e-4)
    fox = [i for i, label in enumerate(engine.gallery.labels) if label == "a fox"]
    np.testing.assert_allclose(mean, chart.cloud[fox].mean(0), atol=1e-4)  # of points as of latents: the map is linear
    figure = views.lanes_map(shown, engine.gallery, "samplers", dims)
    assert figure.data[-1].x[0] == pytest.approx(float(mean[0]))


@pytest.mark.parametrize("dims", [1, 4, "2", None, 2.5])
def test_other_dimensions_are_refused(found, engine, dims):
    with pytest.raises(RequestError, match="dimensions"):
        lanes.chart(lanes.measured(engine, found), engine.gallery, dims)


def test_exports_hold_every_curve(found):
    blank = np.full(found.at.shape, np.nan)
    rows = lanes.rows(lanes.Shown(found, lanes.curves(found) | {"clip": blank}, None))
    assert len(rows) == 3 * lanes.POSITIONS
    text = exports.table(rows, {}, "csv").decode()
    assert text.splitlines()[0].startswith("lane,sampler,steps,eta,noise_gone_percent")
    assert text.splitlines()[1].endswith(",")  # NaN is an empty cell
    assert b'"clip": null' in exports.table(rows, {"model": "m"}, "json")


def test_the_presets_are_lanes_that_can_run():
    for preset in lanes.PRESETS:
        asked = lanes.requests(Request("a"), list(preset.lanes))
        assert len({lanes.title(one) for one in asked}) == len(asked)


def test_visitors_text_is_escaped(found):
    prompt = "<img src=x onerror=alert(1)>"
    asked = lanes.requests(Request(prompt), [("ddim", 5, 0.0)])
    flat = np.zeros(found.at.shape)
    mean = lanes.Mean(found.guesses[0][0], prompt, found.frames[0][0], flat, 0.0, [0.0] * 3)
    shown = lanes.Shown(found, {"clip": flat, "mean": flat}, mean)
    found.traces[0] = replace(found.traces[0], request=replace(found.traces[0].request, prompt=prompt))
    for page in (views.cards(asked), views.slider(asked), views.finished(shown), note(views.summary(found))):
        assert prompt not in page


@given(st.lists(LANE, min_size=1, max_size=lanes.MAX_LANES))
def test_any_lanes_are_read_back_from_their_link(asked):
    assert lanes.from_link(lanes.to_link(lanes.requests(Request(), asked))) == asked
