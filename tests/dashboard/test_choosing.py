"""A model is chosen: what it is meant to be run with is set, and a visitor's own settings stay."""

from __future__ import annotations

import pytest

from core.before import About, sized
from core.types import ModelError, Request, RequestError
from dashboard import unusual, wording
from dashboard.choosing import followed, suited, told
from dashboard.service import Service
from tests.fake_engine import FakeEngine

PLAIN = Request()
SD = Request(steps=50, guidance=7.5, spacing="leading")
FILM = Request(shared_noise=0.5)
SHOWN = {name: getattr(PLAIN, name) for name in ("prompt", "steps", "guidance", "spacing", "sampler", "shared_noise")}


@pytest.mark.parametrize(
    ("settings", "old", "new", "changes"),
    [
        ({}, PLAIN, SD, {"steps": 50, "guidance": 7.5, "spacing": "leading"}),
        ({"steps": 10, "guidance": 9.0}, PLAIN, SD, {"steps": 50, "guidance": 7.5, "spacing": "leading"}),
        (
            {"steps": 50, "guidance": 7.5, "spacing": "leading"}, SD, PLAIN,
            {"steps": 25, "guidance": 4.0, "spacing": "trailing"},
        ),
        ({"steps": 10, "guidance": 7.5, "spacing": "leading"}, SD, PLAIN, {"guidance": 4.0, "spacing": "trailing"}),
        ({"steps": 10}, PLAIN, PLAIN, {}),
        ({}, PLAIN, FILM, {"shared_noise": 0.5}),
        ({"shared_noise": 0.2}, FILM, PLAIN, {"shared_noise": 0.0}),
    ],
)  # fmt: skip
def test_what_a_model_is_meant_for_is_set_and_what_a_visitor_set_stays(settings, old, new, changes):
    found = followed(SHOWN | {"prompt": "a fox"} | settings, old, new)
    assert {name: value for name, value in found.items() if value != (SHOWN | settings)[name]} == changes
    assert "prompt" not in found


@pytest.fixture
def service():
    engines = {"fake": FakeEngine("fake"), "film": FakeEngine.of_videos()}
    known = {
        "fake": About(PLAIN),
        "film": About(FILM, ("shared_noise",), 3 << 30, 5 << 30, "LICENSE"),
        "sd": About(SD, ("width", "height"), 1 << 20, 1 << 20),
    }
    return Service(engines.__getitem__, lambda: [*known], about=known.__getitem__, videos=lambda: ["film"])


def test_a_request_is_suited_to_the_model_that_draws_it(service):
    asked = Request("a fox", seed=7, steps=10, guidance=7.5, width=64, negative_prompt="x")
    film = suited(service, asked, "sd", "film")
    assert film == Request("a fox", seed=7, steps=10, guidance=4.0, shared_noise=0.5, negative_prompt="x")
    assert suited(service, Request(shared_noise=0.2), "film", "film").shared_noise == 0.2
    assert suited(service, film, "film", "fake").shared_noise == 0


def test_what_a_model_takes_is_told_until_it_is_loaded(service):
    said = told(service, "film")
    assert "3.0 GiB on disk, about 5.0 GiB of memory" in said
    assert "licence: LICENSE" in said
    assert told(service, "fake") == ""
    service.engine("film")
    assert told(service, "film") == ""
    assert (sized(1), sized(1 << 29), sized(3 << 29)) == ("1 MiB", "512 MiB", "1.5 GiB")


def test_what_is_unusual_is_so_for_its_model():
    usual = {"steps": 50, "guidance": 7.5, "spacing": "leading"}
    assert unusual.told(usual, SD) == ""
    said = unusual.told(usual | {"spacing": "trailing", "steps": 25}, SD)
    assert "25 steps" in said
    assert "trailing spacing" in said
    assert 'title="Set back to: leading"' in said
    assert "0% of the starting noise" in unusual.told({}, FILM)
    assert "24 pixels wide" in unusual.told({"width": 24})
    assert wording.settings("sd", SD) == "sd · DDIM · 50 steps · guidance 7.5 · leading spacing"


def test_a_page_asks_a_model_that_tells_nothing_beforehand_itself():
    service = Service(lambda name: FakeEngine(name), lambda: ["fake"])
    assert service.about("fake").open == ()
    with pytest.raises(RequestError):
        service.about("other")


def test_a_model_that_cannot_be_read_says_so(service):
    def broken(name):
        raise ModelError("It is broken.")

    service = Service(lambda name: FakeEngine(name), lambda: ["fake"], about=broken)
    with pytest.raises(ModelError):
        told(service, "fake")
