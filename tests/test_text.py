"""Every text file is UTF-8, whatever the machine's locale says."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PLACE = {"read_text": 0, "write_text": 1}  # of the encoding among the arguments
BINARY = {"Image", "av", "tarfile", "file.zip"}  # whose open() reads no text


def by_locale(source: str) -> Iterator[str]:
    """Calls that read or write text without saying in what encoding."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or any(word.arg == "encoding" for word in call.keywords):
            continue
        owner, _, name = ast.unparse(call.func).rpartition(".")
        given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
        modes = [arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        file = name == "open" and owner not in BINARY and (not owner or modes or not call.args)
        if (
            (name in PLACE and len(call.args) <= PLACE[name])
            or (file and not any("b" in mode for mode in modes))
            or any(word.arg in ("text", "universal_newlines") for word in call.keywords if owner == "subprocess")
        ):
            yield ast.unparse(call)


@pytest.mark.parametrize("folder", ["core", "dashboard", "tests"])
def test_no_text_is_read_or_written_by_the_locale(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): list(by_locale(file.read_text("utf-8"))) for file in files}
    assert {file: calls for file, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    ("call", "wrong"),
    [("p.read_text()", 1), ("p.read_text('utf-8')", 0), ("p.write_text(a)", 1), ("p.write_text(a, 'utf-8')", 0),
     ("open(p)", 1), ("open(p, 'rb')", 0), ("p.open()", 1), ("p.open('w')", 1), ("p.open(mode='wb')", 0),
     ("Image.open(p)", 0), ("subprocess.run(a, text=True)", 1), ("open(p, encoding='utf-8')", 0)],
)  # fmt: skip
def test_the_look_itself_sees(call, wrong):
    assert len(list(by_locale(call))) == wrong


def run(*arguments: str | bytes) -> subprocess.CompletedProcess:
    environment = {**os.environ, **ASCII, "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, timeout=240)


def test_in_an_ascii_locale_the_default_model_draws(tmp_path):
    picture = tmp_path / "picture.png"
    done = run("-m", "core", "generate", "a piñata".encode(), "--steps", "2", "--out", str(picture))
    assert done.returncode == 0, done.stderr.decode()
    assert Image.open(picture).size == (128, 128)


def test_in_an_ascii_locale_the_page_is_built():
    code = "import core, dashboard.app as app; service = app.Service(core.load, core.models);"
    code += "app.build(service, app.Welcome(service, app.ROOT / 'assets' / 'models'));"
    code += "from dashboard.skin import launch_options; from dashboard.limits import Limits; launch_options(Limits())"
    done = run("-c", code)
    assert done.returncode == 0, done.stderr.decode()
