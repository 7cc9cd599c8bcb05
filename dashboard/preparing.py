"""Make a model's faster backend ready beside a running server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # where core lies


def prepare(model: str) -> None:
    """`python -m core prepare --model <model>`, and wait for it.

    In a process of its own: it takes a core for seconds, so it yields to visitors, and a server that is ended meanwhile
    ends at once and cleanly.
    """
    yielding = ["nice", "-n", "10"] if shutil.which("nice") else []
    command = [*yielding, sys.executable, "-m", "core", "prepare", "--model", model]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
