import threading
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest

from core.types import ModelError, Request, RequestError, Trace
from dashboard import links
from dashboard.layers import Layer
from dashboard.runqueue import REPLACED
from dashboard.service import MAX_TOGETHER, Progress, Service, Turns
from tests.fake_engine import FakeEngine


def test_a_run_streams_its_steps_and_ends_with_its_layer(service):
    *steps, layer = service.stream("fake", Request("a fox", steps=8, seed=5))
    assert [step.index for step in steps] == list(range(9))
    assert all(isinstance(step, Progress) for step in steps)
    assert steps[0].x.shape == (8, 8, 3)
    assert steps[0].x0 is None
    assert steps[-1].x0 is not None  # the last one is always drawn
    assert steps[0].share == 0
    assert steps[-1].share == 1
    assert isinstance(layer, Layer)
    assert layer.trace.finished
    assert layer.film.x.shape == (9, 8, 8, 3)
    assert layer.film.eps.shape == (8, 4, 4, 3)


def test_the_layer_is_what_the_engine_alone_would_make(service, engine):
    request = Request("a red apple", steps=6, seed=11)
    *_, layer = service.stream("fake", request)
    np.testing.assert_array_equal(layer.trace.x, engine.trace(request).x)


def test_two_runs_at_once_take_turns_and_do_not_mix(service, engine):
    requests = {seed: Request("a fox", steps=30, seed=seed) for seed in (1, 2)}
    order, layers = [], {}

    def visit(seed):
        for item in service.stream("fake", requests[seed], session=str(seed)):
            if isinstance(item, Layer):
                layers[seed] = item
            else:
                order.append(seed)

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    switches = sum(a != b for a, b in pairwise(order))
    assert switches >= 20, f"one run waited for the other: {order}"
    for seed, request in requests.items():
        np.testing.assert_array_equal(layers[seed].trace.x, engine.trace(request).x)


