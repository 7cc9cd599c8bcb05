"""Many visitors at once, and a server that is started anew under an open page."""

import time

import pytest

from core.types import Request
from dashboard.app import build
from dashboard.limits import Limits
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.welcome import Welcome
from tests.browser.conftest import ORDINARY, asks, listen, until
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.browser


def status(page) -> str:
    return page.inner_text("#status")


@pytest.fixture
def crowd(site):
    """Runs of others that take every place and stand still."""
    runs = [site.service.stream("fake", Request("a fox", steps=200), f"other {n}") for n in range(Limits.running)]
    for run in runs:
        next(run)
    yield runs
    for run in runs:
        run.close()


def test_a_page_opens_beside_a_crowd_and_tells_its_place(visit, crowd, wait):
    first, second = visit(), visit()  # each is whole: the run that greets, its curves and its nearest pictures
    for page in (first, second):
        page.bring_to_front()
        page.click("#generate")
        wait(lambda page=page: status(page).startswith("Waiting"))
    assert status(first).startswith("Waiting: yours is next")
    assert status(second).startswith("Waiting: 1 run before yours")
    first.bring_to_front()
    first.click("#stop")
    wait(lambda: status(first) == "Stopped before it began.")
    wait(lambda: status(second).startswith("Waiting: yours is next"))
    crowd[0].close()
    wait(lambda: "25 steps in" in status(second), 30)


def test_six_visitors_at_once_each_get_their_own(visit, wait):
    # a browser each: one browser opens six connections to a server, and every page keeps one of them
    pages = [visit(viewport=ORDINARY["viewport"]) for _ in range(6)]
    for number, page in enumerate(pages):
        page.bring_to_front()
        page.fill("#seed input", str(1000 + number))
        page.locator("#lock input").check()
        page.click("#generate")
    for number, page in enumerate(pages):
        page.bring_to_front()
        wait(lambda page=page: "25 steps in" in status(page), 60)
        wait(lambda page=page, number=number: f"seed={1000 + number}" in page.url)


def test_a_page_that_stays_open_over_a_restart_goes_on_and_says_so(browser, problems, tmp_path):
    engine = FakeEngine("fake", delay=0.002)

    def start(port=None):
        service = Service(lambda name: engine, lambda: ["fake", "other"])
        demo = build(service, Welcome(service, tmp_path))
        return demo, serve(demo, "127.0.0.1", port)

    demo, url = start()
    page = browser.new_context().new_page()
    try:
        page.goto(url)
        page.wait_for_selector("#nearest img", timeout=120_000)
        chosen = {name: page.input_value(f"#{name} input") for name in ("steps", "sampler", "model", "guidance")}
        page.fill("#prompt textarea", "a rocket")
        asks(page)  # it rests: what it had asked for just then would be lost with the server
        demo.close(verbose=False)
        time.sleep(0.5)
        demo, again = start(int(url.rstrip("/").rpartition(":")[2]))
        assert again == url
        listen(type("Site", (), {"url": url}), page, problems)
        page.click("#generate")
        until(lambda: "25 steps in" in status(page), 30)
        assert {name: page.input_value(f"#{name} input") for name in chosen} == chosen
        assert page.input_value("#prompt textarea") == "a rocket"
        assert "started anew" in page.inner_text(".ds-restarted")
        page.click(".ds-restarted button")
        page.wait_for_selector("#nearest img", timeout=120_000)
        assert page.locator(".ds-restarted").count() == 0
        until(lambda: "a+rocket" in page.url)
    finally:
        page.context.close()
        demo.close(verbose=False)
