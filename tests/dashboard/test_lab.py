"""The laboratory without a browser: settings from anybody, scenes within their bounds."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.toy import experiment
from core.types import RequestError
from dashboard import exports
from dashboard.tabs.lab import scenes as lab_scenes
from dashboard.tabs.lab import settings as lab_settings
from dashboard.tabs.lab import views as lab_views
from dashboard.tabs.lab.ending import predicted_mean
from dashboard.tabs.lab.settings import PREFIX, VIEWS, Settings
from dashboard.tabs.lab.stage import MAX_BYTES, REACH
from dashboard.tabs.lab.tab import LOST

SMALL = {"points": 60, "steps": 10}


def shown(**settings):
    settings = Settings(**SMALL | settings)
    return lab_scenes.show(settings, lab_scenes.world(settings, None), None)


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<i2") * (REACH / 32767)


@pytest.mark.parametrize("schedule", ["linear", "flow"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_one_payload_of_at_most_400_kb(view, schedule):
    settings = Settings(view=view, schedule=schedule, points=400, steps=60)
    here = lab_scenes.world(settings, None)
    found = lab_scenes.show(settings, here, None)
    packed = found.scene.packed()
    assert len(packed) < MAX_BYTES
    scene = json.loads(packed, parse_constant=lambda name: pytest.fail(name))
    assert scene["frames"] == len(found.reel.positions) == len(scene["alpha"])
    for figure in found.curves:
        assert figure[1].data
        for move in (figure[1].layout.meta or {}).get("moves", []):
            assert len(move["x"]) == scene["frames"]
    for lane in scene["lanes"]:
        if "x" in lane and not lane["still"]:
            assert unpacked(lane["x"]).size == 2 * lane["count"] * scene["frames"]
    assert [mark["name"] for mark in scene["marks"]] == ["speciation", "collapse"]
    assert all(0 <= mark["at"] <= 1 for mark in scene["marks"])
    np.testing.assert_allclose(lab_scenes.frames(settings, here).index, found.scene.levels.index)


@pytest.mark.parametrize(("view", "count"), [("back", 4 + 4), ("field", 1), ("density", 3)])
def test_the_curves_of_a_view_leave_as_a_table(view, count):
    found = shown(view=view)
    rows = [row for curve in found.curves for row in exports.drawn(*curve)]
    lines = {}
    for row in rows:
        lines.setdefault((row["curve"], row["line"]), []).append(row["value"])
    assert len(lines) == count, "curves, and neither their markers nor their rules"
    title, figure = found.curves[0]
    assert next(iter(lines.values())) == list(figure.data[0].y)
    assert rows[0]["unit"] == figure.layout.xaxis.title.text
    assert json.loads(exports.table(rows, {"settings": {"view": view}}, "json"))["rows"][0]["curve"] == title


def test_coordinates_travel_to_a_thousandth():
    found = shown(view="noise")
    sent = unpacked(json.loads(found.scene.packed())["lanes"][0]["x"])
    truth = np.clip(found.scene.lanes[0].x.ravel(), -REACH, REACH)
    assert np.abs(sent - truth).max() < 1e-3


def test_the_collapse_is_measured():
    variance, energy = (figure for _, figure in shown(view="back", steps=60, points=300).curves)
    end = {trace.name: trace.y[-1] for trace in variance.data if trace.name}
    assert end["DDPM, no added noise"] < 0.2
    assert min(end["DDPM"], end["DDIM"]) > 0.7
    apart = {trace.name: trace.y[-1] for trace in energy.data if trace.name}
    assert apart["DDPM, no added noise"] > 5 * max(apart["DDPM"], apart["DDIM"], 0.01)


@pytest.mark.parametrize("data", ["spirals", "rings"])
def test_where_the_collapse_ends_is_told_as_measured(data):
    settings = Settings(view="back", data=data, steps=100)
    here = lab_scenes.world(settings, None)
    way = experiment.back(here, here.exact, "ddpm-noiseless", 100, 0.0, 300, 0)
    mean, nearest = here.points.x.mean(0), np.linalg.norm(way.x[-1][:, None] - here.points.x, axis=-1)
    assert np.linalg.norm(predicted_mean(here, way, here.exact) - mean) < 0.02, "the first prediction is the mean"
    assert np.median(nearest.min(1)) < 0.05, "the end is on points"
    assert np.median(np.linalg.norm(way.x[-1] - mean, axis=1)) > 0.3, "and not at the mean"
    told = lab_scenes.show(settings, here, None).told
    assert "first prediction lies 0.00 from the mean" in told
    assert f"({len(np.unique(nearest.argmin(1)))} of the 400 are reached)" in told


@pytest.mark.parametrize(("negative", "lost"), [(-1, False), (1, True)])
def test_guidance_that_throws_points_off_the_data_says_so(negative, lost):
    told = shown(view="guidance", negative=negative, points=400, steps=50).told
    assert ("thrown points off" in told) == lost
    assert ("at g = 3 100%, and 0% off" in told) != lost


@pytest.mark.parametrize("view", VIEWS)
def test_noise_is_at_the_left_of_every_rail(view):
    found = shown(view=view)
    sigma = np.array(found.scene.levels.sigma)
    assert sigma[0] > 0.9
    assert sigma[-1] < 0.3  # a density ends where its grid can no longer show it
    assert (np.diff(sigma) <= 1e-9).all()
    assert view == "density" or found.reel.texts["step"][-1] == "σ 0 · data"


def test_the_forward_process_runs_backwards_along_the_rail():
    found, back = shown(view="noise"), shown(view="back")
    assert (found.reel.play, found.reel.backwards) == (True, True)
    assert (back.reel.play, back.reel.backwards) == (True, False)
    spread = found.scene.lanes[0].x.std((1, 2))
    data = found.scene.world.points.x
    start = np.linalg.norm(found.scene.lanes[0].x[-1][:, None] - data, axis=-1).min(1)
    assert start.max() < 0.2, "at its right every point is one of the data"
    assert spread[0] == pytest.approx(1, abs=0.15)


def test_other_data_offer_only_their_own_classes():
    here = lab_scenes.world(Settings(view="guidance", data="moons", **SMALL), None)
    fitting = lab_scenes.within(Settings(wanted=4, negative=3), here)
    assert (fitting.wanted, fitting.negative) == (0, -1)
    kept = lab_scenes.within(Settings(wanted=1, negative=0), here)
    assert (kept.wanted, kept.negative) == (1, 0)


def test_a_network_counts_only_for_the_data_it_learned():
    settings = Settings(view="field", **SMALL, training=60, width=32)
    here = lab_scenes.world(settings, None)
    network = lab_scenes.begin(here, settings)
    assert (
        "without time conditioning" in lab_scenes.show(settings, here, network).scene.lanes[1].title
    )  # not one step yet
    for _ in network.run(0.05):
        pass
    assert "60 steps" in lab_scenes.show(settings, here, network).scene.lanes[1].title
    other = Settings(view="field", **SMALL, seed=9)
    assert (
        "without time conditioning"
        in lab_scenes.show(other, lab_scenes.world(other, None), network).scene.lanes[1].title
    )
    wanted = Settings(view="back", **SMALL, seed=9, score="learned")
    with pytest.raises(RequestError, match="trained on these data"):
        lab_scenes.show(wanted, lab_scenes.world(wanted, None), network)
    followed = lab_scenes.show(Settings(view="density", **SMALL, score="learned"), here, network)
    assert "only as good as its score" in followed.told
    off = followed.curves[1][1].data[0].y
    assert off[0] < 0.01  # both begin in the normal law
    assert off[-1] > 0.1  # and 60 steps of training are few
    assert len(followed.scene.packed()) < MAX_BYTES
    drawn = lab_scenes.show(Settings(view="train", **SMALL, training=60, width=32), here, network)
    assert [lane.title for lane in drawn.scene.lanes] == ["Exact", "Learned", "Its samples"]
    assert len(drawn.scene.packed()) < MAX_BYTES


def test_a_click_is_answered_for_every_frame():
    for settings, at in ((Settings(), {"particle": 7}), (Settings(view="guidance", **SMALL), {"x": 0.4, "y": -1})):
        here = lab_scenes.world(settings, None)
        found = json.loads(lab_scenes.look(settings, here, None, at))
        frames = len(lab_scenes.frames(settings, here).index)
        assert unpacked(found["path"]).size == 2 * frames
        assert len(found["effective"]) == frames
        assert set(found["arrows"]) == ({"cond", "uncond"} if settings.view == "guidance" else {"exact"})
        assert all(len(arrow) == frames for arrow in found["arrows"].values())


@pytest.mark.parametrize("at", [{}, {"particle": -1}, {"particle": 10**9}, {"particle": "3"}, {"particle": True}])
def test_a_click_on_nothing_is_refused(at):
    with pytest.raises(RequestError, match="particle"):
        lab_scenes.look(Settings(), lab_scenes.world(Settings(), None), None, at)


@pytest.mark.parametrize("place", [{}, {"x": 1}, {"x": float("nan"), "y": 0}, {"x": 1e9, "y": 0}, {"x": [1], "y": 2}])
def test_a_click_outside_is_refused(place):
    settings = Settings(view="field", **SMALL)
    with pytest.raises(RequestError, match="place"):
        lab_scenes.look(settings, lab_scenes.world(settings, None), None, place)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"view": "guidance", "data": "spiral"}, "several classes"), ({"view": "guidance", "wanted": 4}, "class"),
     ({"data": "own"}, "drawing")],
)  # fmt: skip
def test_what_cannot_be_shown_is_said(settings, said):
    with pytest.raises(RequestError, match=said):
        shown(**settings)


@pytest.mark.parametrize("wrong", [
    {"view": "x"}, {"data": ["spiral"]}, {"points": 2}, {"points": 10**9}, {"points": 3.5}, {"seed": -1}, {"eta": 2},
    {"eta": float("nan")}, {"steps": 10**6}, {"told": "yes"}, {"kind": None}, {"width": 1000}, {"scale": "3"},
])  # fmt: skip
def test_bad_settings_are_refused(wrong):
    with pytest.raises(RequestError):
        Settings(**wrong)


def test_settings_survive_a_link():
    settings = Settings(view="back", data="moons", points=123, eta=0.25, told=False, scale=1.5)
    query = {name: value for name, value in settings.to_query().items() if value is not None}
    assert all(name.startswith(PREFIX) for name in query)
    assert "lab-seed" not in query
    assert lab_settings.from_query({**query, "seed": "9", "prompt": "a fox"}) == settings
    assert lab_settings.from_query({"lab-data": "own"}).data == Settings().data
    assert lab_settings.lost({"lab-data": "own"})
    assert not lab_settings.lost({"lab-data": "moons"})
    assert lab_settings.SETS[Settings().data].lower() in LOST


@pytest.mark.parametrize("query", [{"lab-view": "<script>"}, {"lab-points": "many"}, {"lab-told": "maybe"},
                                   {"lab-eta": "nan"}, {"lab-seed": "9" * 5000}])  # fmt: skip
def test_a_rotten_link_is_refused(query):
    with pytest.raises(RequestError):
        lab_settings.from_query(query)


def test_the_walk_through_has_eight_captions_whose_settings_exist():
    assert len(lab_views.STORY) == 8
    for k, (text, settings) in enumerate(lab_views.STORY):
        assert Settings(**settings).view in VIEWS
        assert f"{k + 1} of 8" in lab_views.caption(k)
        assert len(text) < 330
    assert {settings["view"] for _, settings in lab_views.STORY} == set(VIEWS)


@given(st.data())
def test_any_settings_are_read_back_from_their_address(data):
    values = {name: data.draw(st.sampled_from(choices)) for name, choices in lab_settings.CHOICES.items()}
    for name, (low, high) in lab_settings.RANGES.items():
        whole = isinstance(lab_settings.DEFAULTS[name], int)
        values[name] = data.draw(st.integers(low, high) if whole else st.floats(low, high))
    values |= {
        "told": data.draw(st.booleans()),
        "data": data.draw(st.sampled_from([name for name in lab_settings.SETS if name != "own"])),
    }
    settings = lab_settings.Settings(**values)
    query = {name: text for name, text in settings.to_query().items() if text is not None}
    assert lab_settings.from_query(query) == settings


@pytest.mark.parametrize(("text", "value"), [("false", False), ("0", False), ("False", False), ("true", True)])
def test_yes_and_no_are_read_as_people_write_them(text, value):
    assert lab_settings.from_query({"lab-told": text}).told is value
