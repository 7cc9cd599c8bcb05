from core.types import MAX_SEED, Request
from dashboard import links, pictures
from dashboard.layers import Layers
from dashboard.tabs.generate import history, seeds


def test_the_seeds_that_follow_are_drawn_without_the_branches_of_the_run():
    asked = seeds.following(Request("a fox", seed=MAX_SEED - 1, branches=((2, 7),), guidance=2.0), 4)
    assert [one.seed for one in asked] == [MAX_SEED, 0, 1, 2]
    assert {(one.prompt, one.guidance, one.branches) for one in asked} == {("a fox", 2.0, ())}


def test_a_picture_can_be_chosen_once_it_is_done():
    asked = seeds.following(Request("<b>"), 4)
    early, done = seeds.tiles(asked, ["data:a", None, None, None]), seeds.tiles(asked, ["data:a"] * 4, done=True)
    assert early.count(" disabled") == 4
    assert early.count(pictures.BLANK) == 3
    assert " disabled" not in done
    assert "<b>" not in done
    assert "seed 4" in done


def test_the_settings_are_copied_whole(engine):
    text = links.as_text(engine.trace(Request("a fox", seed=3, steps=12)))
    for line in ("prompt: a fox", "seed: 3", "steps: 12", "guidance: 4", "sampler: ddim", "model: fake"):
        assert line in text.splitlines()
    assert "stopped" not in text


def test_the_run_in_view_is_compared_with_the_pinned_ones(service, engine):
    one, two = (service.layer(engine.trace(Request(prompt, steps=3)), prompt) for prompt in ("a fox", "a <tree>"))
    layers = Layers().add(one).add(two)
    assert history.compared(layers) == ""
    both = history.compared(layers.toggle("a fox"))
    assert both.count("a &lt;tree&gt; · seed 0") == 2, "in both menus"
    assert both.index("a &lt;tree&gt;") < both.index("a fox")
