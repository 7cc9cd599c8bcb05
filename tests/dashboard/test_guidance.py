import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.arrows import arrows
from core.types import Request, RequestError
from dashboard import theme
from dashboard.figures.arrows import Arrow, plane, same_scale, tradeoff
from dashboard.tabs.guidance import views


def off(layer, steps):
    """The layer, with the network asked once at these steps."""
    without = layer.trace.eps_uncond.copy()
    without[steps] = np.nan
    low, high = sorted(layer.trace.sigma[~np.isin(np.arange(len(without)), steps)][[0, -1]])
    request = replace(layer.trace.request, guidance_low=float(low), guidance_high=float(high))
    return replace(layer, trace=replace(layer.trace, eps_uncond=without, request=request))


def test_the_reel_shows_every_position(layer):
    reel = views.reel(layer, arrows(layer.trace))
    assert reel.positions == layer.film.positions.tolist()
    assert all(uri.startswith("data:image/png") for uri in reel.frames["push"])
    assert reel.frames["push"][-1] == reel.frames["push"][-2]  # the result shows the last prediction's again
    assert "% of its length" in reel.texts["told"][5]
    assert "guidance 4 makes that" in reel.texts["told"][5]


def test_where_guidance_rests_nothing_is_shaded(layer):
    part = off(layer, [0, 1, 2])
    reel = views.reel(part, arrows(part.trace))
    assert reel.frames["push"][:3] == [None] * 3
    assert None not in reel.frames["push"][3:]
    assert "g is 1: one prediction" in reel.texts["told"][1]
    plot = views.arrow_plot(part, arrows(part.trace), "guidance")
    assert plot.layout.meta["moves"][-1]["x"][1][0] is None  # no label either


@pytest.mark.parametrize(
    ("guidance", "told"), [(1.0, "Guidance 1 is conditional only"), (0.0, "Guidance 0 ignores the prompt")]
)
def test_with_one_prediction_there_are_no_arrows_and_it_says_why(layer, guidance, told):
    blank = np.full_like(layer.trace.eps_cond, np.nan)
    name = "eps_uncond" if guidance else "eps_cond"
    request = replace(layer.trace.request, guidance=guidance)
    one = replace(layer, trace=replace(layer.trace, request=request, **{name: blank}))
    assert views.arrow_plot(one, arrows(one.trace), "guidance") is None
    reel = views.reel(one, arrows(one.trace))
    assert set(reel.frames["push"]) == {None}
    assert told in reel.texts["told"][3]
    assert len(views.plots(one, arrows(one.trace), "guidance")) == 2


def test_the_drawn_arrows_are_the_computed_ones_and_move_with_the_rail(layer):
    found = arrows(layer.trace)
    plot = views.arrow_plot(layer, found, "guidance")
    uncond, cond, push, guided, _ = plot.layout.meta["moves"]
    assert len(guided["x"]) == len(layer.film.positions)
    for move, name in ((uncond, "uncond"), (cond, "cond"), (guided, "guided")):
        assert move["x"][7][1] == pytest.approx(found.flat()[name][7, 0], abs=1e-5)
        assert move["y"][7][1] == pytest.approx(found.flat()[name][7, 1], abs=1e-5)
    assert push["x"][7] == [uncond["x"][7][1], guided["x"][7][1]]
    assert plot.layout.yaxis.scaleanchor == "x"  # one scale, so that angles are true


def test_labels_of_arrows_stand_apart_wherever_the_tips_are():
    turn, long = np.radians(np.arange(20, 170, 15)), 0.25
    for g in (0.5, 2.0, 4.0, 12.0):
        uncond = np.stack([np.ones(11), np.zeros(11)], 1)
        push = np.concatenate([np.zeros((1, 2)), long * np.stack([np.cos(turn), np.sin(turn)], 1)])
        ends = [uncond, uncond + push, uncond + g * push]  # at the first position, all at one place
        places = ("bottom left", "middle right", "top center")
        named = zip(("without the prompt", "with the prompt", "guided, g = 4"), ends, places, strict=True)
        figure = plane([Arrow(name, "#000000", end, place=place) for name, end, place in named], "rail")
        x, y = (axis.range for axis in (figure.layout.xaxis, figure.layout.yaxis))
        for width in (330, 460, 630):  # of the plot, its margins among it
            pixel = max((x[1] - x[0]) / (width - 124), (y[1] - y[0]) / 190)
            for k, sides in enumerate(figure.layout.meta["moves"][-1]["textposition"]):
                boxes = [box(end[k] / pixel, side, 6.3 * 18) for end, side in zip(ends, sides, strict=True)]
                for a, b in itertools.combinations(boxes, 2):
                    assert (a[0] >= b[1]).any() or (b[0] >= a[1]).any(), (g, width, k, sides)


def box(tip: np.ndarray, side: str, width: float) -> np.ndarray:
    """The lower and the upper corner of a text of 13 pixels, 6 from its tip at the left or right, as Plotly sets it."""
    up, across = side.split()
    left = {"left": -6 - width, "center": -width / 2, "right": 6}[across]
    foot = {"top": 6, "middle": -6, "bottom": -18}[up]
    return tip + np.array([[left, foot], [left + width, foot + 12]])


def test_a_negative_prompt_has_its_own_colour(layer):
    away = replace(layer, trace=replace(layer.trace, request=replace(layer.trace.request, negative_prompt="a tree")))
    for one, colour in ((layer, "uncond"), (away, "negative")):
        plot = views.arrow_plot(one, arrows(one.trace), "guidance")
        assert plot.data[0].line.color == theme.QUANTITY[colour]


