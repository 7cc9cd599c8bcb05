"""Who runs and who waits, what they are told, and that it comes true."""

import threading
import time

import pytest

from core.types import Request
from dashboard import runqueue
from dashboard.layers import Layer
from dashboard.limits import Limits
from dashboard.runqueue import (
    LONG,
    REPLACED,
    STOPPED,
    Notice,
    RunQueue,
)

USUAL = Limits()
MAX_RUNNING, MAX_LONG = USUAL.running, USUAL.long_running
MAX_WAITING, MAX_LONG_WAITING = USUAL.waiting, USUAL.long_waiting
PAST_LONG = MAX_RUNNING - MAX_LONG  # places for short runs alone


class Many:
    """Places taken and given back by name, without threads."""

    def __init__(self, **limits):
        self.queue, self._open = RunQueue(Limits(**limits)), {}

    def enter(self, session, work=25):
        held = self.queue.place(session, work)
        self._open[session] = held, (place := held.__enter__())
        return place

    def leave(self, session):
        self._open.pop(session)[0].__exit__(None, None, None)

    def told(self, place):
        return next(self.queue.wait(place), None)


@pytest.fixture
def many():
    return Many()


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(runqueue, "LOOK_SECONDS", 0.01)


def running(places):
    return [place.began is not None for place in places]


def test_a_few_run_and_the_others_are_told_their_place(many):
    places = [many.enter(str(number)) for number in range(MAX_RUNNING + 3)]
    assert running(places) == [True] * MAX_RUNNING + [False] * 3
    assert [many.told(place) for place in places[:MAX_RUNNING]] == [None] * MAX_RUNNING
    assert [many.told(place).ahead for place in places[MAX_RUNNING:]] == [0, 1, 2]
    assert [many.told(place).text for place in places[MAX_RUNNING:]] == [
        "Waiting: yours is next", "Waiting: 1 run before yours", "Waiting: 2 runs before yours",
    ]  # fmt: skip
    many.leave("1")
    assert running(places[MAX_RUNNING:]) == [True, False, False]
    assert many.told(places[-1]).ahead == 1


def test_the_wait_that_is_told_follows_from_the_pace_of_those_that_run(many):
    places = [many.enter(str(number), 100) for number in range(MAX_RUNNING + 2)]
    assert many.told(places[-1]).seconds is None  # nothing is known yet
    now = time.monotonic()
    for done, place in zip((50, 20, 10, 10), places, strict=False):
        place.began, place.done = now - 1, done  # left: 1, 4, 9 and 9 s
    assert many.told(places[-2]).seconds == pytest.approx(1, abs=0.1)
    # that one takes its 100 steps at the mean pace of 4 s in 90 steps, so the second of those that run ends before it
    assert many.told(places[-1]).seconds == pytest.approx(4, abs=0.2)
    assert many.told(places[-1]).text == "Waiting: 1 run before yours, about 4 s"


def test_long_runs_leave_a_way_for_short_ones(many):
    longs = [many.enter(f"long {number}", LONG + 1) for number in range(MAX_LONG + 2)]
    assert running(longs) == [True] * MAX_LONG + [False] * 2
    shorts = [many.enter(f"short {number}", LONG) for number in range(PAST_LONG)]
    assert all(running(shorts))
    second = many.enter("second", LONG)
    assert many.told(second).ahead == 0  # the long ones that came before wait for a place of their own kind
    many.leave("short 0")
    assert second.began is not None
    many.leave("long 0")
    assert running(longs[MAX_LONG:]) == [True, False]


def test_only_so_many_wait_and_long_ones_cannot_take_every_place(many):
    for number in range(MAX_LONG + MAX_LONG_WAITING):
        many.enter(f"long {number}", LONG + 1)
    with pytest.raises(runqueue.BusyError, match=rf"^{MAX_LONG_WAITING} runs are waiting, .* A shorter run may still"):
        many.enter("one long more", LONG + 1)
    shorts = [many.enter(f"short {number}") for number in range(PAST_LONG + MAX_WAITING - MAX_LONG_WAITING)]
    assert running(shorts) == [True] * PAST_LONG + [False] * (len(shorts) - PAST_LONG)
    with pytest.raises(runqueue.BusyError, match=f"^{MAX_WAITING} runs are waiting"):
        many.enter("one more")
    many.leave("short 0")
    assert many.enter("one more").began is None


