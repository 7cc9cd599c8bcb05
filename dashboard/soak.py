"""`python -m dashboard soak`: visitors come, draw, stop and vanish, and the server is to stay as small as it was.

It serves the page in a process of its own and speaks to it as a browser does, so that what is measured is what a
visitor's page would have cost. It reads /proc, so it needs Linux.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx
from PIL import Image

import core
from core.settings import png_info
from core.types import Request

SESSIONS = 24  # that the server holds: as many tabs as will have come and gone when it is first measured
FIRST = 120.0  # seconds until then
WINDOW = 30.0  # seconds over which the median is taken, before the one moment and before the other
GROWTH = 1.1  # the most that a figure may have risen by
STAY = 0.7  # how often a visitor does one more thing in the same tab
PROMPTS = ("a red apple", "a fox", "a yellow taxi", "a cat and a dog", "a blue whale", "a rocket", "a piano", "")
LIMITS = f"sessions={SESSIONS},waiting=100"
HANG_UP = struct.pack("ii", 1, 0)  # SO_LINGER: a connection that is closed is reset


class Size(NamedTuple):
    """How large a server is."""

    memory: float  # MB
    descriptors: float
    threads: float
    files: float  # temporary ones

    @classmethod
    def of(cls, pid: int, folder: Path) -> Size:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines())
        memory, threads = int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"])
        return cls(memory, len(os.listdir(f"/proc/{pid}/fd")), threads, sum(p.is_file() for p in folder.rglob("*")))

    @classmethod
    def median(cls, sizes: list[Size]) -> Size:
        return cls(*map(median, zip(*sizes, strict=True)))

    def grown(self, earlier: Size) -> list[str]:
        """The names of what is larger than it was by more than GROWTH allows."""
        pairs = zip(self._fields, self, earlier, strict=True)
        return [name for name, now, before in pairs if now > GROWTH * before]


class Page:
    """What a browser knows of the page: where its buttons lead, and the values that its controls begin with."""

    def __init__(self, url: str):
        self.url = url
        config = httpx.get(f"{url}/config", timeout=60).json()
        props = {one["id"]: one["props"] for one in config["components"]}
        self._buttons = {}
        for event in config["dependencies"]:
            asked = [(props[id].get("elem_id") or str(id), props[id].get("value")) for id in event["inputs"]]
            for id, kind in event["targets"]:
                if kind in ("click", "upload") and event["backend_fn"]:
                    self._buttons.setdefault(props[id].get("elem_id"), (event["id"], dict(asked)))
        self._keep = next(event for event in config["dependencies"] if event["api_name"] == "add")

    def call(self, button: str, changed: dict) -> dict:
        """The body of an event: fields are named as the page names them, what it lacks is left out."""
        number, values = self._buttons[button]
        return {"fn_index": number, "data": [changed.get(name, value) for name, value in values.items()]}

    def keep(self) -> dict:
        """The body of the event by which a browser tab keeps the run that it was shown."""
        return {"fn_index": self._keep["id"], "data": [None] * len(self._keep["inputs"])}


class Tab:
    """A browser tab, open until it is closed; the server hears of it by the connection that it holds."""

    def __init__(self, page: Page, dice: random.Random):
        self._page, self._dice, self._session = page, dice, uuid.uuid4().hex
        self._client = httpx.Client(base_url=f"{page.url}/gradio_api/", timeout=600)
        alive = self._client.build_request("GET", f"heartbeat/{self._session}")
        self._alive = self._client.send(alive, stream=True)

    def close(self) -> None:
        self._alive.close()
        self._client.close()

    def draw(self, button: str = "generate", leave: int = 0, reset: bool = False, **changed) -> str:
        """Press a button and read to the end, or so many messages; how it ended."""
        prompt, seed = self._dice.choice(PROMPTS), self._dice.randrange(4)
        asked = {"prompt": prompt, "seed": seed, "lock": True} | changed
        ended = self._end(self._page.call(button, asked), leave, reset)
        return self._end(self._page.keep()) if ended == "done" else ended

    def _end(self, body: dict, leave: int = 0, reset: bool = False) -> str:
        for read, message in enumerate(self._messages(body, reset)):
            if message["msg"] == "process_completed":
                return "done" if message["success"] else str(message["output"].get("error"))
            if leave and read >= leave:
                break
        return "left"

    def stop(self) -> str:
        """Press Generate, and Stop while it draws."""
        stopping = threading.Timer(self._dice.uniform(0.2, 3), self._press_stop)
        stopping.start()
        try:
            return self.draw(steps=250)
        finally:
            stopping.join()

    def upload(self, prompt: str | None = None) -> str:
        """Drop a picture onto the page, which draws it anew."""
        request = Request(self._dice.choice(PROMPTS) if prompt is None else prompt, steps=5)
        Image.new("RGB", (8, 8)).save(picture := io.BytesIO(), "png", pnginfo=png_info(core.models()[0], request))
        sent = self._client.post("upload", files={"files": ("a.png", picture.getvalue())})
        file = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
        return self.draw("restore", restore=file)

    def _press_stop(self) -> None:
        with suppress(httpx.HTTPError):  # the server has ended
            self._post(self._page.call("stop", {}))

    def _post(self, body: dict) -> None:
        self._client.post("queue/join", json=body | {"session_hash": self._session}).raise_for_status()

    def _messages(self, body: dict, reset: bool) -> Iterator[dict]:
        self._post(body)
        with self._client.stream("GET", "queue/data", params={"session_hash": self._session}) as stream:
            if reset:  # whenever it is closed
                wire = stream.extensions["network_stream"].get_extra_info("socket")
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HANG_UP)
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line[5:])


ACTS = {  # what a visitor does -> how often, and how
    "draw": (6, lambda tab: tab.draw()),
    "stop": (3, Tab.stop),
    "leave": (3, lambda tab: tab.draw(steps=250, leave=3)),
    "cut": (3, lambda tab: tab.draw(steps=250, leave=3, reset=True)),
    "lanes": (1, lambda tab: tab.draw("lanes-run")),
    "sweep": (1, lambda tab: tab.draw("sweep-run")),
    "video": (1, lambda tab: tab.draw("video-run")),
    "upload": (1, Tab.upload),
}


def visit(page: Page, number: int, until: float, ended: Counter) -> None:
    """Be one visitor until then, in one tab after another; ended counts what was done and how it ended."""
    dice, tab = random.Random(number), None
    while time.monotonic() < until:
        tab = tab or Tab(page, dice)
        (act,) = dice.choices(list(ACTS), [often for often, _ in ACTS.values()])
        try:
            ended[act, ACTS[act][1](tab)] += 1
        except httpx.HTTPError as error:
            if time.monotonic() < until:  # then the server ends, whatever is under way
                ended[act, repr(error)] += 1
        if dice.random() > STAY or act in ("leave", "cut"):
            tab.close()
            tab = None
    if tab:
        tab.close()


def soak(minutes: float, visitors: int) -> bool:
    """Whether the server stayed as small as it was, and did all that was asked; prints both sizes and every end."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "dashboard", "--port", str(port), "--limits", LIMITS]
        server = subprocess.Popen(command, env=os.environ | {"GRADIO_TEMP_DIR": name}, stdout=subprocess.DEVNULL)
        try:
            page = _ready(f"http://127.0.0.1:{port}", server)
            _upload_all(page)
            began, ended, sizes = time.monotonic(), Counter(), []
            until = began + 60 * minutes
            crowd = [threading.Thread(target=visit, args=(page, n, until, ended)) for n in range(visitors)]
            for visitor in crowd:
                visitor.start()
            while (now := time.monotonic()) < until:
                sizes.append((now - began, Size.of(server.pid, Path(name))))
                time.sleep(1)
        finally:
            server.terminate()
            server.wait(30)
        for visitor in crowd:
            visitor.join()
    return _told(sizes, ended, minutes)


