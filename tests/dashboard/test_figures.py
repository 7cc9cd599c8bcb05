import json

import numpy as np
import pytest

from dashboard import theme
from dashboard.figures.curves import Line, curves
from dashboard.tabs.generate import views

STEPS = np.arange(5)


def figure(lines):
    return curves(STEPS, lines, "generate")


def test_the_marker_is_moved_to_every_position():
    fig = figure([Line("one", np.arange(5.0), theme.QUANTITY["x0"]), Line("two", np.ones(5), theme.QUIET)])
    meta = fig.layout.meta
    assert meta["rail"] == "generate"
    assert [move["trace"] for move in meta["moves"]] == [2, 3, 4]
    assert list(meta["moves"][0]["y"]) == [0, 1, 2, 3, 4]
    assert all(len(move["x"]) == len(STEPS) for move in meta["moves"])
    assert [list(pair) for pair in meta["moves"][2]["x"]] == [[k, k] for k in range(5)]


def test_gaps_are_gaps_and_the_json_is_plain():
    values = np.array([np.nan, 1, 2, 3, 4.0])
    fig = figure([Line("one", values, theme.QUIET)])
    assert fig.layout.meta["moves"][0]["y"][0] is None
    json.loads(fig.to_json(), parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))


def test_a_visitors_text_in_the_legend_is_escaped():
    fig = figure([Line("<a href='https://example.org'>x</a>", np.ones(5), theme.QUIET)])
    assert "<a" not in fig.data[0].name


def test_the_curves_of_a_run(layer):
    drawn = views.curves(layer, "generate")
    assert set(drawn) == {"noise", "norm", "change"}
    sigma = drawn["noise"].data[1]
    assert (sigma.y[0], sigma.y[-1]) == pytest.approx((1, 0), abs=1e-6)
    assert sigma.line.color == theme.QUANTITY["eps"]
    norm = np.sqrt(np.mean(layer.trace.x[3] ** 2))
    np.testing.assert_allclose(drawn["norm"].data[0].y[3], norm, rtol=1e-6)
    assert np.isnan(drawn["change"].data[0].y[0])


def test_the_clip_curve_has_the_prompt_and_two_others(engine, layer):
    fig, told = views.clip_curve(engine, layer, [], "generate")
    assert "prompt" in told
    names = [trace.name for trace in fig.data if trace.mode == "lines"][:3]
    assert names[0] == "a fox"
    assert len(set(names)) == 3
    typed, _ = views.clip_curve(engine, layer, ["a tree"], "generate")
    assert [trace.name for trace in typed.data][:2] == ["a fox", "a tree"]


def test_colours_are_fixed_and_distinct():
    assert len(set(theme.QUANTITY.values())) == len(theme.QUANTITY) == 7
    assert len(set(theme.PROCESS.values())) == len(theme.PROCESS) == 4
    assert theme.process("ddpm-large") == theme.process("ddpm") == theme.PROCESS["ddpm"]
    assert theme.process("ddpm-noiseless") == theme.PROCESS["noiseless"]
    assert theme.process("heun") == theme.process("dpm++2m") == theme.PROCESS["faster"]


def test_quotes_and_ampersands_reach_plotly_as_it_reads_them():
    from dashboard import theme
    from dashboard.figures import matrix

    assert theme.words("\"a\" & 'b' <b>") == "\"a\" &amp; 'b' &lt;b&gt;"
    fig = matrix.draw(np.ones((1, 1)), ['say "hi" & go'], ["data:,"], shares=False, paired=np.ones((1, 1), bool))
    assert fig.layout.yaxis.ticktext[0] == fig.data[0].customdata[0][0] == 'say "hi" &amp; go'
