"""The tour: every stop has its words, its question and a real measurement; the browser is not believed."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

import core
from core.paths import ASSETS
from core.types import RequestError
from dashboard import glossary, titles
from dashboard.app import TABS, slug
from dashboard.figures.clouds import cloud
from dashboard.latest import Latest
from dashboard.service import Service
from dashboard.tabs.tour import measures, route, views
from dashboard.tabs.tour.bench import Bench, Ended
from dashboard.tabs.tour.german import GERMAN
from dashboard.tabs.tour.language import LANGUAGES, Language, language_of
from dashboard.tabs.tour.measures import plane
from dashboard.tabs.tour.stop import Choices, Found, Scale
from dashboard.tabs.tour.tab import measured
from dashboard.welcome import Welcome

IDS = [stop.id for stop in route.STOPS]
ENGLISH = LANGUAGES[0]


@pytest.fixture
def bench(service, tmp_path):
    return Bench(service, Welcome(service, tmp_path), "a fox", 3, "visitor")


def result(stop, bench) -> Found:
    *progress, found = measured(stop, bench, Latest(9))
    assert progress, "whoever waits is told for what"
    assert all(isinstance(text, str) or 0 <= text <= 1 for text in progress)
    return found


@pytest.mark.parametrize("stop", route.STOPS, ids=IDS)
def test_every_stop_measures_and_tells_it(stop, bench):
    found = result(stop, bench)
    assert stop.answers.said(found.answer)
    shown = views.answered(stop, 0, found, "here", ENGLISH)
    assert "{" not in str(shown).replace("--columns: {", "")
    assert found.shots or found.grid, "there is something to see"
    kept = views.kept(stop, 0, found, ENGLISH)
    assert kept["take"] in str(shown.unescape())
    assert all(np.isfinite(number) for number in found.numbers.values() if isinstance(number, (int, float)))


@pytest.mark.parametrize("stop", route.STOPS, ids=IDS)
def test_every_stop_points_to_real_code_a_real_tab_and_its_own_words(stop):
    lines = (views.ROOT / stop.source.file).read_text("utf-8").splitlines()
    assert sum(stop.source.line in line for line in lines) == 1
    assert stop.attempt.address["tab"] in map(slug, TABS)
    assert len(stop.text) in (1, 2, 3)
    assert stop.question.endswith("?") or "?" in stop.question
    assert stop.fault or stop in route.FILM


def test_the_tour_has_twelve_stops_four_faults_and_three_reviews_of_them():
    assert [len(pages) for _, pages in route.CHAPTERS] == [12, 4, 3]
    assert len({page.id for page in route.PAGES}) == len(route.PAGES)
    for review in route.REVIEW:
        assert {True, False} == {statement.true for statement in review.statements}
        assert all(id in IDS for id in review.stops)


def test_the_page_holds_every_stop_and_nothing_that_a_template_would_fill():
    page = str(views.page(ENGLISH))
    for one in route.PAGES:
        assert f'data-page="{one.id}"' in page
    assert "${" not in page
    assert "{{" not in page


@pytest.mark.parametrize("guess", [-1, 3, 1.0, True, "1", None, [0]])
def test_a_choice_that_there_is_not_is_refused(guess):
    with pytest.raises(RequestError, match="guess"):
        Choices(("a", "b", "c")).checked(guess)


@pytest.mark.parametrize("guess", [-1, 26, 2.5, True, float("nan"), "3"])
def test_a_guess_off_the_scale_is_refused(guess):
    with pytest.raises(RequestError, match="from 0 to 25"):
        Scale(25, near=3).checked(guess)


@pytest.mark.parametrize("id", ["nowhere", None, 3, ["noise"], {"noise": 1}])
def test_a_stop_that_there_is_not_is_refused(id):
    with pytest.raises(RequestError, match="stop"):
        route.stop_named(id)


def test_a_guess_near_the_measurement_is_right():
    scale = Scale(100, near=10, unit=" %")
    assert scale.right(12, 2.4)
    assert not scale.right(13, 2.4)
    assert scale.said(2.4) == "2 %"
    assert Choices(("a", "b")).right(1, 1)
    assert not Choices(("a", "b")).right(0, 1)


def test_what_a_visitor_wrote_is_escaped(service, tmp_path):
    bench = Bench(service, Welcome(service, tmp_path), "<b>{fox}</b>", 3, "visitor")
    stop = route.stop_named("noise")
    made = ENGLISH.fill(stop.made, model="m", prompt=bench.prompt, seed=3)
    shown = str(views.answered(stop, 1, result(stop, bench), made, ENGLISH))
    assert "<b>{fox}</b>" not in shown
    assert "&lt;b&gt;{fox}&lt;/b&gt;" in shown


def test_what_was_measured_is_remembered_and_the_oldest_goes(bench):
    memory, stop = Latest(3), route.stop_named("fresh")
    first = list(measured(stop, bench, memory))
    assert list(measured(stop, bench, memory)) == first[-1:], "nothing is computed twice"
    for k in range(3):
        memory.put(("other", k), first[-1])
    assert len(list(measured(stop, bench, memory))) > 1


def test_what_does_not_depend_on_the_visitors_run_is_measured_once_for_all(bench):
    from dataclasses import replace

    memory = Latest(9)
    for id, again in (("fresh", False), ("clip", True)):
        stop = route.stop_named(id)
        list(measured(stop, bench, memory))
        other = list(measured(stop, replace(bench, prompt="a tree", seed=8), memory))
        assert (len(other) > 1) == again


def test_another_run_of_the_visitor_ends_a_measurement_without_a_result(bench, monkeypatch):
    from dashboard.runqueue import REPLACED

    monkeypatch.setattr(bench.service, "stream_many", lambda *asked: iter([REPLACED]))
    with pytest.raises(Ended):
        list(bench.runs([bench.request]))
    assert [item for item in measured(route.stop_named("predict"), bench, Latest(9)) if isinstance(item, Found)] == []


def test_the_run_that_greets_is_not_run_again(service, tmp_path):
    welcome = Welcome(service, tmp_path)
    greeting = welcome.trace()
    bench = Bench(service, welcome, greeting.request.prompt, greeting.request.seed, "visitor")
    with pytest.raises(StopIteration) as done:
        next(bench.usual())
    assert done.value.value is greeting


def test_a_model_without_clip_says_what_is_missing(tmp_path):
    from tests.fake_engine import FakeEngine

    engine = FakeEngine("fake", delay=0, clip=None, gallery=None, vocabulary=None, prior=None, space=None)
    service = Service(lambda name: engine, lambda: ["fake"])
    bench = Bench(service, Welcome(service, tmp_path), "a fox", 3, "visitor")
    for id in ("noise", "clip", "unclip", "negative", "last", "high"):
        with pytest.raises(RequestError, match="brings no"):
            list(measured(route.stop_named(id), bench, Latest(9)))


def test_in_the_plane_the_numbers_are_the_theory():
    bench = SimpleNamespace()
    found = finished(plane.fresh(bench)).numbers
    assert found["kept"] == pytest.approx(1, abs=0.15), "DDPM keeps the data's variance, which is 1"
    assert found["without"] < 0.02
    found = finished(plane.walk(bench)).numbers
    end = float(plane.spiral().schedule.alpha[-1]) ** 2
    assert found["explained"] == pytest.approx(end, abs=0.003), "the share that is left is alpha squared"
    assert found["arrived"] > 0.97
    found = finished(plane.time(bench)).numbers
    assert found["informed"] > 0.97
    assert found["blind"] < 0.5
    found = finished(plane.ddim(bench))
    assert found.answer == 1
    assert found.numbers["collapsed"] < 0.01 < found.numbers["same"]
    found = finished(plane.leak(bench)).numbers
    assert found["leaking"] < 2.6 < 2.8 < found["good"] < 3.1


def finished(measuring) -> Found:
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The model that the tour is written for, and the run that greets its visitors."""
    service = Service(core.load, core.models)
    return Bench(service, Welcome(service, ASSETS / "models"), "a red apple", 1, "visitor")