def _ready(url: str, server: subprocess.Popen) -> Page:
    """The page, once its model has drawn."""
    while server.poll() is None:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return Page(url)
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    sys.exit("The server ended before it was ready.")


def _upload_all(page: Page) -> None:
    """Each picture that the visitors will drop, once: a file stays for an hour, which no soak waits for."""
    tab = Tab(page, random.Random(0))
    for prompt in PROMPTS:
        tab.upload(prompt)
    tab.close()


def _told(sizes: list[tuple[float, Size]], ended: Counter, minutes: float) -> bool:
    def around(end: float) -> Size:
        return Size.median([size for at, size in sizes if end - WINDOW <= at <= end])

    first, last = around(FIRST), around(60 * minutes)
    grown, wrong = last.grown(first), [end for _, end in ended if end not in ("done", "left")]
    for act in ACTS:
        print(f"{act:10}  " + ", ".join(f"{n} {end}" for (what, end), n in ended.items() if what == act))
    print(f"{'':10}  {'minute 2':>9}  {'the end':>9}")
    for what, before, now in zip(Size._fields, first, last, strict=True):
        print(f"{what:10}  {before:9.0f}  {now:9.0f}{'  grown' * (what in grown)}")
    return not grown and not wrong


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m dashboard soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="more than 2.5; default: 10")
    parser.add_argument("--visitors", type=int, default=16)
    options = parser.parse_args(arguments)
    least = (FIRST + WINDOW) / 60
    if not least < options.minutes < 10_000:
        sys.exit(f"minutes is {options.minutes}: it must be more than {least}.")
    if not 1 <= options.visitors <= 100:
        sys.exit(f"visitors is {options.visitors}: it must be a whole number from 1 to 100.")
    if not Path("/proc/self/status").exists():
        sys.exit("A soak reads /proc, which only Linux has.")
    if not soak(options.minutes, options.visitors):
        sys.exit(f"The server grew by more than {GROWTH - 1:.0%}, or did not do what was asked.")