def test_a_pair_fits_a_rail_of_another_length(layer, service, engine):
    short = service.layer(engine.trace(Request("a fox", steps=5)))
    reel = views.reel(layer, arrows(layer.trace), (short, layer))
    assert len(reel.frames["pair0"]) == len(layer.film.positions)
    plot = views.arrow_plot(short, arrows(short.trace), "guidance", len(layer.film.positions))
    assert len(plot.layout.meta["moves"][0]["x"]) == len(layer.film.positions)


def test_the_handles_give_the_interval_between_them(layer):
    trace, at = layer.trace, layer.film.positions  # 12 steps, sigma falling from 1 in twelfths
    assert views.interval(trace, at, [0, 12]) == (0.0, 1.0)
    assert views.interval(trace, at, [5, 5]) == (0.0, 0.0)
    low, high = views.interval(trace, at, [3, 8])
    inside = (low <= trace.sigma) & (trace.sigma <= high)
    assert np.flatnonzero(inside).tolist() == [3, 4, 5, 6, 7]
    request = replace(trace.request, guidance_low=low, guidance_high=high)
    assert views.handles(replace(layer, trace=replace(trace, request=request)))["ends"] == [3, 8]
    assert views.handles(layer)["ends"] == [0, 12]


@pytest.mark.parametrize("ends", [None, [1], [1, 2, 3], [3, 2], [-1, 2], [0, 13], [0.0, 2], [True, 2], "01"])
def test_handles_that_cannot_be_are_refused(layer, ends):
    with pytest.raises(RequestError, match="interval is"):
        views.interval(layer.trace, layer.film.positions, ends)


def test_the_table_of_the_curves_adds_up(layer):
    rows = views.rows(layer, arrows(layer.trace))
    assert [row["step"] for row in rows] == list(range(12))
    for row in rows:
        u, c, difference = (row[f"norm of {name}"] for name in ("uncond", "cond", "difference"))
        assert difference**2 == pytest.approx(u**2 + c**2 - 2 * u * c * row["cosine of cond, uncond"])


def test_the_trade_off_draws_a_band_only_where_there_is_one():
    nothing = np.full(3, np.nan)
    fit = ("fit", np.array([0.1, 0.2, 0.3]), np.full(3, 0.01), theme.QUANTITY["cond"])
    varied = ("diversity", np.array([0.3, 0.2, 0.1]), nothing, theme.QUANTITY["x_t"])
    figure = tradeoff((0, 1, 4), [fit, varied])
    assert len(figure.data[0].x) == 6
    assert len(figure.data[2].x) == 0
    assert list(figure.data[3].y) == [0.3, 0.2, 0.1]


def test_a_pair_is_drawn_at_one_scale(layer):
    plots = [views.arrow_plot(layer, arrows(layer.trace), "guidance") for _ in range(2)]
    plots[0].layout.xaxis.range, plots[0].layout.yaxis.range = [0, 9], [-1, 0.1]
    reach = plots[1].layout.yaxis.range[1]
    same_scale(plots)
    assert plots[0].layout.xaxis.range == plots[1].layout.xaxis.range
    assert plots[1].layout.xaxis.range[1] == 9
    assert plots[0].layout.yaxis.range == (-1, reach)


def test_the_same_prompt_twice_pushes_nowhere_and_says_so(layer):
    """Both predictions are made in one batch, and differ by their rounding."""
    trace = layer.trace
    close = trace.eps_uncond + np.float32(1e-6) * np.sign(trace.x0)
    request = replace(trace.request, negative_prompt=trace.request.prompt)
    same = replace(layer, trace=replace(trace, eps_cond=close, request=request))
    found = arrows(same.trace)
    assert (found.vectors["difference"] == 0).all()
    reel = views.reel(same, found)
    assert set(reel.frames["push"]) == {None}
    assert set(reel.texts["told"]) == {
        "The prompt and the negative prompt are the same, so both predictions are the same: guidance changes nothing."
    }
    without = replace(same, trace=replace(same.trace, request=replace(request, prompt="", negative_prompt="")))
    assert views.reel(without, found).texts["told"][3].startswith("There is no prompt, so")


def test_a_small_difference_near_the_end_is_not_called_noise(layer):
    trace = layer.trace
    near = trace.eps_uncond + np.float32(5e-4) * np.sign(trace.x0)
    told = views.reel(one := replace(layer, trace=replace(trace, eps_cond=near)), arrows(one.trace)).texts["told"]
    assert "all but pure noise" in told[0]
    assert "all but pure noise" not in told[-1]


@pytest.mark.parametrize(("guidance", "way"), [(0.5, "towards"), (4.0, "away from")])
def test_below_one_the_negative_prompt_is_led_towards(layer, engine, guidance, way):
    request = replace(layer.trace.request, negative_prompt="a penguin", guidance=guidance)
    one = replace(layer, trace=replace(layer.trace, request=request))
    assert f"{way} “a penguin”" in views.pair_figure(1, "a penguin", guidance)
    assert f"{way} this" in views.arrow_plot(one, arrows(one.trace), "guidance").to_json()
    assert ("leads towards" in views.pair_told((layer, one), engine)) == (guidance < 1)
    assert ("leads towards both" in views.reel(one, arrows(one.trace)).texts["told"][5]) == (guidance < 1)


def test_at_guidance_0_the_negative_prompt_is_drawn(layer):
    blank = np.full_like(layer.trace.eps_cond, np.nan)
    request = replace(layer.trace.request, guidance=0, negative_prompt="a penguin")
    one = replace(layer, trace=replace(layer.trace, request=request, eps_cond=blank))
    assert "with the negative prompt, and draws that" in views.reel(one, arrows(one.trace)).texts["told"][3]
