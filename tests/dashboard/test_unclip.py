"""What the unCLIP tab computes and says, without a page."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from core.measure import unit
from core.settings import png_info
from core.types import Request, RequestError
from dashboard import links, printed
from dashboard.layers import Layers
from dashboard.tabs.clip.spaces import Spaces
from dashboard.tabs.unclip import interpolate, measures, numbers, stage, variations, views
from dashboard.tabs.unclip.drawn import POSITIONS, Around, Drawn, Judged, Row, Shot, film
from dashboard.tabs.unclip.source import BROUGHT, RUN, Room, Source, world


@pytest.fixture
def room(service):
    return Room(SimpleNamespace(service=service), Spaces(service))


@pytest.fixture
def space(room):
    return room.spaces.get("fake")


@pytest.fixture
def source(room):
    with gr.Blocks():
        return Source(room, "test", "test")


def shots(engine, count=3, steps=30):
    traces = [engine.trace(Request("a fox", seed=seed, steps=steps)) for seed in range(count)]
    return [Shot(f"seed {i}", trace.request) for i, trace in enumerate(traces)], traces


def test_a_source_gives_the_gallerys_embedding_a_runs_or_one_that_was_brought(source, space, engine, layer):
    own = source.origin(space, engine, Layers(), "a fox", "")
    np.testing.assert_array_equal(own.embedding, space.pictures[space.labels.index("a fox")])
    run = source.origin(space, engine, Layers().add(layer), RUN, "")
    np.testing.assert_allclose(run.embedding, engine.clip.image([layer.trace.image])[0])
    brought = source.origin(space, engine, Layers(), BROUGHT, links.from_embedding(tuple(own.embedding.tolist())))
    assert own.embedding @ brought.embedding > 0.9999
    assert brought.picture is None


@pytest.mark.parametrize(
    ("chosen", "brought", "named"),
    [
        ("nothing", "", "picture is 'nothing'"),
        ("nothing", links.from_embedding((1.0, *[0.0] * 15)), "picture is 'nothing'"),
        (None, "", "picture is None"),
        (["a fox"], "", "picture is"),
        (RUN, "", "generate one first"),
        (BROUGHT, "", "drop your own picture"),
        (BROUGHT, None, "drop your own picture"),
        (BROUGHT, "<script>", "embedding is '<script>'"),
        (BROUGHT, "A" * 99_999, "embedding is 'AAA"),
        (BROUGHT, links.from_embedding((0.6, 0.8)), "embedding is '2 numbers'"),
    ],
)
def test_a_source_that_is_none_is_named(source, space, engine, chosen, brought, named):
    with pytest.raises(RequestError, match=named):
        source.origin(space, engine, Layers(), chosen, brought)


def test_a_picture_far_from_all_that_the_model_knows_is_called_far():
    around = unit(np.array([1.0, 0.0, 0.0]) + 0.1 * np.random.default_rng(0).standard_normal((200, 3)))
    space = SimpleNamespace(pictures=around, labels=["a", "b"] * 100)
    assert len(world(space, SimpleNamespace(embedding=around[0]))) == 1
    assert "That is far" in world(space, SimpleNamespace(embedding=np.array([0.0, 1.0, 0.0])))[1]


def test_between_two_embeddings_the_sphere_keeps_the_length_and_the_line_does_not():
    ends = interpolate.Ends(("a", "b"), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    half = np.array([0.5])
    assert interpolate.between(ends, False, half, "spherical") == pytest.approx(np.array([[1, 1, 0]]) / 2**0.5)
    assert interpolate.between(ends, False, half, "straight") == pytest.approx(np.array([[0.5, 0.5, 0]]))
    assert interpolate.between(ends, True, half, "spherical") == pytest.approx(np.array([[1, 1, 0]]) / 2**0.5)


def test_both_ways_share_their_ends_and_a_noise_between_is_asked_for_by_its_seeds():
    ends = interpolate.Ends(("a", "b"), np.array([1.0, 0.0]), np.array([0.6, 0.8]))
    base = Request("a fox", seed=3)
    drawn = interpolate.planned(ends, base, False, 0)
    assert len(drawn) == 8
    assert [shot.title for shot in drawn[:5]] == ["a", "25% of the way", "50% of the way", "75% of the way", "b"]
    assert drawn[0].request.embedding == (1.0, 0.0)
    assert {shot.request.prompt for shot in drawn} == {""}
    noises = [shot.request for shot in interpolate.planned(ends, base, True, 9)]
    assert [(one.seed, one.variation_seed) for one in noises] == [(3, 9)] * 8
    assert [one.variation_strength for one in noises] == [0, 0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75]
    assert [one.variation_way for one in noises] == ["spherical"] * 5 + ["straight"] * 3
    assert {one.prompt for one in noises} == {"a fox"}


def test_all_the_components_give_the_embedding_back_and_fewer_hold_less():
    rng = np.random.default_rng(0)
    gallery = unit(rng.standard_normal((200, 16)) * np.linspace(2, 0.1, 16))
    counts = numbers.components(16)
    assert counts == [1, 2, 4, 8, 16]
    rows, shares = numbers.reduced(gallery, gallery[7], counts)
    assert rows[-1] == pytest.approx(gallery[7])
    assert shares[-1] == pytest.approx(1)
    assert np.all(np.diff(shares) > 0)
    assert np.all(np.diff(rows @ gallery[7]) > -1e-9)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(5))


def test_pictures_agree_where_they_are_alike():
    drawn = np.zeros((4, 2, 2, 3), np.uint8)
    drawn[::2, 0, 0] = 255
    mean, spread = numbers.agreement(drawn)
    assert mean[0, 0].tolist() == [128, 128, 128]
    assert spread == pytest.approx(np.array([[0.5, 0], [0, 0]]))
    assert measures.pairs(drawn) == pytest.approx(0.5 * 4 / 6)


def test_seeds_begin_anew_past_the_largest():
    assert variations.seeds(5) == list(range(5, 13))
    assert variations.seeds(2**32 - 2)[:3] == [2**32 - 2, 2**32 - 1, 0]
    for seed in variations.seeds(2**32 - 1):
        Request(seed=seed)


@pytest.mark.parametrize("walk", [[], ["Prior, step 0 of 1", "Prior, step 1 of 1"]])
def test_the_rail_goes_through_the_walk_the_steps_and_the_pictures(service, engine, walk):
    _, traces = shots(engine)
    at, frames = film(service, "fake", traces)
    assert len(at) == POSITIONS - 1
    reel = views.reel(at, frames, ["end"] * 3, walk, 30)
    assert reel.texts["step"][: len(walk) + 1] == [*walk, "Step 0 of 30"]
    assert reel.texts["step"][-1] == "Step 30 of 30"
    assert reel.frames["x0:2"][-1] == "end"
    assert reel.frames["x0:0"][: len(walk)] == [None] * len(walk)


def test_what_a_visitor_wrote_is_escaped(engine):
    drawn, _ = shots(engine, 1)
    hostile = [Shot("<script>", drawn[0].request)]
    html = views.Layout([("<b>", [0])]).html(hostile, ["<i>"]) + views.portrait("<u>", None, ["<s>"])
    assert not any(tag in html for tag in ("<script>", "<b><", "<i>", "<u>", "<s>"))


def test_a_saved_row_carries_its_panel_and_the_sidebars_request(engine, tmp_path):
    found = stage.finish(engine, *shots(engine, 3))
    row = Row("unclip-edit", Request("a fox", seed=5), {"unclip-from": "a fox", "unclip-edited-e": None})
    layout, judged = views.Layout([("Row", [0, 1]), ("Other", [0, 2])]), Judged(["near", "", "far"], [])
    drawn = Drawn("Edit by words", (), found, judged, row, layout, [], Around("a fox, from “fox” to “tree”"))
    (tmp_path / "a.png").write_bytes(stage.to_png(drawn))
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[0] == 2 * printed.PAD + 2 * printed.LEAST + printed.GAP
        assert image.text[links.DESCRIPTION].splitlines() == [
            "Edit by words: a fox, from “fox” to “tree” · seed 5", "fake · DDIM · 25 steps · guidance 4",
            "seed 0: near", "seed 1: ", "seed 2: far",
        ]  # fmt: skip
    assert links.from_png(tmp_path / "a.png") == ("fake", row.base)
    model, found, stopped = stage.carried(links.read_png(tmp_path / "a.png"))
    assert (model, found.panel, found.base, stopped) == ("fake", "unclip-edit", row.base, None)
    assert found.settings == {"unclip-from": "a fox"}


@pytest.mark.parametrize("told", [None, 7, [], {}, {"panel": 3, "settings": {}}, {"panel": "unclip-edit"}])
def test_a_png_without_a_row_asks_for_no_panel(told, tmp_path):
    info = png_info("fake", Request("a fox"), unclip=told)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=info)
    assert stage.carried(links.read_png(tmp_path / "a.png")) is None