def test_a_visitor_has_one_place_and_keeps_it_with_another_wish(many):
    for number in range(MAX_RUNNING):
        many.enter(str(number))
    first, second = many.enter("me"), many.enter("you")
    again = many.enter("me")
    assert list(many.queue.wait(first)) == [REPLACED]
    assert [many.told(place).ahead for place in (again, second)] == [0, 1]
    many.leave("0")
    assert running([again, second]) == [True, False]


def test_stop_cancels_a_waiting_run_and_no_other(many):
    for number in range(MAX_RUNNING):
        many.enter(str(number))
    mine, other = many.enter("me"), many.enter("you")
    wait = many.queue.wait(mine)
    assert next(wait).ahead == 0
    many.queue.stop("me")
    assert list(wait) == [STOPPED]
    many.leave("me")
    assert many.told(other).ahead == 0
    assert not many.queue.busy("me")


def test_one_visitor_has_a_share_whatever_the_number_of_tabs():
    many = Many(visitor_runs=3)
    for tab in "abcd":
        many.queue.visitors.seen(tab, "8.8.8.8")
    many.queue.visitors.seen("x", "9.9.9.9")
    many.enter("a"), many.enter("b"), many.enter("b words")
    with pytest.raises(runqueue.BusyError, match=r"^3 of your runs are under way or wait, as many as one visitor may"):
        many.enter("c")
    many.enter("x")
    again = many.enter("b words")  # takes the place of its own earlier one
    assert running([again]) == [True]
    many.leave("a")
    many.enter("d")


def test_a_visitor_begins_only_so_many_runs_a_minute(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    many = Many(visitor_rate=2)
    for at in (100.0, 130.0):
        now[0] = at
        many.enter("a"), many.leave("a")
    now[0] = 150.0
    with pytest.raises(runqueue.BusyError, match=r"^You began 2 runs within a minute, .* Go on in about 10 s\.$"):
        many.enter("a")
    many.enter("b")
    now[0] = 160.0
    many.enter("a")
    with pytest.raises(runqueue.BusyError, match="about 30 s"):
        many.enter("a")
    assert many.queue.ends["refused"] == 2


def test_a_server_of_other_limits_runs_and_refuses_by_them():
    many = Many(running=2, waiting=1)
    places = [many.enter(str(number)) for number in range(3)]
    assert running(places) == [True, True, False]
    with pytest.raises(runqueue.BusyError, match=r"^1 run is waiting, as many"):
        many.enter("one too many")


@pytest.fixture
def crowd(service, engine):
    """Runs of other visitors that take every place and stand still until they are let go."""
    engine.delay = 0.001
    runs = [service.stream("fake", Request("a fox", steps=200), f"other {n}") for n in range(MAX_RUNNING)]
    for run in runs:
        next(run)
        next(run)
    yield runs
    for run in runs:
        run.close()


def test_a_stream_tells_its_place_and_runs_when_there_is_one(service, crowd):
    run = service.stream("fake", Request("a fox", steps=3), "me")
    assert next(run).text.startswith("Waiting: yours is next, ")
    crowd[2].close()
    *steps, layer = run
    assert [step.index for step in steps] == [0, 1, 2, 3]
    assert isinstance(layer, Layer)
    assert layer.trace.seconds < 5


def test_stopping_and_leaving_while_waiting_leave_nothing_behind(service, engine, crowd):
    for end in (lambda run: service.stop("me"), lambda run: run.close()):
        run = service.stream_many("fake", [Request("a fox", steps=3)] * 2, "me")
        assert next(run).ahead == 0
        end(run)
        assert list(run) in ([STOPPED], [])
        assert not service.busy("me")
    assert engine.running == MAX_RUNNING
    drawn = service.draw("fake", [Request("a fox", steps=3)], "me")
    next(drawn)
    service.stop("me")
    assert list(drawn) == [STOPPED]


def test_sixteen_visitors_at_once_all_get_their_own_picture(service, engine):
    engine.delay = 0.01
    seen, errors = {}, []

    def visit(number):
        try:
            for item in service.stream("fake", Request("a fox", steps=20, seed=number), str(number)):
                if isinstance(item, Layer):
                    seen[number] = item.trace.request.seed
                elif isinstance(item, Notice):
                    assert item.ahead < 12
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert seen == {number: number for number in range(16)}
    assert service.queue.empty


def test_one_stop_ends_all_that_a_browser_tab_asked_for(many):
    mine, other = many.enter("tab"), many.enter("another")
    crowd = [many.enter(f"crowd {number}") for number in range(MAX_RUNNING - 2)]
    waiting = many.enter("tab seeds")
    many.queue.stop_all("tab")
    assert mine.stopped
    assert many.told(waiting) == STOPPED
    assert not any(place.stopped for place in [other, *crowd])
