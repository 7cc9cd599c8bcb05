"""The whole page below a path of a site that nginx serves, by deploy/nginx.conf as it stands there."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from dashboard.app import TABS, build, routes
from dashboard.hosting import Hosting
from dashboard.service import Service
from dashboard.serving import STARTED, serve
from dashboard.welcome import Welcome
from tests.browser.conftest import ORDINARY, listen, until
from tests.fake_engine import FakeEngine

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: apt-get install nginx")
ROOT = Path(__file__).parents[2]
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/errors; {user}
events {{}}
http {{
    include /etc/nginx/mime.types; access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {server}
}}"""


@contextmanager
def a_page(folder: Path, hosting: Hosting) -> Iterator[str]:
    """Where a page is served."""
    service = Service(lambda name: FakeEngine(name, delay=0.005), lambda: ["fake"])
    welcome = Welcome(service, folder)
    demo = build(service, welcome)
    yield serve(demo, "127.0.0.1", routes=routes(service, welcome), hosting=hosting)
    demo.close(verbose=False)


@contextmanager
def nginx_before(folder: Path, conf: str, path: str, **pages: str) -> Iterator[str]:
    """nginx by a file of deploy/, with other ports in it; what its visitors ask for."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = (ROOT / "deploy" / conf).read_text("utf-8")
    for before, after in {"listen 80;": f"listen 127.0.0.1:{port};", **pages}.items():
        assert before in server
        server = server.replace(before, after)
    user = f"user {getpass.getuser()};" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user, server=server), "utf-8")
    nginx = subprocess.Popen(["nginx", "-p", str(folder), "-e", f"{folder}/errors", "-c", str(folder / "nginx.conf")])
    url = f"http://127.0.0.1:{port}{path}"
    until(lambda: nginx.poll() is not None or answers(url))
    yield url
    nginx.terminate()
    nginx.wait(10)


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """A page behind nginx; url: as its visitors know it."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        a_page(folder, Hosting("/driftscope")) as inner,
        nginx_before(folder, "nginx.conf", "/driftscope/", **{"http://127.0.0.1:7860/": inner}) as url,
    ):
        yield SimpleNamespace(url=url, inner=inner)


def answers(url: str) -> bool:
    try:
        return httpx.get(url + "health").status_code in (200, 503)
    except httpx.TransportError:
        return False


def test_every_tab_stream_download_upload_and_link_works_below_a_path(behind, browser, problems, tmp_path):
    context = browser.new_context(**ORDINARY)

    def opened(address: str):
        page = context.new_page()
        listen(behind, page, problems)
        page.on("response", lambda one: problems.append(f"{one.status} {one.url}") if one.status >= 400 else None)
        page.goto(address)
        return page

    try:
        page = opened(behind.url)
        page.wait_for_selector("#nearest img")
        page.fill("#prompt textarea", "a rocket")
        page.click("#generate")
        until(lambda: "25 steps in" in page.inner_text("#status"), 30)
        until(lambda: "a+rocket" in page.url)
        assert page.url.startswith(behind.url)
        page.wait_for_selector("#curve-noise .main-svg")
        with page.expect_download() as saving:
            page.click("#save-png")
        saving.value.save_as(picture := tmp_path / "rocket.png")
        assert picture.read_bytes().startswith(b"\x89PNG")
        page.fill("#prompt textarea", "a fox")
        page.set_input_files("#restore input[type=file]", picture)
        until(lambda: page.input_value("#prompt textarea") == "a rocket", 30)
        for tab in TABS:
            page.get_by_role("tab", name=tab.TITLE, exact=True).click()
            page.wait_for_timeout(300)
        page.wait_for_selector("#lab-stage canvas")
        other = opened(page.url.replace("tab=lab", "tab=generate").replace("a+rocket", "a+piano"))
        until(lambda: "25 steps in" in other.inner_text("#status"), 30)
        assert other.input_value("#prompt textarea") == "a piano"
        assert other.url.startswith(behind.url)
    finally:
        context.close()


def test_health_is_seen_through_the_proxy_and_metrics_are_not(behind):
    moved = httpx.get(behind.url.rstrip("/") + "?seed=1")
    assert moved.headers["location"] == behind.url + "?seed=1"
    assert httpx.get(behind.url + "health").status_code == 200
    assert httpx.get(behind.url + "metrics").status_code == 404
    assert httpx.get(behind.inner + "metrics").status_code == 200


def test_of_several_pages_behind_one_address_a_browser_keeps_to_its_own(tmp_path):
    with (
        a_page(tmp_path, Hosting(proxies=1)) as one,
        a_page(tmp_path, Hosting(proxies=1)) as other,
        nginx_before(
            tmp_path,
            "nginx-pages.conf",
            "/",
            **{"127.0.0.1:7860;": f"{httpx.URL(one).netloc.decode()};"},
            **{"127.0.0.1:7861;": f"{httpx.URL(other).netloc.decode()};"},
        ) as url,
    ):
        met = set()
        for _ in range(20):
            with httpx.Client(base_url=url) as visitor:
                pages = {visitor.get("health").headers[STARTED] for _ in range(5)}
            assert len(pages) == 1
            met |= pages
        assert len(met) == 2
        assert httpx.get(url + "metrics").status_code == 404