@pytest.mark.parametrize(
    ("id", "answer"),
    [("predict", 1), ("blur", 2), ("unclip", 1), ("negative", 2), ("video", 2), ("kind", 1), ("high", 2), ("last", 1)],
)
def test_the_shipped_model_shows_what_the_words_say(embedded, id, answer):
    assert result(route.stop_named(id), embedded).answer == answer


def test_the_shipped_run_answers_about_the_prompt_and_guidance(embedded):
    found = result(route.stop_named("noise"), embedded)
    assert 0 < found.answer < 15
    found = result(route.stop_named("guidance"), embedded)
    assert 2 < found.answer < 20
    assert (found.numbers["guided"], found.numbers["plain"]) == (50, 25)
    assert result(route.stop_named("clip"), embedded).answer >= 6


def test_a_measurement_is_looked_up_by_its_name():
    assert measures.named("plane.walk") is plane.walk


def test_a_cloud_is_one_dot_a_point_inside_its_picture():
    drawn = str(cloud(np.array([[0.0, 0.0], [100.0, -100.0]]), "q-x_t", np.zeros((3, 2))))
    assert drawn.count("h0") == 5
    assert "M100 100h0" in drawn
    assert "var(--ds-q-x_t)" in drawn


class Listened(dict):
    """A table of words that remembers what it was asked for."""

    def __init__(self, words: dict):
        super().__init__(words)
        self.asked = set()

    def get(self, text, otherwise=None):
        self.asked.add(text)
        return super().get(text, otherwise)


def test_german_lacks_no_sentence_and_has_none_that_nobody_says(bench, embedded):
    words = Listened(GERMAN)
    german = Language("de", words, glossary.GERMAN, comma=True)
    views.page(german)
    views.waiting(0.5, german)
    for stop in route.STOPS:
        row = german.translated(stop)
        for where in (bench, embedded):  # the one model's pictures are all that the other's are not
            found = result(stop, where)
            for guess in (0, found.answer):
                views.answered(row, guess, found, "", german)
    assert words.asked - GERMAN.keys() == set()
    assert GERMAN.keys() - words.asked == set()


def test_german_fills_the_same_numbers_and_writes_them_with_a_comma():
    fields = re.compile(r"{[^}]*}")
    for english, german in GERMAN.items():
        assert sorted(fields.findall(english)) == sorted(fields.findall(german)), english
    assert language_of("de").fill("{a:.2f} von {b}", a=0.5, b="x.y") == "0,50 von x.y"
    assert language_of("en").fill("{a:.2f} of {b}", a=0.5, b="x.y") == "0.50 of x.y"


@pytest.mark.parametrize("tag", ["xx", None, 1, ["de"]])
def test_a_language_that_there_is_not_is_refused(tag):
    with pytest.raises(RequestError, match="language"):
        language_of(tag)


def test_every_tab_has_its_name_in_german():
    assert list(titles.GERMAN) == [tab.TITLE for tab in TABS]
    assert titles.TITLES.translations["en"].keys() == titles.TITLES.translations["de"].keys()
