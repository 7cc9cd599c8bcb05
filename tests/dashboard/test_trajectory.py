"""The map of a run: what is drawn where, what is said of it, and what a branch asks for."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core import projection
from core.types import Request, RequestError, Trace
from dashboard import maps, theme
from dashboard.figures import placement
from dashboard.figures import trajectory as figures
from dashboard.figures.placement import Route, Sheet
from dashboard.figures.trajectory import Chart
from dashboard.layers import Layers
from dashboard.tabs.trajectory import views

RAIL = "trajectory"
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def make(service, engine):
    engine.delay = 0
    return lambda prompt="a fox", **settings: service.layer(engine.trace(Request(prompt, **settings)))


def route(dims=2, points=21, positions=11, id="one", name="a fox · seed 1", colour=theme.RUNS[0]):
    line = np.cumsum(np.random.default_rng(0).standard_normal((points, dims)), 0)
    walked = np.linspace(1, points, positions).round().astype(int)
    return Route(id, name, colour, line, walked, line[walked - 1] + 1, [f"Step {k}" for k in range(positions)])


def chart(dims=2, routes=None, pictures=(), **more):
    cloud = np.random.default_rng(1).standard_normal((30, dims)) * 5
    labels = [f"picture {i}" for i in range(30)]
    uris = dict.fromkeys(pictures, "data:image/webp;base64,AAAA")
    return Chart(routes or [route(dims)], cloud, labels, uris, [f"axis {i}" for i in range(dims)], true=True, **more)


def named(fig, name):
    return next(i for i, trace in enumerate(fig.data) if trace.name == name)


def move_of(fig, index):
    return next(move for move in fig.layout.meta["moves"] if move["trace"] == index)


# ---- the figure


@pytest.mark.parametrize("dims", [2, 3])
def test_the_rail_moves_a_marker_through_every_state_and_the_path_grows_behind_it(dims):
    one = route(dims)
    fig = figures.latent_map(chart(dims, [one]), RAIL)
    assert fig.layout.meta["rail"] == RAIL
    assert {trace.type for trace in fig.data} == {"scatter" if dims == 2 else "scatter3d"}
    for name, points in (("x_t one", one.x), ("x0 one", one.x0)):
        dots = named(fig, name)
        assert fig.data[dots].meta == {"rail": True}
        assert len(fig.data[dots].x) == len(points)
        marker = move_of(fig, dots + 1)
        np.testing.assert_allclose([marker[axis] for axis in "xyz"[:dims]], points.T, atol=1e-3)
    grown = next(move for move in fig.layout.meta["moves"] if isinstance(move["x"][0], list))
    assert [len(part) for part in grown["y"]] == one.walked.tolist()
    np.testing.assert_allclose(grown["x"][-1], one.line[:, 0], atol=1e-3)


def test_every_run_has_its_colour_and_its_name_at_the_end_of_its_path():
    pair = [route(), replace(route(id="two", name="a cat", colour=theme.RUNS[1]), line=-route().line)]
    fig = figures.latent_map(chart(routes=pair), RAIL)
    for one in pair:
        assert fig.data[named(fig, f"x_t {one.id}")].marker.color == one.colour
    written = fig.data[-1]
    assert list(written.text)[2:] == ["a fox · seed 1", "a cat"]
    assert list(written.textfont.color)[2:] == list(theme.RUNS[:2])
    np.testing.assert_allclose(np.array(written.x)[2:], [one.line[-1, 0] for one in pair], rtol=1e-5)


def test_the_run_in_view_is_drawn_last_so_that_it_lies_on_top():
    fig = figures.latent_map(chart(routes=[route(id="one"), route(id="two")]), RAIL)
    assert named(fig, "x_t two") < named(fig, "x_t one")
    assert named(fig, figures.GALLERY) == 0


def test_one_scale_for_both_axes_only_where_lengths_mean_something():
    assert figures.latent_map(chart(), RAIL).layout.yaxis.scaleanchor == "x"
    assert figures.latent_map(replace(chart(), true=False), RAIL).layout.yaxis.scaleanchor is False


def test_pictures_stand_on_the_map_in_two_dimensions_only():
    flat = figures.latent_map(chart(pictures=[3, 7]), RAIL)
    assert [(image.x, image.y) for image in flat.layout.images] == [tuple(chart().cloud[i]) for i in (3, 7)]
    assert not figures.latent_map(chart(3, pictures=[3]), RAIL).layout.images


def test_the_guide_is_drawn_over_axes_that_cross_at_the_origin():
    fig = figures.latent_map(chart(guide=np.eye(2)), RAIL)
    assert fig.data[named(fig, "guide")].line.dash == "dot"
    assert fig.layout.xaxis.zeroline
    assert not figures.latent_map(chart(), RAIL).layout.xaxis.zeroline


def test_what_visitors_write_is_escaped_in_the_figure():
    fig = figures.latent_map(replace(chart(routes=[route(name=EVIL)]), labels=[EVIL] * 30), RAIL)
    assert "<img" not in fig.to_json()
    assert "&lt;img" in fig.to_json()


def test_the_control_shows_both_paths_at_one_scale():
    run, chance = np.eye(2)[[0, 1, 1]] * 10, np.eye(2)[[0, 0, 1]]
    fig = figures.control(run, chance, ("run", "chance"), theme.RUNS[0], RAIL)
    spans = [np.ptp(axis.range) for axis in (fig.layout.xaxis, fig.layout.xaxis2)]
    assert spans[0] == pytest.approx(spans[1])
    assert [move["trace"] for move in fig.layout.meta["moves"]] == [1, 3]
    assert [note.text for note in fig.layout.annotations] == ["run", "chance"]


# ---- room on the map


@pytest.mark.parametrize("true", [True, False])
def test_pictures_cover_neither_each_other_nor_a_path_nor_a_name(true):
    cloud = np.random.default_rng(2).uniform(-20, 20, (500, 2)) * [1, 3]
    routes = [route(), replace(route(id="two"), line=route().line[::-1])]
    chosen = placement.thin(cloud, routes, true)
    sheet = Sheet.around(cloud, routes, true)
    side = placement.THUMB * sheet.pixel
    assert 20 < len(chosen) <= placement.THUMBS
    apart = np.abs(cloud[chosen][:, None] - cloud[chosen][None]) / side
    assert (apart.max(-1) + np.eye(len(chosen)) * 9 > 1).all()
    path = np.concatenate([points for one in routes for points in (one.line, one.x0)])
    assert (np.abs(cloud[chosen][:, None] - path) / side).max(-1).min() > 0.5
    for name in placement.names(routes, sheet):
        middle = np.abs(cloud[chosen] - name.box.mean(0)) / side
        assert middle.max(1).min() > 0.5


def test_a_name_is_whole_also_where_the_map_is_narrower():
    """A path that fills what lies to the left of its end, three quarters across a map of 560 pixels."""
    there = np.random.default_rng(3).uniform([0, -60], [420, 60], (200, 2))
    one = replace(route(name="a name of 21 letters."), line=np.vstack([there, [420, 0]]), x0=there)
    sheet = Sheet.around(np.array([[0.0, -200], [560, 200]]), [one], True)
    name = placement.names([one], sheet)[-1]
    wider = name.point + 1.1 * (name.box - name.point)
    assert wider[1, 0] <= sheet.ranges[0][1]


def test_names_at_one_place_stand_apart():
    routes = [route(id=str(i), name=f"run {i}") for i in range(3)]
    sheet = Sheet.around(np.array([[-50.0, -50], [50, 50]]), routes, True)
    boxes = [name.box for name in placement.names(routes, sheet)[2:]]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert not np.all((a[0] < b[1]) & (b[0] < a[1]))


# ---- the map of real runs


@pytest.mark.parametrize("view", list(maps.VIEWS))
@pytest.mark.parametrize("dims", [2, 3])
def test_every_view_of_a_run_can_be_drawn(make, engine, view, dims):
    layers = [make(steps=12), make("a tree", steps=30, seed=2)]
    drawn, sentences = maps.draw(layers, theme.RUNS[:2], engine.gallery, view, dims)
    fig = figures.latent_map(drawn, RAIL)
    assert drawn.cloud.shape == (40, dims)
    assert [len(one.x) for one in drawn.routes] == [13, 13]
    assert any(sentence.startswith("Trustworthiness") for sentence in sentences)
    assert bool(fig.layout.images) == (dims == 2)
    json.loads(fig.to_json(), parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))


def test_the_share_that_is_told_is_the_share_that_is_drawn(make, engine):
    layer = make(steps=12)
    _, sentences = maps.draw([layer], theme.RUNS[:1], engine.gallery, "run", 2)
    path = layer.trace.x.reshape(13, -1)
    singular = np.linalg.svd(path - path.mean(0), compute_uv=False)
    share = (singular[:2] ** 2).sum() / (singular**2).sum()
    assert sentences[0].startswith(f"Two axes hold {maps.percent(share)} of this path's variance")


def test_umap_shows_the_shipped_coordinates(make, engine):
    drawn, sentences = maps.draw([make()], theme.RUNS[:1], engine.gallery, "umap", 2)
    np.testing.assert_array_equal(drawn.cloud, engine.gallery.umap2)
    assert not drawn.true
    assert "%" not in sentences[0]


def test_the_rotation_joins_the_ends_of_the_path(make, engine):
    layer = make(steps=12)
    drawn, sentences = maps.draw([layer], theme.RUNS[:1], engine.gallery, "plane", 2)
    np.testing.assert_allclose(drawn.guide[[0, -1]], drawn.routes[0].line[[0, -1]], atol=1e-4)
    assert "a rotation" in sentences[1]


def test_a_path_to_one_picture_does_not_stray(make, engine):
    layer = make(steps=12)
    alpha, sigma = np.append(layer.trace.alpha, 1), np.append(layer.trace.sigma, 0)
    path = projection.rotation(layer.trace.x, alpha, sigma).reshape(layer.trace.x.shape)
    ideal = replace(layer, trace=replace(layer.trace, x=path))
    _, sentences = maps.draw([ideal], theme.RUNS[:1], engine.gallery, "plane", 2)
    assert "strays from it by 0%" in sentences[1]


def test_a_fit_is_made_once(make, engine, monkeypatch):
    layer = make()
    first, _ = maps.draw([layer], theme.RUNS[:1], engine.gallery, "run", 2)
    monkeypatch.setattr(projection, "_principal", lambda *_: pytest.fail("fitted again"))
    second, _ = maps.draw([layer], theme.RUNS[:1], engine.gallery, "run", 2)
    np.testing.assert_array_equal(first.cloud, second.cloud)


@pytest.mark.parametrize(("view", "dims", "field"), [("tsne", 2, "view"), (["run"], 2, "view"), ("run", 4, "dim")])
def test_unknown_views_are_refused(make, engine, view, dims, field):
    with pytest.raises(RequestError, match=field):
        maps.draw([make()], theme.RUNS[:1], engine.gallery, view, dims)


def test_a_thousand_steps_stay_a_modest_payload(make, engine):
    layers = [make(steps=1000), *(make(seed=seed, steps=1000) for seed in range(4))]
    for dims in (2, 3):
        drawn, _ = maps.draw(layers, theme.RUNS[: len(layers)], engine.gallery, "run", dims)
        assert max(len(one.line) for one in drawn.routes) <= maps.LINE + 61
        assert len(figures.latent_map(drawn, RAIL).to_json()) < 600_000


@pytest.mark.parametrize("view", list(maps.VIEWS))
def test_runs_of_one_step_and_stopped_runs_have_a_map(make, engine, service, view):
    trace = make(steps=20).trace
    cut = {name: getattr(trace, name)[: 5 + (name == "x")] for name in Trace.ARRAYS}
    for layer in (make(steps=1), service.layer(replace(trace, **cut))):
        drawn, _ = maps.draw([layer], theme.RUNS[:1], engine.gallery, view, 2)
        assert np.isfinite(drawn.routes[0].line).all()
        assert len(drawn.routes[0].steps) == len(layer.film.positions)


def test_runs_of_other_lengths_are_matched_by_how_far_they_are(make):
    shown, longer = make(steps=10), make(steps=40)
    assert maps.alongside(shown, shown).tolist() == list(range(11))
    assert longer.film.positions[maps.alongside(longer, shown)].tolist() == list(range(0, 41, 4))


def test_the_control_tells_both_shares(make):
    found = maps.control(make(steps=25))
    assert 0 < found.chance_share < found.run_share <= 1
    assert maps.percent(found.chance_share) in views.verdict(found)
    even = SimpleNamespace(run_share=0.7, chance_share=0.72)
    assert "says nothing" in views.verdict(even)


def test_a_long_prompt_keeps_its_seed_in_view(make):
    assert maps.label(make("a fox", seed=7)) == "a fox · seed 7"
    assert maps.label(make("a very long prompt about a fox", seed=7)) == "a very long promp… · seed 7"
    assert maps.label(make("", seed=7)) == "no prompt · seed 7"


# ---- beside the map


def test_the_pictures_of_every_run_follow_the_rail(make):
    shown, other = make(steps=12), make("a tree", steps=30)
    reel = views.reel(shown, [other])
    assert set(reel.frames) == {f"{kind}:{layer.id}" for kind in ("x", "x0") for layer in (shown, other)}
    assert {len(entries) for entries in [*reel.frames.values(), *reel.texts.values()]} == {13}
    assert reel.texts[f"at:{other.id}"][-1] == "Step 30 of 30"


def test_the_card_in_front_offers_to_branch_and_escapes(make):
    layers = Layers().add(one := make(EVIL)).toggle(one.id)
    layers = layers.add(two := make("a tree"))
    html = views.cards(layers, layers.find(two.id), [layers.find(one.id)], one.id)
    assert "<img src" not in html
    assert f'data-branch="{one.id}"' in html
    assert f'data-choose="{two.id}"' in html
    assert theme.RUNS[0] in html
    assert theme.RUNS[1] in html


def test_a_branch_is_the_same_request_with_new_noise_at_the_step():
    request = Request("a fox", seed=3, steps=20, guidance=2.5)
    branch = views.branched(request, 8)
    assert replace(branch, branches=()) == request
    assert [step for step, _ in branch.branches] == [8]
    again = views.branched(branch, 12)
    assert again.branches[0] == branch.branches[0]
    assert [step for step, _ in again.branches] == [8, 12]
    assert [step for step, _ in views.branched(again, 5).branches] == [5]
    assert [step for step, _ in views.branched(again, 8).branches] == [8]


def test_at_the_first_noise_a_branch_is_another_seed():
    request = Request("a fox", seed=10**6, branches=((3, 1),))
    branch = views.branched(request, 0)
    assert branch.seed != request.seed
    assert branch.branches == ()


def test_where_no_branch_is_possible_the_button_says_so():
    plain = Request(steps=20)
    assert [views.offer(plain, k)[:8] for k in (0, 6, 20)] == ["Start ag", "Continue", "Step bac"]
    with pytest.raises(RequestError, match="step"):
        views.branched(plain, 20)


@pytest.mark.parametrize("at", [-1, 13, 1.5, "3", None, [1], 10**30])
def test_a_position_from_the_browser_is_checked(make, at):
    layer = make(steps=12)
    assert views.step_at(layer, layer, 12) == 12
    with pytest.raises(RequestError, match="position"):
        views.step_at(layer, layer, at)


@pytest.mark.parametrize("index", [-1, 40, None, "0", 0.5])
def test_a_picture_of_the_gallery_is_shown_with_its_label(engine, index):
    engine.gallery.labels[2] = EVIL
    card = views.gallery_card(engine.gallery, 2)
    assert "&lt;img" in card
    assert card.count("<img") == 1
    with pytest.raises(RequestError, match="picture"):
        views.gallery_card(engine.gallery, index)


def test_runs_of_another_latent_space_are_left_out(make, service, engine):
    layers = Layers().add(one := make()).toggle(one.id).add(make("a tree"))
    shown, others = views.together(service, layers)
    assert others == [layers.find(one.id)]
    other = SimpleNamespace(gallery=SimpleNamespace(latents=engine.gallery.latents + 1))
    elsewhere = SimpleNamespace(engine=lambda model: engine if model == shown.model else other)
    moved = replace(layers.find(one.id), trace=replace(one.trace, model="other"))
    apart = replace(layers, entries=(moved, shown))
    assert views.together(elsewhere, apart) == (shown, [])
