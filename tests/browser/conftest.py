"""A running page and a Chromium to look at it. The server starts once, in this process, over a fake engine."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.fake_engine import FakeEngine

SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LEFT = ("AbortError: signal is aborted", "Unexpected error Connection errored out")  # a page that is left says so
ORDINARY = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items):
    """Whatever stands in this folder drives a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The page's address, and the engine behind it."""
    from dashboard.app import build, routes
    from dashboard.service import Service
    from dashboard.serving import serve
    from dashboard.welcome import Welcome

    engine, film = FakeEngine("fake", delay=0.01), FakeEngine.of_videos(delay=0.01)
    service = Service(
        lambda name: film if name == film.name else engine, lambda: ["fake", "other", "film"], videos=lambda: ["film"]
    )
    welcome = Welcome(service, tmp_path_factory.mktemp("models"))
    demo = build(service, welcome)
    url = serve(demo, "127.0.0.1", routes=routes(service, welcome))
    yield SimpleNamespace(url=url, engine=engine, service=service)
    demo.close(verbose=False)


@pytest.fixture(scope="session")
def browser():
    """Chromium: the one that CHROMIUM names, else the system's, else Playwright's own; without any, a failure."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=named, args=SWITCHES)
        except Error as error:
            pytest.fail(
                f"No Chromium to test with (install one, name it in CHROMIUM, or run "
                f"`python -m playwright install chromium`): {error}"
            )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared(browser):
    """One context for all pages that need nothing special: scripts stay in its cache."""
    context = browser.new_context(**ORDINARY)
    yield context
    context.close()


@pytest.fixture
def visit(site, browser, shared, problems):
    """visit(query="", **context) opens a page of its own, for this test."""
    opened = []

    def open_page(query: str = "", ready: bool = True, **options):
        page = (browser.new_context(**ORDINARY | options) if options else shared).new_page()
        opened.append(page.context if options else page)
        listen(site, page, problems)
        page.goto(site.url + query)
        if ready:
            page.wait_for_selector("#nearest img")
        return page

    yield open_page
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def everyday(site, shared):
    yield from lasting(site, shared, "", "#nearest img")


@pytest.fixture
def page(everyday, problems):
    """The everyday page, on its Generate tab, with nothing going on."""
    yield from turned_to("Generate", everyday, problems)


def lasting(site, shared, query: str, ready: str):
    """One page that many tests use one after the other, once it shows `ready`, and what goes wrong on it."""
    page, seen = shared.new_page(), []
    listen(site, page, seen)
    page.goto(site.url + query)
    page.wait_for_selector(ready)
    yield page, seen
    page.close()


def turned_to(tab: str, lasting_page, problems: list):
    """A lasting page on this tab, for one test, which answers for what goes wrong on it."""
    page, seen = lasting_page
    page.bring_to_front()  # a tab behind another one is not drawn
    page.evaluate(
        "document.querySelectorAll('.toast-close').forEach((button) => button.click())"
    )  # it lies over the tabs
    page.get_by_role("tab", name=tab, exact=True).click()
    yield page
    problems.extend(seen)
    seen.clear()


@pytest.fixture
def problems():
    """Errors in the console, and requests to the outside: at the end of a test there must be none."""
    seen = []
    yield seen
    assert seen == []


def listen(site, page, problems: list) -> None:
    page.set_default_timeout(90_000)
    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: note(f"{error.name}: {error}"))
    page.on("request", lambda request: problems.append(f"asked {request.url}") if outside(site, request.url) else None)

    def note(text: str) -> None:
        if not text.startswith(LEFT):
            problems.append(text)


def outside(site, url: str) -> bool:
    return not url.startswith((site.url, "data:", "blob:"))


def asks(page, quiet_ms: int = 1500) -> list[str]:
    """What the page asks of the server from now on. First it comes to rest: after a run its other tabs are filled."""
    asked = []

    def note(request) -> None:
        if not request.url.startswith("data:"):
            asked.append(f"{request.url} {(request.post_data or '')[:200]}")

    page.on("request", note)
    for _ in range(20):
        asked.clear()
        page.wait_for_timeout(quiet_ms)
        if not asked:
            return asked
    raise AssertionError(f"the page never rests: {asked}")


def frame(page, name: str) -> str:
    """A picture of the Generate tab, as it is shown."""
    return page.locator(f"#pictures [data-frame={name}]").get_attribute("src")


def setting(page, name: str):
    """A field of the sidebar: lanes of Samplers have steps too, once they were seen."""
    return page.locator(".ds-side").get_by_label(name, exact=True)


def run(page, prompt: str, steps: int = 25) -> None:
    """Type, press Generate, wait until the run is in view."""
    page.get_by_label("Prompt", exact=True).fill(prompt)
    setting(page, "Steps").fill(str(steps))
    ran(page)


def ran(page) -> None:
    """Press Generate and wait until the run is in view."""
    before = page.locator(".ds-card.is-current .ds-view").get_attribute("data-id")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.wait_for_function(f"document.querySelector('.ds-card.is-current .ds-view').dataset.id !== '{before}'")
    page.wait_for_function("!document.body.classList.contains('ds-running')")


def query(page) -> dict:
    """What the page's address says."""
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def until(condition, seconds: float = 45.0):
    """Wait for condition() to hold and return it."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return value


@pytest.fixture
def wait():
    return until
