import re

import pytest

from core.types import Request
from dashboard.runqueue import STOPPED, Notice
from dashboard.service import Drawn, Progress
from dashboard.standing import counted, ended, standing
from dashboard.tabs.generate.seeds import following


def test_a_run_says_where_it_stands(service):
    kinds = []
    for item in service.stream("fake", Request("<b>", steps=3)):
        kinds.append(re.search(r"is-(\w+)", standing(item))[1])
    assert kinds == ["running"] * 4 + ["done"]
    assert "is-queued" in standing(Notice("Waiting", 0))
    assert "is-stopped" in standing(STOPPED)
    assert "--share: 50%" in standing(Progress(2, 4, 1.0, 0.5))


def test_runs_side_by_side_say_how_far_they_are_together(service):
    asked = [Request("a fox", steps=steps) for steps in (2, 6)]
    *under_way, traces = [item for item in service.stream_many("fake", asked) if not isinstance(item, Notice)]
    shares = [item.share for item in under_way]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert {item.runs for item in under_way} == {2}
    half = Progress(3, 6, 2.0, 0.25, runs=2)
    assert "25% done · 2.0 s, about 6 s left" in standing(half)
    assert "about 3.0 min left" in standing(Drawn(0.25, 60.0))
    assert re.search("is-done.*2 seeds in ", ended(traces, "seeds"))


def test_work_that_makes_many_things_says_how_many_it_made():
    assert "is-done" in counted(8, 8, "points measured")
    assert "is-stopped" in counted(3, 8, "points measured")


@pytest.mark.parametrize(("steps", "said"), [(12, "4 seeds in "), (3, "stopped after 12 of 48 steps")])
def test_it_is_told_how_they_ended(service, steps, said):
    run = service.stream_many("fake", following(Request("a fox", steps=12), 4), "me")
    for item in run:
        if isinstance(item, list):
            assert said in ended(item, "seeds")
        elif item.index == steps and steps < 12:
            service.stop("me")
