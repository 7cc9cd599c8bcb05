"""The Dockerfile, without a container engine: what it copies is there, and what it runs comes up healthy."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard import publish

ROOT = Path(__file__).parents[2]
PORT = "7860"


def instructions() -> list[tuple[str, str]]:
    """Each instruction and what follows it, its lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def command(rest: str) -> list[str]:
    """The words of an instruction in JSON, run by this Python."""
    words = json.loads(rest[rest.index("[") :])
    assert words[0] == "python"
    return [sys.executable, *words[1:]]


def context() -> list[Path]:
    """The files that .dockerignore lets through: it leaves out all but what it names again, and then some of that."""
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    named = [ROOT / line[1:] for line in lines if line.startswith("!")]
    found = [path for one in named for path in (one.rglob("*") if one.is_dir() else [one]) if path.is_file()]
    left_out = [line.removeprefix("**/") for line in lines[1:] if not line.startswith("!")]
    relative = [path.relative_to(ROOT) for path in found]
    return [path for path in relative if not any(omitted(path, pattern) for pattern in left_out)]


def omitted(path: Path, pattern: str) -> bool:
    return any(parent.match(pattern) for parent in (path, *path.parents))


def test_the_image_holds_what_a_space_does():
    """Training, tests and pictures of the README stay out; the weights are in."""
    wanted = {path for path in publish.files() if path != Path("README.md")}
    assert set(context()) == wanted


def test_it_runs_as_nobody_in_particular_and_tells_its_health():
    told = dict(instructions())
    assert told["USER"] not in ("root", "0")
    assert f"127.0.0.1:{PORT}/health" in told["HEALTHCHECK"]
    assert told["EXPOSE"] == PORT
    order = [word for word, _ in instructions()]
    assert order.index("USER") < order.index("CMD")


def test_torch_is_installed_first_and_as_it_is_pinned():
    """So that its index can be another one than that of everything else."""
    first, _ = [rest for word, rest in instructions() if word == "RUN"]
    named = re.search(r'"\$\((grep .*?)\)"', first)[1]
    pinned = subprocess.run(["sh", "-c", named], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert re.fullmatch(r"torch==[\d.]+\n", pinned.stdout)
    given = subprocess.run(
        ["sh", "-c", "echo pip ${TORCH_INDEX:+--index-url \"$TORCH_INDEX\"}"],
        env={"TORCH_INDEX": "here"}, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert given.stdout == "pip --index-url here\n"
    assert '${TORCH_INDEX:+--index-url "$TORCH_INDEX"}' in first


@pytest.fixture
def image(tmp_path):
    """What the COPY instructions make of the files that are let through."""
    let_through = context()
    for source, target in (rest.split() for word, rest in instructions() if word == "COPY"):
        taken = [path for path in let_through if path == Path(source) or Path(source) in path.parents]
        assert taken, f"COPY {source} copies nothing"
        for path in taken:
            place = tmp_path / path.name if target == "." else tmp_path / target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, place)
    return tmp_path


def test_what_it_copies_comes_up_healthy_by_its_own_command(image):
    told = dict(instructions())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    start, check = command(told["CMD"]), [word.replace(PORT, port) for word in command(told["HEALTHCHECK"])]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    server = subprocess.Popen([*start, "--port", port], cwd=image, env=environment)
    try:
        ends, seen = time.monotonic() + 180, []
        while (not seen or seen[-1]) and time.monotonic() < ends and server.poll() is None:
            seen.append(subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode)
            time.sleep(0.2)
        assert seen[-1] == 0
    finally:
        server.terminate()  # a test run in the background hears no SIGINT, nor does what it starts
        server.wait(120)