def test_a_newcomer_sees_its_first_guess_within_three_steps_of_those_that_run(service, engine, monkeypatch):
    sizes, predict = [], engine._batches._predict
    monkeypatch.setattr(engine._batches, "_predict", lambda *asked: (sizes.append(len(asked[0])), predict(*asked))[1])
    engine.delay = 0.01

    def long(seed):
        for _ in service.stream("fake", Request("a fox", steps=200, seed=seed), session=str(seed)):
            pass

    threads = [threading.Thread(target=long, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    while len(sizes) < 5:
        pass
    before = len(sizes)
    with closing(service.stream("fake", Request("a tree", steps=50), session="me")) as run:
        first = next(item for item in run if isinstance(item, Progress) and item.x0 is not None)
    assert first.index == 1
    assert len(sizes) - before <= 3
    for seed in range(3):
        service.stop(str(seed))
    for thread in threads:
        thread.join(20)
    assert max(sizes) > 2, "no two runs shared a batch"
    assert service.queue.empty


def test_runs_begin_on_the_faster_backend_once_it_is_there():
    slow, quick = FakeEngine(), FakeEngine()
    asked = []
    slow.hastened = lambda: quick
    service = Service(lambda name: slow, lambda: ["fake"], prepare=asked.append)
    *_, early = service.stream("fake", Request("a fox", steps=5))
    while service.engine("fake") is not quick:
        pass
    *_, late = service.stream("fake", Request("a fox", steps=5))
    assert asked == ["fake"]
    np.testing.assert_array_equal(early.trace.x, late.trace.x)


def test_turns_are_served_in_the_order_of_asking():
    turns, served = Turns(), []
    first = turns.turn()
    first.__enter__()
    threads = []
    for name in "abc":
        started = threading.Event()

        def ask(name=name, started=started):
            started.set()
            with turns.turn():
                served.append(name)

        threads.append(threading.Thread(target=ask))
        threads[-1].start()
        started.wait(5)
        while len(turns._waiting) < len(threads) + 1:
            pass
    first.__exit__(None, None, None)
    for thread in threads:
        thread.join(5)
    assert served == ["a", "b", "c"]


def test_stop_keeps_what_there_is(service):
    run = service.stream("fake", Request("a fox", steps=50), session="me")
    items = []
    for item in run:
        items.append(item)
        if isinstance(item, Progress) and item.index == 7:
            service.stop("me")
    layer = items[-1]
    assert len(layer.trace.x0) == 7
    assert not layer.trace.finished
    assert len(layer.film.positions) == 8


def test_stop_is_for_one_session_and_harmless_without_a_run(service):
    service.stop("nobody")
    run = service.stream("fake", Request("a fox", steps=5), session="me")
    next(run)
    service.stop("somebody else")
    *_, layer = run
    assert layer.trace.finished


def test_a_new_run_ends_the_earlier_one_of_its_session_without_a_layer(service, engine):
    earlier = service.stream("fake", Request("a fox", steps=50, seed=1), session="me")
    next(earlier)
    *_, layer = service.stream("fake", Request("a fox", steps=5, seed=2), session="me")
    assert layer.trace.request.seed == 2
    assert list(earlier) == [REPLACED]
    assert engine.running == 0


def test_a_closed_run_leaves_nothing_behind(service, engine):
    run = service.stream("fake", Request("a fox", steps=50), session="me")
    next(run)
    assert engine.running == 1
    run.close()
    assert engine.running == 0
    assert service.queue.empty
    with service.turn("fake"):
        pass


def test_an_error_in_the_middle_leaves_the_next_run_alone(service, engine):
    with pytest.raises(RequestError, match="prompt"):
        list(service.stream("fake", Request("forbidden"), session="me"))
    assert service.queue.empty
    *_, layer = service.stream("fake", Request("a fox", steps=3), session="me")
    assert layer.trace.finished


def test_an_unknown_model_is_named():
    service = Service(FakeEngine, lambda: ["fake"])
    for rubbish in ("nope", None, 7, ["fake"], {}):
        with pytest.raises(RequestError, match="model is"):
            service.check(rubbish)


def test_no_model_at_all_is_a_model_error():
    with pytest.raises(ModelError, match="no model"):
        _ = Service(FakeEngine, list).default


def test_a_model_is_loaded_once_by_many_at_the_same_time():
    loads = []

    def load(name):
        loads.append(name)
        return FakeEngine(name)

    service = Service(load, lambda: ["fake"])
    threads = [threading.Thread(target=service.engine, args=("fake",)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert loads == ["fake"]


def test_long_runs_show_an_even_choice_of_steps(service, engine):
    layer = service.layer(engine.trace(Request("a fox", steps=200)))
    at = layer.film.positions
    assert len(at) == 61
    assert (at[0], at[-1]) == (0, 200)
    assert set(np.diff(at)) <= {3, 4}


def test_a_model_that_fails_to_load_fails_each_time_with_its_own_words():
    def load(name):
        raise ModelError("dit.safetensors is truncated")

    service = Service(load, lambda: ["fake"])
    for _ in range(2):
        with pytest.raises(ModelError, match="truncated"):
            list(service.stream("fake", Request()))


def test_the_trace_survives_its_file(layer, tmp_path):
    layer.trace.save(tmp_path / "run.npz")
    again = Trace.load(tmp_path / "run.npz")
    np.testing.assert_array_equal(again.x, layer.trace.x)
    assert again.request == layer.trace.request


def test_many_requests_stream_side_by_side_and_end_with_their_traces(service, engine):
    requests = [Request("a fox", steps=4, seed=1), Request("a tree", steps=40), Request("a rocket", steps=4, seed=3)]
    *steps, traces = service.stream_many("fake", requests, "me")
    assert [trace.request for trace in traces] == requests
    for number, trace in enumerate(traces):
        mine = [step for step in steps if step.number == number]
        assert [step.index for step in mine] == list(range(requests[number].steps + 1))
        assert mine[-1].x0 is not None
        np.testing.assert_allclose(trace.x, engine.trace(requests[number]).x, atol=1e-6)
    assert 0 < traces[0].seconds < traces[1].seconds
    assert engine.running == 0


def test_stop_keeps_a_little_of_every_request(service, engine):
    requests = [Request("a fox", steps=steps) for steps in (20, 30, 200)]
    items = []
    for item in service.stream_many("fake", requests, "me"):
        items.append(item)
        service.stop("me")  # before anything but the first noise is there
    traces = items[-1]
    assert [len(trace.x0) for trace in traces] == [1, 1, 1]
    assert engine.running == 0
    assert service.queue.empty


def test_many_that_were_stopped_end_again_where_they_did(service, engine):
    requests = [Request("a fox", steps=steps, seed=steps) for steps in (8, 30, 200)]
    items = []
    for item in service.stream_many("fake", requests, "me"):
        items.append(item)
        if len(items) == 90:
            service.stop("me")
    stopped = items[-1]
    taken = links.stopped_at(*stopped)
    assert taken == sum(len(trace.x0) for trace in stopped)
    *_, again = service.stream_many("fake", requests, "another", taken)
    for one, other in zip(stopped, again, strict=True):
        np.testing.assert_array_equal(one.x, other.x)
    *_, whole = service.stream_many("fake", requests, "another", sum(request.steps for request in requests))
    assert links.stopped_at(*whole) is None


def test_a_closed_tab_or_a_new_run_ends_them_all(service, engine):
    requests = [Request("a fox", steps=50), Request("a fox", steps=60)]
    run = service.stream_many("fake", requests, "me")
    for _ in range(4):
        next(run)
    assert engine.running == 2
    run.close()
    assert engine.running == 0
    earlier = service.stream_many("fake", requests, "me")
    next(earlier)
    *_, layer = service.stream("fake", Request("a fox", steps=3), "me")
    assert layer.trace.finished
    assert list(earlier) == [REPLACED]


def test_the_number_of_requests_is_bounded(service):
    for count in (0, MAX_TOGETHER + 1):
        with pytest.raises(RequestError, match="requests is"):
            list(service.stream_many("fake", [Request(steps=1)] * count))
