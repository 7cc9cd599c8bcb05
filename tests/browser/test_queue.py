"""Many visitors at once, and a server that is started anew under an open page."""

import re
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from core.types import Request
from dashboard.limits import Limits
from tests.browser.conftest import ORDINARY, asks, listen

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


def test_four_visitors_at_once_each_get_their_own(visit, wait):
    # a browser each: one browser opens six connections to a server, and every page keeps one of them
    pages = [visit(viewport=ORDINARY["viewport"]) for _ in range(4)]
    for number, page in enumerate(pages):
        page.bring_to_front()
        page.fill("#seed input", str(1000 + number))
        page.locator("#lock input").check()
        page.click("#generate")
    for number, page in enumerate(pages):
        page.bring_to_front()
        wait(lambda page=page: "25 steps in" in status(page), 60)
        wait(lambda page=page, number=number: f"seed={1000 + number}" in page.url)


SERVER = """
import sys, time
from pathlib import Path

from dashboard.app import build
from dashboard.service import Service
from dashboard.serving import serve
from dashboard.welcome import Welcome
from tests.fake_engine import FakeEngine

engine = FakeEngine("fake", delay=0.02)
service = Service(lambda name: engine, lambda: ["fake", "other"])
print(serve(build(service, Welcome(service, Path(sys.argv[1]))), "127.0.0.1", int(sys.argv[2])), flush=True)
time.sleep(600)
"""


@pytest.fixture
def started(tmp_path):
    """started() gives a server in a process of its own, always at one address, and that address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []

    def start():
        command = [sys.executable, "-c", SERVER, str(tmp_path), str(port)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8"))
        return processes[-1], processes[-1].stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_run_that_a_restart_cuts_off_is_made_again(browser, problems, started):
    server, url = started()
    page = browser.new_context().new_page()
    page.goto(url)
    page.wait_for_selector("#nearest img", timeout=120_000)
    page.fill("#prompt textarea", "a rocket")
    page.fill("#steps input", "400")
    page.click("#generate")
    page.wait_for_selector("#status >> text=of 400", timeout=120_000)
    page.wait_for_url(re.compile(r"a\+rocket"))
    page.evaluate("window.before = true")
    server.kill()
    server.wait()
    assert started()[1] == url
    page.wait_for_function("!window.before", timeout=120_000)  # Gradio's page loads itself anew
    listen(SimpleNamespace(url=url), page, problems)
    page.wait_for_selector("#status >> text=400 steps in", timeout=120_000)
    assert page.input_value("#prompt textarea") == "a rocket"
    page.context.close()


def test_a_page_at_rest_says_once_that_the_server_started_anew(visit):
    page = visit()
    asks(page)
    page.route("**/answer", lambda route: route.fulfill(headers={"x-driftscope-start": "another"}))
    page.evaluate("Promise.all([fetch('answer'), fetch('answer')])")
    page.wait_for_selector(".ds-restarted >> text=has restarted")
    assert page.locator(".ds-restarted").count() == 1
    with page.expect_navigation():
        page.click(".ds-restarted button")
    page.wait_for_selector("#nearest img")
    assert page.locator(".ds-restarted").count() == 0
